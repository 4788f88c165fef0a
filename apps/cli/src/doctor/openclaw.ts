import {
  type GatewayHooks,
  HOOK_NAME,
  type HookLocation,
  isHookEnabled,
  type OpenClawConfig,
  type OpenClawFiles,
  type SourceChoice,
  writesTranscripts,
} from '@live-status/openclaw-config';
import type { Settings, SettingsReading } from '@live-status/settings';
import { type CheckResult, fail, ok, warn } from './check.ts';
import type { TranscriptScan } from './probe-files.ts';
import type { GatewayProbe } from './probe-gateway.ts';

/** Whether OpenClaw's configuration exists and can be read. Oddities in it are warnings of the settings. */
export function checkOpenClawConfig(
  { sound: { openclaw } }: SettingsReading,
  { configPath }: OpenClawFiles,
  exists: (path: string) => boolean,
): CheckResult {
  if (openclaw) return ok('openclaw.json', openclaw.path);
  if (exists(configPath)) {
    return fail('openclaw.json', `${configPath} cannot be used`, 'let this user read it, and correct its JSON5');
  }
  const fix = 'set OPENCLAW_CONFIG_PATH or OPENCLAW_STATE_DIR if OpenClaw keeps it elsewhere';
  return warn('openclaw.json', `there is none at ${configPath}`, fix);
}

/** What is known about where OpenClaw keeps sessions. */
export interface OpenClawStore {
  /** Of the installed OpenClaw, else of the one that last wrote openclaw.json. */
  readonly version?: string | undefined;
  /** What the daemon follows with `SOURCE=auto`. */
  readonly choice: SourceChoice;
  /** Number of transcript files. */
  readonly files: number;
}

/** Where OpenClaw keeps sessions, and whether the configured source can see them there. */
export function checkOpenClawStore(store: OpenClawStore, source: Settings['source']): CheckResult {
  const name = 'OpenClaw';
  const { version, choice, files } = store;
  const shown = version ?? 'version unknown';
  if (choice.source === 'gateway') {
    const found = `${shown}, keeps sessions in its gateway (${choice.why})`;
    if (source === 'jsonl') return fail(name, `${found}, and SOURCE is jsonl`, 'unset SOURCE: the gateway is followed');
    return ok(name, `${found}: the gateway is followed`);
  }
  // The transcripts may be older than an upgrade; then the gateway is the right source.
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

/** Whether there are transcripts and they can be read. */
export function checkTranscripts({ directory, problem, files, unreadable }: TranscriptScan): CheckResult {
  const name = 'transcripts';
  if (problem === 'ENOENT') {
    const fix = 'start OpenClaw once, or set TRANSCRIPT_DIR to its agents folder; the daemon waits for it';
    return warn(name, `${directory} does not exist`, fix);
  }
  if (problem !== undefined) {
    return fail(name, `${directory} cannot be read (${problem})`, 'run Live Status as the user that runs OpenClaw');
  }
  const [first] = unreadable;
  if (first !== undefined) {
    const count = unreadable.length === 1 ? '1 path' : `${unreadable.length} paths`;
    const found = `${count} below ${directory} cannot be read, for example ${first}`;
    return fail(name, found, 'run Live Status as the user that runs OpenClaw');
  }
  return ok(name, `${files} below ${directory}`);
}

/** Whether the gateway in use listens and will accept the daemon. */
export function checkGateway({ url, problem, hasToken, paired }: GatewayProbe): CheckResult {
  const name = 'gateway';
  if (problem !== undefined) {
    return fail(name, `${url} ${problem}`, 'start the gateway of OpenClaw, or correct OPENCLAW_GATEWAY_URL');
  }
  if (paired) return ok(name, `${url} answers and has accepted this installation before`);
  const pairing = 'run "openclaw devices approve" on its host after the first start of the daemon';
  if (!hasToken) {
    const found = `${url} answers, but its token is not known`;
    return warn(name, found, `set OPENCLAW_GATEWAY_TOKEN, or ${pairing}`);
  }
  // Measured on OpenClaw 2026.9.6: with the shared token a device on the gateway's own host is paired automatically.
  if (isLoopback(url)) return ok(name, `${url} answers and accepts this installation with its token`);
  return warn(name, `${url} answers; it is on another host and has not accepted this installation yet`, pairing);
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}

const SETTING = 'channels.mattermost.streaming';
/** Measured on @openclaw/mattermost 2026.7.1: without a setting the mode is `partial`, and drafts show tool calls. */
const FIRST_DEFAULT_ON = [2026, 7];

/** Whether OpenClaw shows its own progress post, so that people would see two. */
export function checkDrafts(openclaw: OpenClawConfig | undefined, version: string | undefined): CheckResult {
  const name = 'OpenClaw drafts';
  if (!openclaw?.hasMattermost) return ok(name, 'no OpenClaw with Mattermost is configured here');
  const { mode, toolProgress } = openclaw.drafts ?? {};
  if (mode === 'off') return ok(name, `off (${SETTING})`);
  if (mode !== 'progress' && toolProgress === false) return ok(name, 'without tool calls');
  if (mode === undefined && !isDefaultOn(version)) return ok(name, `${SETTING} is not set`);
  const found = mode === undefined ? `${SETTING} is not set, which means "partial"` : `${SETTING} is "${mode}"`;
  return warn(name, `${found}: a second post shows progress`, `set ${SETTING} to { "mode": "off" } in openclaw.json`);
}

function isDefaultOn(version: string | undefined): boolean {
  if (version === undefined) return true;
  const [year = 0, month = 0] = version.split('.').map(Number);
  const [firstYear = 0, firstMonth = 0] = FIRST_DEFAULT_ON;
  return year > firstYear || (year === firstYear && month >= firstMonth);
}

/** Whether the gateway starts the daemon. Another way to start it, such as a service, is as good. */
export function checkHook(hooks: GatewayHooks | undefined, { searched, directory }: HookLocation): CheckResult {
  const name = 'gateway hook';
  const elsewhere = 'unless a service starts the daemon';
  if (directory === undefined) {
    return warn(name, `not installed in ${searched.join(', ')}`, `install it (bash install.sh), ${elsewhere}`);
  }
  if (hooks && isHookEnabled(hooks)) return ok(name, `installed and enabled in ${directory}`);
  const fix = `run "openclaw hooks enable ${HOOK_NAME}", ${elsewhere}`;
  return warn(name, `installed in ${directory}, but not enabled in openclaw.json (hooks.internal)`, fix);
}
