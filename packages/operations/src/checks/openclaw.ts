import type { OpenClawFiles } from '../openclaw-files.ts';
import type { SettingsReading } from '../settings.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether there is a configuration of OpenClaw that can be read. What is odd in it is a warning of the settings. */
export function checkOpenClawConfig(
  { sound: { openclaw } }: SettingsReading,
  { configPath }: OpenClawFiles,
  exists: (path: string) => boolean,
): CheckResult {
  if (openclaw) return ok('openclaw.json', openclaw.path);
  if (exists(configPath)) {
    return fail('openclaw.json', `${configPath} cannot be used`, 'let this user read it, and correct its JSON5');
  }
  const cure = 'set OPENCLAW_CONFIG_PATH or OPENCLAW_STATE_DIR if OpenClaw keeps it elsewhere';
  return warn('openclaw.json', `there is none at ${configPath}`, cure);
}

/** What is known about where OpenClaw keeps sessions. Times are milliseconds since the epoch. */
export interface OpenClawStore {
  /** Of the installed OpenClaw, else of the one that last wrote openclaw.json. */
  readonly version?: string | undefined;
  /** The newest transcript file. */
  readonly newestTranscriptAt?: number | undefined;
  /** The newest SQLite store of an agent. */
  readonly newestSqliteAt?: number | undefined;
}

/** The first version that keeps sessions in SQLite. */
const FIRST_SQLITE = [2026, 8];

/** Whether OpenClaw writes what Live Status follows. */
export function checkOpenClawStore({ version, newestTranscriptAt, newestSqliteAt }: OpenClawStore): CheckResult {
  const name = 'OpenClaw';
  const shown = version === undefined ? 'version unknown' : version;
  const isSqlite = newestSqliteAt !== undefined && newestSqliteAt > (newestTranscriptAt ?? 0);
  if (isSqlite || (newestTranscriptAt === undefined && usesSqlite(version))) {
    const cure = 'this version of Live Status follows transcript files, which OpenClaw writes up to 2026.7';
    return fail(name, `${shown}, keeps sessions in SQLite`, cure);
  }
  if (newestTranscriptAt !== undefined) return ok(name, `${shown}, keeps sessions in transcript files`);
  return warn(name, `${shown}, has no sessions yet`, 'write to an agent, and check TRANSCRIPT_DIR if it has sessions');
}

function usesSqlite(version: string | undefined): boolean {
  const [year = 0, month = 0] = (version ?? '').split('.').map(Number);
  const [firstYear = 0, firstMonth = 0] = FIRST_SQLITE;
  return year > firstYear || (year === firstYear && month >= firstMonth);
}
