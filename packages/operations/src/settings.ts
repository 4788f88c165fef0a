import * as v from 'valibot';
import { findMisspelt } from './misspelt.ts';
import { type OpenClawConfig, type OpenClawReading, type ReadFile, readOpenClawConfig } from './openclaw-config.ts';
import { type Environment, expandHome, locateOpenClaw } from './openclaw-files.ts';
import { collectSettings, type RawSetting, shownText } from './raw-settings.ts';
import { Secret } from './secret.ts';
import { type ChannelName, VARIABLES, type VariableName } from './variables.ts';

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
  const warnings = [
    ...findMisspelt(Object.keys(env).filter((name) => env[name])),
    ...openclaw.warnings,
    ...stillOpen(openclaw, raw),
  ];
  if (!parsed.success) return { raw, errors, warnings };
  const settings = toSettings(parsed.output, context.home, openclaw.config);
  return { raw, settings, errors: [], warnings };
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
  parsed: v.InferOutput<typeof SCHEMA>,
  home: string,
  openclaw: OpenClawConfig | undefined,
): Settings {
  const path = (text: string): string => expandHome(text, home);
  return Object.freeze({
    mmUrl: parsed.MM_URL,
    mmToken: new Secret(parsed.MM_TOKEN),
    transcriptDir: path(parsed.TRANSCRIPT_DIR),
    ...(parsed.SESSIONS_JSON && { sessionsJson: path(parsed.SESSIONS_JSON) }),
    ...(parsed.OPENCLAW_GATEWAY_URL && { gatewayUrl: parsed.OPENCLAW_GATEWAY_URL }),
    ...(parsed.OPENCLAW_GATEWAY_TOKEN && { gatewayToken: new Secret(parsed.OPENCLAW_GATEWAY_TOKEN) }),
    source: parsed.SOURCE,
    throttleMs: parsed.THROTTLE_MS,
    idleTimeoutMs: parsed.IDLE_TIMEOUT_S,
    maxSessionDurationMs: parsed.MAX_SESSION_DURATION_S,
    maxStatusLines: parsed.MAX_STATUS_LINES,
    maxActiveSessions: parsed.MAX_ACTIVE_SESSIONS,
    maxMessageChars: parsed.MAX_MESSAGE_CHARS,
    maxUpdatesPerSecond: parsed.MAX_UPDATES_PER_S,
    postDelayMs: parsed.POST_DELAY_MS,
    quietDelayMs: parsed.QUIET_DELAY_MS,
    settleMs: parsed.SETTLE_MS,
    owedTimeoutMs: parsed.OWED_TIMEOUT_S,
    gatewayGraceMs: parsed.GATEWAY_GRACE_S,
    heartbeatMs: parsed.HEARTBEAT_S,
    healthPort: parsed.HEALTH_PORT,
    healthHost: parsed.HEALTH_HOST,
    ...(parsed.HEALTH_TOKEN && { healthToken: new Secret(parsed.HEALTH_TOKEN) }),
    logLevel: parsed.LOG_LEVEL,
    pidFile: path(parsed.PID_FILE),
    stateDir: path(parsed.STATE_DIR),
    circuitBreakerThreshold: parsed.CIRCUIT_BREAKER_THRESHOLD,
    circuitBreakerCooldownMs: parsed.CIRCUIT_BREAKER_COOLDOWN_S,
    ...(parsed.TOOL_LABELS_FILE && { toolLabelsFile: path(parsed.TOOL_LABELS_FILE) }),
    ...(parsed.DEFAULT_CHANNEL && { defaultChannel: parsed.DEFAULT_CHANNEL }),
    defaultChannelKinds: parsed.DEFAULT_CHANNEL_KINDS,
    statusStyle: parsed.STATUS_STYLE,
    shutdownTimeoutMs: parsed.SHUTDOWN_TIMEOUT_S,
    ...(openclaw && { openclaw }),
  });
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
