import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SettingsReading } from '@live-status/settings';

/** What `npm start` shows. */
export type Mode =
  /** Mattermost is configured, at least in part: the daemon posts there. */
  | { readonly kind: 'configured' }
  /** An OpenClaw on this machine worked recently: its sessions, in a simulated Mattermost. */
  | { readonly kind: 'local'; readonly agentsDir: string }
  /** Neither: a made-up story, in a simulated Mattermost. */
  | { readonly kind: 'story' };

/** An OpenClaw that wrote nothing for this long is considered unused, milliseconds. */
const RECENT_MS = 24 * 3_600_000;

/** Decides by the settings and by how recently OpenClaw wrote transcripts. */
export async function chooseMode({ raw }: Pick<SettingsReading, 'raw'>, nowMs: number): Promise<Mode> {
  const textOf = (wanted: string): string | undefined => raw.find(({ name }) => name === wanted)?.text;
  if (textOf('MM_URL') !== undefined || textOf('MM_TOKEN') !== undefined) return { kind: 'configured' };
  const agentsDir = textOf('TRANSCRIPT_DIR') ?? '';
  return (await isInUse(agentsDir, nowMs)) ? { kind: 'local', agentsDir } : { kind: 'story' };
}

/** OpenClaw replaces a catalog several times per turn, so its modification time says when OpenClaw last worked. */
async function isInUse(agentsDir: string, nowMs: number): Promise<boolean> {
  if (agentsDir === '') return false;
  for await (const path of glob(['sessions.json', '*/sessions/sessions.json'], { cwd: agentsDir })) {
    const { mtimeMs } = await stat(join(agentsDir, path)).catch(() => ({ mtimeMs: 0 }));
    if (nowMs - mtimeMs < RECENT_MS) return true;
  }
  return false;
}
