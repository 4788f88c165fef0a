import * as v from 'valibot';

/** A Mattermost place as an operator names it: a channel id, `team/name` (as in the channel's address) or `@user`. */
export type ChannelName = { readonly channelId: string } | { readonly channel: string } | { readonly username: string };

/** What the text of each variable becomes. `…_S` are kept as milliseconds. */
export interface VariableValues {
  readonly MM_TOKEN: string;
  readonly MM_URL: string;
  readonly TRANSCRIPT_DIR: string;
  readonly SESSIONS_JSON: string;
  readonly OPENCLAW_GATEWAY_URL: string;
  readonly OPENCLAW_GATEWAY_TOKEN: string;
  readonly SOURCE: 'auto' | 'jsonl' | 'gateway';
  readonly THROTTLE_MS: number;
  readonly IDLE_TIMEOUT_S: number;
  readonly MAX_SESSION_DURATION_S: number;
  readonly MAX_STATUS_LINES: number;
  readonly MAX_ACTIVE_SESSIONS: number;
  readonly MAX_MESSAGE_CHARS: number;
  readonly MAX_UPDATES_PER_S: number;
  readonly POST_DELAY_MS: number;
  readonly QUIET_DELAY_MS: number;
  readonly SETTLE_MS: number;
  readonly OWED_TIMEOUT_S: number;
  readonly GATEWAY_GRACE_S: number;
  readonly HEARTBEAT_S: number;
  readonly HEALTH_PORT: number;
  readonly HEALTH_HOST: string;
  readonly HEALTH_TOKEN: string;
  readonly LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly PID_FILE: string;
  readonly STATE_DIR: string;
  readonly CIRCUIT_BREAKER_THRESHOLD: number;
  readonly CIRCUIT_BREAKER_COOLDOWN_S: number;
  readonly TOOL_LABELS_FILE: string;
  readonly DEFAULT_CHANNEL: ChannelName;
  readonly DEFAULT_CHANNEL_KINDS: readonly string[];
  readonly STATUS_STYLE: 'list' | 'fence' | 'card';
  readonly SHUTDOWN_TIMEOUT_S: number;
}

/** Name of a variable. */
export type VariableName = keyof VariableValues;

type Parser<Value> = v.GenericSchema<string, Value>;

const SECOND_MS = 1_000;

/**
 * Every variable Live Status reads: how its text becomes a value. The message of a check is the cure; it follows the
 * name and value in the report.
 */
export const VARIABLES: { readonly [Name in VariableName]: Parser<VariableValues[Name]> } = {
  MM_TOKEN: secret(),
  MM_URL: url(['http:', 'https:'], 'https://chat.example.com'),
  TRANSCRIPT_DIR: v.string(),
  SESSIONS_JSON: v.string(),
  OPENCLAW_GATEWAY_URL: url(['ws:', 'wss:'], 'ws://127.0.0.1:18789'),
  OPENCLAW_GATEWAY_TOKEN: secret(),
  SOURCE: choice(['auto', 'jsonl', 'gateway']),
  THROTTLE_MS: whole('a whole number of milliseconds', 50, 60_000),
  IDLE_TIMEOUT_S: seconds(1, 86_400),
  MAX_SESSION_DURATION_S: seconds(10, 604_800),
  MAX_STATUS_LINES: whole('a whole number of lines', 1, 200),
  MAX_ACTIVE_SESSIONS: whole('a whole number of posts', 1, 1_000),
  MAX_MESSAGE_CHARS: whole('a whole number of characters', 200, 16_383),
  MAX_UPDATES_PER_S: whole('a whole number of requests a second', 1, 100),
  POST_DELAY_MS: whole('a whole number of milliseconds', 0, 600_000),
  QUIET_DELAY_MS: whole('a whole number of milliseconds', 0, 3_600_000),
  SETTLE_MS: whole('a whole number of milliseconds', 0, 60_000),
  OWED_TIMEOUT_S: seconds(1, 86_400),
  GATEWAY_GRACE_S: seconds(1, 86_400),
  HEARTBEAT_S: seconds(5, 3_600),
  HEALTH_PORT: whole('a port (0 is off)', 0, 65_535),
  HEALTH_HOST: pattern(/^[A-Za-z0-9.:-]+$/, 'must be an IP address or a host name'),
  HEALTH_TOKEN: secret(),
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  PID_FILE: v.string(),
  STATE_DIR: v.string(),
  CIRCUIT_BREAKER_THRESHOLD: whole('a whole number of failures', 1, 1_000),
  CIRCUIT_BREAKER_COOLDOWN_S: seconds(1, 3_600),
  TOOL_LABELS_FILE: v.string(),
  DEFAULT_CHANNEL: channel(),
  DEFAULT_CHANNEL_KINDS: words(),
  STATUS_STYLE: choice(['list', 'fence', 'card']),
  SHUTDOWN_TIMEOUT_S: seconds(1, 600),
};

