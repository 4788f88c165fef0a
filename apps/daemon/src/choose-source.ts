import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '@live-status/operations';

/** Which interface of OpenClaw is followed, and why; for the log. */
export interface SourceChoice {
  readonly source: 'jsonl' | 'gateway';
  readonly why: string;
}

/** Where a gateway listens that nobody configured. */
export const DEFAULT_GATEWAY_URL = 'ws://127.0.0.1:18789';

/**
 * OpenClaw 2026.8 and later keep sessions in a database in each agent's directory and write no transcripts: where the
 * newest of these is newer than the newest session catalog, the gateway is asked; else transcripts are read.
 */
export async function chooseSource(settings: Pick<Settings, 'source' | 'transcriptDir'>): Promise<SourceChoice> {
  const { source, transcriptDir } = settings;
  if (source !== 'auto') return { source, why: `SOURCE is ${source}` };
  const store = await newest(transcriptDir, '*/agent/openclaw-agent.sqlite{,-wal}');
  const catalog = await newest(transcriptDir, '{*/sessions/,}sessions.json');
  if (store === undefined) return { source: 'jsonl', why: `no session database below ${transcriptDir}` };
  return store > (catalog ?? Number.NEGATIVE_INFINITY)
    ? { source: 'gateway', why: `a session database below ${transcriptDir} is newer than its transcripts` }
    : { source: 'jsonl', why: `transcripts below ${transcriptDir} are newer than its session databases` };
}

/** When the newest file of a pattern changed, milliseconds since the epoch. */
async function newest(dir: string, pattern: string): Promise<number | undefined> {
  let at: number | undefined;
  for await (const name of glob(pattern, { cwd: dir })) {
    const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Number.NEGATIVE_INFINITY }));
    at = Math.max(at ?? mtimeMs, mtimeMs);
  }
  return at;
}
