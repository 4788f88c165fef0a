import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILES, isDatabaseNewer } from '@live-status/transcript-parser';
import type { OpenClawConfig } from './config.ts';

/** Which interface of OpenClaw reports sessions, and why, in words for logs. */
export interface SourceChoice {
  /** Name of the source: `jsonl` for transcripts, `gateway`. */
  readonly source: string;
  readonly why: string;
}

/** Where OpenClaw may keep or offer sessions. */
export interface OpenClawPlaces {
  readonly transcriptDir: string;
  readonly gatewayUrl?: string;
  readonly openclaw?: OpenClawConfig;
  /** Version of the OpenClaw that is installed here, if one is. */
  readonly installedVersion?: string | undefined;
}

/** The first release that keeps sessions in a database and writes no transcripts. */
const FIRST_WITHOUT_TRANSCRIPTS = [2026, 8] as const;
/** Schema of the database of an agent up to 2026.7.35, which keeps no sessions in it; 2026.8.1 has 19, 2026.9.6 has 23. */
const LAST_SCHEMA_WITHOUT_SESSIONS = 1;
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
 * Chooses the source by OpenClaw's files. Versions decide: those that the databases of agents, openclaw.json and the
 * installed OpenClaw tell; of several, the newest. Times of files say little, because backups, copies and people touch
 * files of a version that is gone: they decide only where no version is known. A gateway on another host is the source
 * as long as there are no sessions here. What a running gateway says about its version is better than all of this.
 */
export function chooseSource(places: OpenClawPlaces): SourceChoice {
  const { transcriptDir, gatewayUrl, openclaw } = places;
  if (openclaw?.gatewayIsRemote) return { source: 'gateway', why: `gateway.mode in ${openclaw.path} is "remote"` };
  // The directory may be that of all agents, of one, or of its sessions.
  const agents = [transcriptDir, join(transcriptDir, '..'), ...directoriesIn(transcriptDir)];
  const versions = versionsOf(places, agents);
  const newest = versions.find(({ writes }) => !writes) ?? versions[0];
  if (newest !== undefined && !newest.writes) {
    return { source: 'gateway', why: `${newest.what}, which writes no transcripts` };
  }
  const catalogAt = newestOf([transcriptDir, ...agents.map((agent) => join(agent, 'sessions'))], ['sessions.json']);
  const isNamed = gatewayUrl !== undefined && gatewayUrl !== openclaw?.gatewayUrl;
  if (catalogAt === undefined && (isNamed || openclaw?.gatewayUrlOrigin === URL_VARIABLE)) {
    return { source: 'gateway', why: `no transcripts below ${transcriptDir}, and ${URL_VARIABLE} is set` };
  }
  if (newest !== undefined) return { source: 'jsonl', why: `${newest.what}, which writes transcripts` };
  const directories = agents.map((agent) => join(agent, 'agent'));
  const databaseAt = newestOf(directories, DATABASE_FILES);
  if (databaseAt === undefined) return { source: 'jsonl', why: `no session database below ${transcriptDir}` };
  return isDatabaseNewer({ databaseAt, transcriptsAt: catalogAt ?? NEVER })
    ? { source: 'gateway', why: `a session database is newer than the transcripts below ${transcriptDir}` }
    : { source: 'jsonl', why: `transcripts below ${transcriptDir} are as new as a session database` };
}

const URL_VARIABLE = 'OPENCLAW_GATEWAY_URL';

/** What one piece of evidence says about the version, in words. */
interface VersionEvidence {
  readonly what: string;
  readonly writes: boolean;
}

function versionsOf({ openclaw, installedVersion }: OpenClawPlaces, agents: readonly string[]): VersionEvidence[] {
  const schema = Math.max(...agents.map((agent) => schemaOf(join(agent, 'agent', DATABASE_FILES[0] ?? ''))));
  const configured = lastTouchedVersion(openclaw?.path);
  const evidence = [
    {
      what: `the session database has schema ${schema}, of OpenClaw 2026.8 or later`,
      writes: schema > LAST_SCHEMA_WITHOUT_SESSIONS ? false : undefined,
    },
    {
      what: `${openclaw?.path} was written by OpenClaw ${configured}`,
      writes: writesTranscripts(configured),
    },
    { what: `OpenClaw ${installedVersion} is installed`, writes: writesTranscripts(installedVersion) },
  ];
  return evidence.filter((one): one is VersionEvidence => one.writes !== undefined);
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
function newestOf(dirs: readonly string[], names: readonly string[]): number | undefined {
  const times = dirs.flatMap((dir) => names.map((name) => changedAt(join(dir, name)) ?? NEVER));
  const at = times.reduce((a, b) => Math.max(a, b), NEVER);
  return Number.isFinite(at) ? at : undefined;
}

/** The version that last wrote a configuration. */
function lastTouchedVersion(path: string | undefined): string | undefined {
  try {
    const text = path === undefined ? '' : readFileSync(path, 'utf8');
    return /\blastTouchedVersion["']?\s*:\s*["']([\d.]+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** What SQLite's files begin with, and where in them the version of the schema is (`PRAGMA user_version`). */
const SQLITE_MAGIC = 'SQLite format 3\0';
const USER_VERSION_OFFSET = 60;

/** The schema of a database, 0 where it is not known: one that was just made has its first page only in its log. */
function schemaOf(path: string): number {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const header = Buffer.alloc(USER_VERSION_OFFSET + 4);
    const bytes = readSync(file, header, 0, header.length, 0);
    const isDatabase = bytes === header.length && header.toString('latin1').startsWith(SQLITE_MAGIC);
    return isDatabase ? header.readUInt32BE(USER_VERSION_OFFSET) : 0;
  } catch {
    return 0;
  } finally {
    if (file !== undefined) closeSync(file);
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
