import * as v from 'valibot';
import { findMisspelt } from './misspelt.ts';
import { type OpenClawConfig, type OpenClawReading, type ReadFile, readOpenClawConfig } from './openclaw-config.ts';
import { type Environment, expandHome, locateOpenClaw } from './openclaw-files.ts';
import { collectSettings, type RawSetting, shownText } from './raw-settings.ts';
import { Secret } from './secret.ts';
import { type ChannelName, VARIABLES, type VariableName, type VariableValues } from './variables.ts';

/** Everything an operator can set, checked and typed. Durations are milliseconds, paths are absolute. Frozen. */
export interface Settings {
  readonly mmUrl: string;
  readonly mmToken: Secret;
  readonly transcriptDir: string;
  readonly sessionsJson?: string;
  readonly gatewayUrl?: string;
  readonly gatewayToken?: Secret;
  readonly source: 'auto' | 'jsonl' | 'gateway';
  readonly throttleMs: number;
  readonly idleTimeoutMs: number;
  readonly maxSessionDurationMs: number;
  readonly maxStatusLines: number;
  readonly maxActiveSessions: number;
  /** Code points. */
  readonly maxMessageChars: number;
  readonly maxUpdatesPerSecond: number;
  readonly postDelayMs: number;
  readonly quietDelayMs: number;
  readonly settleMs: number;
  readonly owedTimeoutMs: number;
  readonly gatewayGraceMs: number;
  readonly heartbeatMs: number;
  /** 0 is off. */
  readonly healthPort: number;
  readonly healthHost: string;
  readonly healthToken?: Secret;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly pidFile: string;
  readonly stateDir: string;
  readonly circuitBreakerThreshold: number;
  readonly circuitBreakerCooldownMs: number;
  readonly toolLabelsFile?: string;
  readonly defaultChannel?: ChannelName;
  readonly defaultChannelKinds: readonly string[];
  readonly statusStyle: 'list' | 'fence' | 'card';
  readonly shutdownTimeoutMs: number;
  /** What openclaw.json says, when there is one. */
  readonly openclaw?: OpenClawConfig;
}

/** The settings, or all that is wrong with them. Sentences name the variable, its value (never a secret) and the cure. */
export type SettingsReading = {
  readonly raw: readonly RawSetting[];
  readonly warnings: readonly string[];
  /** Those settings that are sound, for what needs only some of them. */
  readonly sound: Partial<Settings>;
} & (
  | { readonly settings: Settings; readonly errors: readonly [] }
  | { readonly settings?: undefined; readonly errors: readonly string[] }
);

/** What {@link readSettings} needs to know about the machine. */
export interface SettingsContext {
  /** Home directory of the user, absolute. */
  readonly home: string;
  /** Reads a text file; must reject with `code: 'ENOENT'` where there is none (as `node:fs/promises` does). */
  readonly readFile: ReadFile;
}

/**
 * Reads all settings from the environment, and what it leaves open from openclaw.json. Problems are collected, never
 * thrown: `settings` is there when `errors` is empty. An empty variable counts as not set.
 */
export async function readSettings(env: Environment, context: SettingsContext): Promise<SettingsReading> {
  const files = locateOpenClaw(env, context.home);
  const openclaw = await readOpenClawConfig(env, files, context);
  const raw = collectSettings(env, files, openclaw);
  const parsed = v.safeParse(SCHEMA, Object.fromEntries(raw.map(({ name, text }) => [name, text])));
  const errors = (parsed.issues ?? []).map((issue) => describeIssue(issue, raw, files.configPath));
  const sound = toSettings(parseEach(raw), context.home, openclaw.config);
  const warnings = [
    ...findMisspelt(Object.keys(env).filter((name) => env[name])),
    ...openclaw.warnings,
    ...stillOpen(openclaw, raw),
  ];
  if (!parsed.success) return { raw, errors, warnings, sound };
  // Every variable that is not optional was parsed: nothing is missing.
  return { raw, settings: sound as Settings, errors: [], warnings, sound };
}

/** Those errors of a reading that concern one of these variables. */
export function errorsOf(reading: SettingsReading, names: readonly VariableName[]): readonly string[] {
  return reading.errors.filter((error) => names.some((name) => error.startsWith(`${name} is `)));
}

/** Values of the variables that are sound, each by itself. */
function parseEach(raw: readonly RawSetting[]): Partial<VariableValues> {
  const values = raw.flatMap(({ name, text }) => {
    const parsed = v.safeParse<v.GenericSchema<unknown>>(VARIABLES[name], text);
    return parsed.success ? [[name, parsed.output] as const] : [];
  });
  return Object.fromEntries(values) as Partial<VariableValues>;
}

