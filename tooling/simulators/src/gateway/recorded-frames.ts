import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordingsDir } from '@live-status/fixtures';

/** A recorded frame: `t` is when it was received, milliseconds since the epoch. */
export interface RecordedFrame {
  readonly t: number;
  /** `event`, or `_close` for the end of the connection; `_hello`, `_list`, `_history` and `_tasks` are answers. */
  readonly type: string;
  readonly event?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly code?: number;
  /** Of `_history`: the session it is the history of. */
  readonly key?: string;
}

const DIR = join(recordingsDir, 'openclaw-2026.9.6');

/** Frames of one recorded situation of OpenClaw 2026.9.6. */
export function readFrames(name: string): RecordedFrame[] {
  const path = join(DIR, `${name}.jsonl`);
  return readFileSync(existsSync(path) ? path : join(DIR, `ws-${name}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
