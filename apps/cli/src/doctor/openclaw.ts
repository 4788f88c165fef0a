import {
  findHook,
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
import type { Check, Installation } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';
import type { TranscriptScan } from './probe-files.ts';

const CONFIG: About = { id: 'openclaw.config', name: 'openclaw.json' };
const STORE: About = { id: 'openclaw.sessions', name: 'sessions' };
const TRANSCRIPTS: About = { id: 'openclaw.transcripts', name: 'transcripts' };
const DRAFTS: About = { id: 'openclaw.drafts', name: 'OpenClaw drafts' };
const HOOK: About = { id: 'openclaw.hook', name: 'gateway hook' };

/** OpenClaw on this machine. */
export const OPENCLAW_CHECKS: readonly Check[] = [
  { ...STORE, run: async (installation) => checkOpenClaw(installation) },
];

function checkOpenClaw(installation: Installation): readonly Finding[] {
  const { reading, machine, files, hasConfigFile, openclawVersion: version } = installation;
  const { choice, transcripts, followsGateway } = installation;
  const { openclaw, source = 'auto' } = reading.sound;
  const store = checkOpenClawStore({ version, choice, files: transcripts.files }, source);
  if (!hasConfigFile && version === undefined && transcripts.problem === 'ENOENT') {
    // A gateway elsewhere is enough: a container has nothing else of OpenClaw.
    return followsGateway ? [store] : [noOpenClaw(files)];
  }
  return [
    checkOpenClawConfig(reading, files, hasConfigFile),
    store,
    ...(followsGateway ? [] : [checkTranscripts(transcripts)]),
    checkDrafts(openclaw, version),
    checkHook(openclaw?.hooks, findHook(openclaw?.hooks, files, machine.home)),
  ];
}

function noOpenClaw({ stateDir }: OpenClawFiles): Finding {
  const found = `there is no OpenClaw in ${stateDir}, and no "openclaw" in PATH`;
  return fail(STORE, found, 'set OpenClaw up, or run this as the user that runs it (or set OPENCLAW_STATE_DIR)');
}

/** Whether OpenClaw's configuration exists and can be read. Oddities in it are warnings of the settings. */
export function checkOpenClawConfig(
  { sound: { openclaw } }: SettingsReading,
  { configPath }: OpenClawFiles,
  hasConfigFile: boolean,
): Finding {
  if (openclaw) return ok(CONFIG, openclaw.path);
  if (hasConfigFile) {
    return fail(CONFIG, `${configPath} cannot be used`, 'let this user read it, and correct its JSON5');
  }
  const fix = 'set OPENCLAW_CONFIG_PATH or OPENCLAW_STATE_DIR if OpenClaw keeps it elsewhere';
  return warn(CONFIG, `there is none at ${configPath}`, fix);
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
export function checkOpenClawStore(store: OpenClawStore, source: Settings['source']): Finding {
  const { version, choice, files } = store;
  const shown = version ?? 'version unknown';
  if (choice.source === 'gateway') {
    const found = `${shown}, keeps sessions in its gateway (${choice.why})`;
    if (source === 'jsonl')
      return fail(STORE, `${found}, and SOURCE is jsonl`, 'unset SOURCE: the gateway is followed');
    return ok(STORE, `${found}: the gateway is followed`, `${shown}, followed through its gateway`);
  }
  // The transcripts may be older than an upgrade; then the gateway is the right source.
  if (source === 'gateway') {
    if (files === 0 || writesTranscripts(version) === false) {
      return ok(STORE, `${shown}: the gateway is followed (SOURCE)`, `${shown}, followed through its gateway`);
    }
    return warn(
      STORE,
      `${shown}, keeps sessions in transcript files, and SOURCE is gateway`,
      'unset SOURCE: transcripts are read',
    );
  }
  if (files > 0) {
    return ok(STORE, `${shown}, keeps sessions in transcript files`, `${shown}, followed through its transcripts`);
  }
  return warn(STORE, `${shown}, has no sessions yet`, 'write to an agent, and check TRANSCRIPT_DIR if it has sessions');
}

/** Whether there are transcripts and they can be read. */
export function checkTranscripts({ directory, problem, files, unreadable }: TranscriptScan): Finding {
  if (problem === 'ENOENT') {
    const fix = 'start OpenClaw once, or set TRANSCRIPT_DIR to its agents folder; the daemon waits for it';
    return warn(TRANSCRIPTS, `${directory} does not exist`, fix);
  }
  if (problem !== undefined) {
    return fail(
      TRANSCRIPTS,
      `${directory} cannot be read (${problem})`,
      'run Live Status as the user that runs OpenClaw',
    );
  }
  const [first] = unreadable;
  if (first !== undefined) {
    const count = unreadable.length === 1 ? '1 path' : `${unreadable.length} paths`;
    const found = `${count} below ${directory} cannot be read, for example ${first}`;
    return fail(TRANSCRIPTS, found, 'run Live Status as the user that runs OpenClaw');
  }
  return ok(TRANSCRIPTS, `${files} below ${directory}`);
}

const SETTING = 'channels.mattermost.streaming';
/** Measured on @openclaw/mattermost 2026.7.1: without a setting the mode is `partial`, and drafts show tool calls. */
const FIRST_DEFAULT_ON = [2026, 7];

/** Whether OpenClaw shows its own progress post, so that people would see two. */
export function checkDrafts(openclaw: OpenClawConfig | undefined, version: string | undefined): Finding {
  if (!openclaw?.hasMattermost) return ok(DRAFTS, 'no OpenClaw with Mattermost is configured here');
  const { mode, toolProgress } = openclaw.drafts ?? {};
  if (mode === 'off') return ok(DRAFTS, `off (${SETTING})`);
  if (mode !== 'progress' && toolProgress === false) return ok(DRAFTS, 'without tool calls');
  if (mode === undefined && !isDefaultOn(version)) return ok(DRAFTS, `${SETTING} is not set`);
  const found = mode === undefined ? `${SETTING} is not set, which means "partial"` : `${SETTING} is "${mode}"`;
  return warn(DRAFTS, `${found}: a second post shows progress`, `set ${SETTING} to { "mode": "off" } in openclaw.json`);
}

function isDefaultOn(version: string | undefined): boolean {
  if (version === undefined) return true;
  const [year = 0, month = 0] = version.split('.').map(Number);
  const [firstYear = 0, firstMonth = 0] = FIRST_DEFAULT_ON;
  return year > firstYear || (year === firstYear && month >= firstMonth);
}

/** Whether the gateway starts the daemon. Another way to start it, such as a service, is as good. */
export function checkHook(hooks: GatewayHooks | undefined, { searched, directory }: HookLocation): Finding {
  const elsewhere = 'unless a service starts the daemon';
  if (directory === undefined) {
    return warn(HOOK, `not installed in ${searched.join(', ')}`, `install it (bash install.sh), ${elsewhere}`);
  }
  if (hooks && isHookEnabled(hooks)) {
    return ok(HOOK, `installed and enabled in ${directory}`, 'gateway hook enabled');
  }
  const fix = `run "openclaw hooks enable ${HOOK_NAME}", ${elsewhere}`;
  return warn(HOOK, `installed in ${directory}, but not enabled in openclaw.json (hooks.internal)`, fix);
}
