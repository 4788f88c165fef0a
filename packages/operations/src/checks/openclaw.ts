import type { OpenClawFiles } from '../openclaw-files.ts';
import type { Settings, SettingsReading } from '../settings.ts';
import { type SourceChoice, writesTranscripts } from '../source-choice.ts';
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

/** What is known about where OpenClaw keeps sessions. */
export interface OpenClawStore {
  /** Of the installed OpenClaw, else of the one that last wrote openclaw.json. */
  readonly version?: string | undefined;
  /** What the daemon would follow when `SOURCE` leaves it open. */
  readonly choice: SourceChoice;
  /** Transcript files that are there. */
  readonly files: number;
}

/** Where OpenClaw keeps sessions, and whether the source that is set can see them there. */
export function checkOpenClawStore(store: OpenClawStore, source: Settings['source']): CheckResult {
  const name = 'OpenClaw';
  const { version, choice, files } = store;
  const shown = version ?? 'version unknown';
  if (choice.source === 'gateway') {
    const found = `${shown}, keeps sessions in its gateway (${choice.why})`;
    if (source === 'jsonl') return fail(name, `${found}, and SOURCE is jsonl`, 'unset SOURCE: the gateway is followed');
    return ok(name, `${found}: the gateway is followed`);
  }
  // Transcripts may be those of before an upgrade: then the gateway is there all the same.
  if (source === 'gateway') {
    if (files === 0 || writesTranscripts(version) === false)
      return ok(name, `${shown}: the gateway is followed (SOURCE)`);
    return warn(
      name,
      `${shown}, keeps sessions in transcript files, and SOURCE is gateway`,
      'unset SOURCE: transcripts are read',
    );
  }
  if (files > 0) return ok(name, `${shown}, keeps sessions in transcript files`);
  return warn(name, `${shown}, has no sessions yet`, 'write to an agent, and check TRANSCRIPT_DIR if it has sessions');
}
