import type { OpenClawFiles } from '../openclaw-files.ts';
import type { Settings, SettingsReading } from '../settings.ts';
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

/** Where Live Status finds sessions when `SOURCE` leaves it open: transcripts, or the gateway of a newer OpenClaw. */
export function storeOf({ version, newestTranscriptAt, newestSqliteAt }: OpenClawStore): 'transcripts' | 'gateway' {
  const isSqlite = newestSqliteAt !== undefined && newestSqliteAt > (newestTranscriptAt ?? 0);
  return isSqlite || (newestTranscriptAt === undefined && usesSqlite(version)) ? 'gateway' : 'transcripts';
}

/** Where OpenClaw keeps sessions, and whether the source that is set can see them there. */
export function checkOpenClawStore(store: OpenClawStore, source: Settings['source']): CheckResult {
  const name = 'OpenClaw';
  const shown = store.version === undefined ? 'version unknown' : store.version;
  if (storeOf(store) === 'gateway') {
    const found = `${shown}, keeps sessions in SQLite`;
    if (source === 'jsonl') return fail(name, `${found}, and SOURCE is jsonl`, 'unset SOURCE: the gateway is followed');
    return ok(name, `${found}: the gateway is followed`);
  }
  // Transcripts may be those of before an upgrade: then the gateway is there all the same.
  if (source === 'gateway') {
    if (store.newestTranscriptAt === undefined || usesSqlite(store.version))
      return ok(name, `${shown}: the gateway is followed (SOURCE)`);
    return warn(
      name,
      `${shown}, keeps sessions in transcript files, and SOURCE is gateway`,
      'unset SOURCE: transcripts are read',
    );
  }
  if (store.newestTranscriptAt !== undefined) return ok(name, `${shown}, keeps sessions in transcript files`);
  return warn(name, `${shown}, has no sessions yet`, 'write to an agent, and check TRANSCRIPT_DIR if it has sessions');
}

function usesSqlite(version: string | undefined): boolean {
  const [year = 0, month = 0] = (version ?? '').split('.').map(Number);
  const [firstYear = 0, firstMonth = 0] = FIRST_SQLITE;
  return year > firstYear || (year === firstYear && month >= firstMonth);
}
