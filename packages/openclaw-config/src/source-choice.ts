import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILES, isDatabaseNewer } from '@live-status/transcript-parser';
import type { OpenClawConfig } from './config.ts';

/** Which interface of OpenClaw reports sessions, and why, in words for logs. */
export interface SourceChoice {
  readonly source: 'jsonl' | 'gateway';
  readonly why: string;
}

/** Where OpenClaw may keep or offer sessions. */
export interface OpenClawPlaces {
  readonly transcriptDir: string;
  readonly gatewayUrl?: string;
  readonly openclaw?: OpenClawConfig;
}

/** The first release that keeps sessions in a database and writes no transcripts. */
const FIRST_WITHOUT_TRANSCRIPTS = [2026, 8] as const;
/** Clocks of file servers are ahead by less than this, milliseconds. */
const AHEAD_MS = 300_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** Whether this version of OpenClaw writes transcripts; `undefined` if it is not a version number. */
export function writesTranscripts(version: string | undefined): boolean | undefined {
  const [, year, month] = /^(\d{4})\.(\d+)\b/.exec(version ?? '') ?? [];
  if (year === undefined) return undefined;
  const [firstYear, firstMonth] = FIRST_WITHOUT_TRANSCRIPTS;
  return Number(year) < firstYear || (Number(year) === firstYear && Number(month) < firstMonth);
}

/**
 * Chooses the source by OpenClaw's files. The newest evidence wins: a session catalog, which only versions that write
 * transcripts keep, or a sign of OpenClaw 2026.8 or later, which keeps sessions in a database in each agent's directory
 * and writes its version to openclaw.json. OpenClaw 2026.7 also has such a database, for other things, so the gateway's
 * own version decides once it is known.
 */
export function chooseSource({ transcriptDir, gatewayUrl, openclaw }: OpenClawPlaces): SourceChoice {
  // The directory may be that of all agents, of one, or of its sessions.
  const agents = [transcriptDir, join(transcriptDir, '..'), ...directoriesIn(transcriptDir)];
  const catalogAt = newest([transcriptDir, ...agents.map((agent) => join(agent, 'sessions'))], ['sessions.json']);
  const signs = [
    {
      at: newest(
        agents.map((agent) => join(agent, 'agent')),
        DATABASE_FILES,
      ),
      what: 'a session database',
    },
    { at: newConfigAt(openclaw?.path), what: 'openclaw.json of 2026.8 or later' },
  ];
  const sign = signs.reduce((a, b) => ((b.at ?? NEVER) > (a.at ?? NEVER) ? b : a));
  if (sign.at !== undefined) {
    return isDatabaseNewer({ databaseAt: sign.at, transcriptsAt: catalogAt ?? NEVER })
      ? { source: 'gateway', why: `${sign.what} is newer than the transcripts below ${transcriptDir}` }
      : { source: 'jsonl', why: `transcripts below ${transcriptDir} are as new as ${sign.what}` };
  }
  const isConfigured = gatewayUrl === openclaw?.gatewayUrl && openclaw?.gatewayUrlOrigin !== 'OPENCLAW_GATEWAY_URL';
  const named = gatewayUrl !== undefined && !isConfigured;
  return catalogAt === undefined && named
    ? { source: 'gateway', why: `no transcripts below ${transcriptDir}, and OPENCLAW_GATEWAY_URL is set` }
    : { source: 'jsonl', why: `no session database below ${transcriptDir}` };
}

/** Includes links; a link to a file contains nothing of interest. */
function directoriesIn(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => join(dir, name));
  } catch {
    return [];
  }
}

/** When the newest file of these names changed, milliseconds since the epoch. */
function newest(dirs: readonly string[], names: readonly string[]): number | undefined {
  const times = dirs.flatMap((dir) => names.map((name) => changedAt(join(dir, name)) ?? NEVER));
  const at = times.reduce((a, b) => Math.max(a, b), NEVER);
  return Number.isFinite(at) ? at : undefined;
}

/** When openclaw.json was written, if by a version that does not write transcripts. */
function newConfigAt(path: string | undefined): number | undefined {
  const at = path === undefined ? undefined : changedAt(path);
  if (path === undefined || at === undefined) return undefined;
  const [, version] = /\blastTouchedVersion["']?\s*:\s*["']([\d.]+)/.exec(textOf(path)) ?? [];
  return writesTranscripts(version) === false ? at : undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `undefined` for what does not exist or cannot be seen; 0 for a time in the future, which proves nothing. */
function changedAt(path: string): number | undefined {
  try {
    const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return at !== undefined && at > Date.now() + AHEAD_MS ? 0 : at;
  } catch {
    return undefined;
  }
}
