import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingsDir } from '@live-status/fixtures';

/** A recorded frame: `t` is when it was received, milliseconds since the epoch. */
export interface RecordedFrame {
  readonly t: number;
  /** `event`, or `_close` for the end of the connection. */
  readonly type: string;
  readonly event?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly code?: number;
}

/** Frames of one recorded situation of OpenClaw 2026.9.6. */
export function readFrames(name: string): RecordedFrame[] {
  const text = readFileSync(join(recordingsDir, 'openclaw-2026.9.6', `ws-${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