/** Variables whose value must never be shown. */
export const SECRET_VARIABLES: ReadonlySet<VariableName> = new Set([
  'MM_TOKEN',
  'OPENCLAW_GATEWAY_TOKEN',
  'HEALTH_TOKEN',
]);

/** Values that do not depend on the machine, as an operator would write them. */
export const FIXED_DEFAULTS: Readonly<Partial<Record<VariableName, string>>> = {
  SOURCE: 'auto',
  THROTTLE_MS: '500',
  IDLE_TIMEOUT_S: '60',
  MAX_SESSION_DURATION_S: '1800',
  MAX_STATUS_LINES: '15',
  MAX_ACTIVE_SESSIONS: '20',
  MAX_MESSAGE_CHARS: '15000',
  MAX_UPDATES_PER_S: '4',
  POST_DELAY_MS: '1500',
  QUIET_DELAY_MS: '30000',
  SETTLE_MS: '1500',
  OWED_TIMEOUT_S: '120',
  GATEWAY_GRACE_S: '120',
  HEARTBEAT_S: '30',
  HEALTH_PORT: '9090',
  HEALTH_HOST: '127.0.0.1',
  LOG_LEVEL: 'info',
  PID_FILE: '/tmp/status-watcher.pid',
  CIRCUIT_BREAKER_THRESHOLD: '5',
  CIRCUIT_BREAKER_COOLDOWN_S: '30',
  DEFAULT_CHANNEL_KINDS: 'cron,hook,cli',
  STATUS_STYLE: 'list',
  SHUTDOWN_TIMEOUT_S: '10',
};

function whole(what: string, min: number, max: number): Parser<number> {
  return v.pipe(
    v.string(),
    v.check(
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `must be ${what} from ${min} to ${max}`,
    ),
    v.transform(Number),
  );
}

/** Whole seconds, kept as milliseconds. */
function seconds(min: number, max: number): Parser<number> {
  return v.pipe(
    whole('a whole number of seconds', min, max),
    v.transform((value) => value * SECOND_MS),
  );
}

function choice<const Option extends string>(options: readonly Option[]): Parser<Option> {
  const message = `must be one of ${options.join(', ')}`;
  return v.pipe(
    v.string(),
    v.check((text) => options.some((option) => option === text), message),
    v.transform((text) => text as Option),
  );
}

function pattern(expression: RegExp, message: string): Parser<string> {
  return v.pipe(v.string(), v.regex(expression, message));
}

/** A token goes into a header: what a header cannot carry is a mistake of copying. */
function secret(): Parser<string> {
  return pattern(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces: copy the token again');
}

/** A base URL without the parts that could hide credentials. Trailing slashes and `/api/v4` are cut, as OpenClaw does. */
function url(protocols: readonly string[], example: string): Parser<string> {
  const message = `must be a URL like ${example}, without credentials, query or fragment`;
  return v.pipe(
    v.string(),
    v.check((text) => {
      const parsed = URL.parse(text);
      return parsed !== null && protocols.includes(parsed.protocol) && !/[@?#]/.test(text);
    }, message),
    v.transform((text) => text.replace(/\/+$/, '').replace(/\/api\/v4$/, '')),
  );
}

function channel(): Parser<ChannelName> {
  return v.pipe(
    v.string(),
    v.check(
      (text) => parseChannel(text) !== undefined,
      'must be a channel id (26 letters and digits), team/channel-name or @user',
    ),
    v.transform((text) => parseChannel(text) as ChannelName),
  );
}

function parseChannel(text: string): ChannelName | undefined {
  if (/^[a-z0-9]{26}$/.test(text)) return { channelId: text };
  if (/^[a-z0-9][a-z0-9_-]*\/[a-z0-9_-]+$/.test(text)) return { channel: text };
  if (/^@[a-z0-9._-]+$/.test(text)) return { username: text.slice(1) };
  return undefined;
}

function words(): Parser<readonly string[]> {
  return v.pipe(
    pattern(/^[a-z0-9_-]+(\s*,\s*[a-z0-9_-]+)*$/, 'must be a list like cron,hook,cli'),
    v.transform((text) => text.split(',').map((word) => word.trim())),
  );
}