const SCHEMA = v.object({
  ...VARIABLES,
  SESSIONS_JSON: v.optional(VARIABLES.SESSIONS_JSON),
  OPENCLAW_GATEWAY_URL: v.optional(VARIABLES.OPENCLAW_GATEWAY_URL),
  OPENCLAW_GATEWAY_TOKEN: v.optional(VARIABLES.OPENCLAW_GATEWAY_TOKEN),
  HEALTH_TOKEN: v.optional(VARIABLES.HEALTH_TOKEN),
  TOOL_LABELS_FILE: v.optional(VARIABLES.TOOL_LABELS_FILE),
  DEFAULT_CHANNEL: v.optional(VARIABLES.DEFAULT_CHANNEL),
});

function toSettings(
  values: Partial<VariableValues>,
  home: string,
  openclaw: OpenClawConfig | undefined,
): Partial<Settings> {
  const path = (text: string | undefined) => (text === undefined ? undefined : expandHome(text, home));
  const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));
  const settings: { readonly [Name in keyof Settings]: Settings[Name] | undefined } = {
    mmUrl: values.MM_URL,
    mmToken: secret(values.MM_TOKEN),
    transcriptDir: path(values.TRANSCRIPT_DIR),
    sessionsJson: path(values.SESSIONS_JSON),
    gatewayUrl: values.OPENCLAW_GATEWAY_URL,
    gatewayToken: secret(values.OPENCLAW_GATEWAY_TOKEN),
    source: values.SOURCE,
    throttleMs: values.THROTTLE_MS,
    idleTimeoutMs: values.IDLE_TIMEOUT_S,
    maxSessionDurationMs: values.MAX_SESSION_DURATION_S,
    maxStatusLines: values.MAX_STATUS_LINES,
    maxActiveSessions: values.MAX_ACTIVE_SESSIONS,
    maxMessageChars: values.MAX_MESSAGE_CHARS,
    maxUpdatesPerSecond: values.MAX_UPDATES_PER_S,
    postDelayMs: values.POST_DELAY_MS,
    quietDelayMs: values.QUIET_DELAY_MS,
    settleMs: values.SETTLE_MS,
    owedTimeoutMs: values.OWED_TIMEOUT_S,
    gatewayGraceMs: values.GATEWAY_GRACE_S,
    heartbeatMs: values.HEARTBEAT_S,
    healthPort: values.HEALTH_PORT,
    healthHost: values.HEALTH_HOST,
    healthToken: secret(values.HEALTH_TOKEN),
    logLevel: values.LOG_LEVEL,
    pidFile: path(values.PID_FILE),
    stateDir: path(values.STATE_DIR),
    circuitBreakerThreshold: values.CIRCUIT_BREAKER_THRESHOLD,
    circuitBreakerCooldownMs: values.CIRCUIT_BREAKER_COOLDOWN_S,
    toolLabelsFile: path(values.TOOL_LABELS_FILE),
    defaultChannel: values.DEFAULT_CHANNEL,
    defaultChannelKinds: values.DEFAULT_CHANNEL_KINDS,
    statusStyle: values.STATUS_STYLE,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_S,
    openclaw,
  };
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(set) as Partial<Settings>);
}

/** Variables that must come from somewhere, and their field in openclaw.json. */
const FIELDS: Readonly<Partial<Record<VariableName, string>>> = { MM_TOKEN: 'botToken', MM_URL: 'baseUrl' };

function describeIssue(issue: v.BaseIssue<unknown>, raw: readonly RawSetting[], configPath: string): string {
  const name = String(issue.path?.[0]?.key) as VariableName;
  const { text, origin } = raw.find((setting) => setting.name === name) ?? { origin: 'unset' };
  if (text === undefined) return `${name} is not set: set it, or channels.mattermost.${FIELDS[name]} in ${configPath}`;
  const from = origin === 'environment' ? '' : ` (from ${origin})`;
  return `${name} is ${shownText(name, text)}${from}: ${issue.message}`;
}

/** A reference that could not be followed matters only when nothing else gave the value. */
function stillOpen(openclaw: OpenClawReading, raw: readonly RawSetting[]): readonly string[] {
  return openclaw.unresolved
    .filter(({ variable }) => raw.some(({ name, text }) => name === variable && text === undefined))
    .map(({ warning }) => warning);
}
