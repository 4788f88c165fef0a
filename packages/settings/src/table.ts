/** How the text of a variable becomes a value. `seconds` become milliseconds, a `path` becomes absolute. */
export type SettingType =
  | { readonly type: 'integer'; readonly unit: string; readonly min: number; readonly max: number }
  | { readonly type: 'seconds' | 'port'; readonly min: number; readonly max: number }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  /** One of them, or a file of one's own. */
  | { readonly type: 'choice-or-file'; readonly choices: readonly string[] }
  /** Several of them, or `off` for none. */
  | { readonly type: 'choices'; readonly choices: readonly string[] }
  | { readonly type: 'url'; readonly protocols: readonly string[]; readonly example: string }
  /** Never shown. `secret`: a token; `password`: any text. */
  | { readonly type: 'secret' | 'password' }
  /** An address that may hold a password: never shown. */
  | { readonly type: 'secret-url'; readonly protocols: readonly string[]; readonly example: string }
  | { readonly type: 'path' | 'address' | 'channel' | 'words' };

/** What the table says about one environment variable. */
export type Setting = SettingType & {
  /** Property of `Settings`. */
  readonly field: string;
  /** One line for people, Markdown. */
  readonly about: string;
  /** As an operator would write it. */
  readonly default?: string;
  /** A folder in OpenClaw's own folder that is the default. */
  readonly openclawFolder?: string;
  /** Another variable that is used if this one is not set, also from OpenClaw's layered environment. */
  readonly alias?: string;
  /** Field of `OpenClawConfig` that is used if neither is set, and its path in openclaw.json. */
  readonly openclaw?: { readonly field: string; readonly path: string };
  /** Whether OpenClaw's layered environment is searched last. */
  readonly openclawEnvironment?: true;
  /** May stay without a value. */
  readonly optional?: true;
};

/**
 * Every variable that Live Status reads. Everything else about settings is derived from this table or checked against it: the
 * type `Settings`, defaults, validation, hints about unknown variables, the doctor, the table in the README and the
 * variables that the gateway hook passes on. It imports nothing, so that checks can read it without a build.
 */
export const SETTINGS = {
  MM_TOKEN: {
    field: 'mmToken',
    type: 'secret',
    alias: 'MATTERMOST_BOT_TOKEN',
    openclaw: { field: 'mattermostToken', path: 'channels.mattermost.botToken' },
    about: 'token of the bot that posts, of several accounts the default one',
  },
  MM_URL: {
    field: 'mmUrl',
    type: 'url',
    protocols: ['http:', 'https:'],
    example: 'https://chat.example.com',
    alias: 'MATTERMOST_URL',
    openclaw: { field: 'mattermostUrl', path: 'channels.mattermost.baseUrl' },
    about: 'address of its Mattermost server',
  },
  DEFAULT_CHANNEL: {
    field: 'defaultChannel',
    type: 'channel',
    optional: true,
    about: 'where to show work that does not belong to a Mattermost conversation',
  },
  DEFAULT_CHANNEL_KINDS: {
    field: 'defaultChannelKinds',
    type: 'words',
    default: 'cron,hook,cli',
    about: 'which of that work to show; you can add other OpenClaw channels by name',
  },
  BOARD_CHANNEL: {
    field: 'boardChannel',
    type: 'channel',
    optional: true,
    about: 'where one pinned post lists all work: who waits for a person, who is at work, what failed',
  },
  SOURCE: {
    field: 'source',
    type: 'choice',
    choices: ['auto', 'jsonl', 'gateway'],
    default: 'auto',
    about: 'what to follow: the gateway (OpenClaw 2026.8 and later) or transcripts (`jsonl`, up to 2026.7)',
  },
  TRANSCRIPT_DIR: {
    field: 'transcriptDir',
    type: 'path',
    openclawFolder: 'agents',
    about: 'a sessions directory, or a tree of them',
  },
  SESSIONS_JSON: {
    field: 'sessionsJson',
    type: 'path',
    optional: true,
    about: 'use this catalog instead of every `sessions.json` beside the transcripts',
  },
  OPENCLAW_GATEWAY_URL: {
    field: 'gatewayUrl',
    type: 'url',
    // `http` and `https` mean `ws` and `wss`.
    protocols: ['ws:', 'wss:', 'http:', 'https:'],
    example: 'ws://127.0.0.1:18789',
    openclaw: { field: 'gatewayUrl', path: 'gateway.port' },
    openclawEnvironment: true,
    optional: true,
    about: 'address of the gateway',
  },
  OPENCLAW_GATEWAY_TOKEN: {
    field: 'gatewayToken',
    type: 'secret',
    openclaw: { field: 'gatewayToken', path: 'gateway.auth.token' },
    openclawEnvironment: true,
    optional: true,
    about: 'token of the gateway; only needed until the daemon is paired',
  },
  OPENCLAW_GATEWAY_PASSWORD: {
    field: 'gatewayPassword',
    type: 'password',
    openclaw: { field: 'gatewayPassword', path: 'gateway.auth.password' },
    openclawEnvironment: true,
    optional: true,
    about: 'its password, for a gateway that asks for one instead of a token',
  },
  THROTTLE_MS: {
    field: 'throttleMs',
    type: 'integer',
    unit: 'milliseconds',
    min: 50,
    max: 60_000,
    default: '500',
    about: 'minimum time between two edits of a post',
  },
  MAX_UPDATES_PER_S: {
    field: 'maxUpdatesPerS',
    type: 'integer',
    unit: 'requests a second',
    min: 1,
    max: 100,
    default: '4',
    about: "writes per second over all posts; Mattermost's limit is 10 by default and includes the gateway's requests",
  },
  REDIS_URL: {
    field: 'redisUrl',
    type: 'secret-url',
    protocols: ['redis:', 'rediss:'],
    example: 'rediss://user:password@redis.example.com:6379/0',
    optional: true,
    about:
      'Redis or Valkey through which [several daemons](docs/scale.md) share `MAX_UPDATES_PER_S`, which then counts for all of them together',
  },
  STATUS_STYLE: {
    field: 'statusStyle',
    type: 'choice',
    choices: ['list', 'fence', 'card'],
    default: 'list',
    about: 'how a post looks',
  },
  STATUS_LANGUAGE: {
    field: 'statusLanguage',
    type: 'choice-or-file',
    choices: ['en', 'de', 'fr', 'es', 'pt', 'ja', 'zh'],
    default: 'en',
    about: 'language of posts; a file is merged over the language it extends',
  },
  NOTIFY: {
    field: 'notify',
    type: 'choices',
    choices: ['waiting', 'errors', 'all'],
    default: 'waiting',
    about:
      'when to send a reply that notifies, besides the silent post: `waiting` for an approval; `errors` or `all` ends of work that does not belong to a conversation; `off`',
  },
  CHANNEL_RULES: {
    field: 'channelRules',
    type: 'path',
    optional: true,
    about:
      'JSON file with [rules](#rules-for-channels): what is shown in which channel, in direct messages with whom, of which kind of work',
  },
  TOOL_LABELS_FILE: {
    field: 'toolLabelsFile',
    type: 'path',
    optional: true,
    about: 'JSON file with tool labels, merged over the built-in ones',
  },
  MAX_STATUS_LINES: {
    field: 'maxStatusLines',
    type: 'integer',
    unit: 'lines',
    min: 1,
    max: 200,
    default: '15',
    about: 'maximum height of a post in lines as a phone wraps them, about 40 characters each',
  },
  MAX_MESSAGE_CHARS: {
    field: 'maxMessageChars',
    type: 'integer',
    unit: 'characters',
    min: 200,
    max: 16_383,
    default: '15000',
    about: 'maximum characters in a post',
  },
  MAX_ACTIVE_SESSIONS: {
    field: 'maxActiveSessions',
    type: 'integer',
    unit: 'posts',
    min: 1,
    max: 1_000,
    default: '20',
    about: 'maximum posts followed at once; further work waits',
  },
  MAX_SESSION_DURATION_S: {
    field: 'maxSessionDurationMs',
    type: 'seconds',
    min: 10,
    max: 604_800,
    default: '1800',
    about: 'how long a post is followed',
  },
  POST_DELAY_MS: {
    field: 'postDelayMs',
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    max: 600_000,
    default: '1500',
    about: 'work gets a post if it continues for this long after its first tool call',
  },
  QUIET_DELAY_MS: {
    field: 'quietDelayMs',
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    max: 3_600_000,
    default: '30000',
    about: 'work without a tool call gets a post after this time',
  },
  SETTLE_MS: {
    field: 'settleMs',
    type: 'integer',
    unit: 'milliseconds',
    min: 0,
    max: 60_000,
    default: '1500',
    about: 'how long a finished post can still be continued',
  },
  OWED_TIMEOUT_S: {
    field: 'pendingTimeoutMs',
    type: 'seconds',
    min: 1,
    max: 86_400,
    default: '120',
    about: 'how long to wait for the result of a finished sub-agent',
  },
  IDLE_TIMEOUT_S: {
    field: 'idleTimeoutMs',
    type: 'seconds',
    min: 1,
    max: 86_400,
    default: '60',
    about: 'a run without any other sign of its end ends after this much silence',
  },
  GATEWAY_GRACE_S: {
    field: 'gatewayGraceMs',
    type: 'seconds',
    min: 1,
    max: 86_400,
    default: '120',
    about: 'how long the gateway may be unreachable before its runs are shown as interrupted',
  },
  HEARTBEAT_S: {
    field: 'heartbeatMs',
    type: 'seconds',
    min: 5,
    max: 3_600,
    default: '30',
    about:
      'how long until the elapsed time is refreshed when nothing else changes; the interval then doubles, up to 300 s',
  },
  HEALTH_PORT: {
    field: 'healthPort',
    type: 'port',
    min: 0,
    max: 65_535,
    default: '9090',
    about: 'port of the health server; 0 turns it off',
  },
  HEALTH_HOST: {
    field: 'healthHost',
    type: 'address',
    default: '127.0.0.1',
    about: 'address of the health server',
  },
  HEALTH_TOKEN: {
    field: 'healthToken',
    type: 'secret',
    optional: true,
    about: 'required from other machines for `/health` and the page',
  },
  LOG_LEVEL: {
    field: 'logLevel',
    type: 'choice',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    about: 'how much to log',
  },
  STATE_DIR: {
    field: 'stateDir',
    type: 'path',
    openclawFolder: 'live-status',
    about: 'directory for the ledger, lock, log and device identity',
  },
  PID_FILE: {
    field: 'pidFile',
    type: 'path',
    default: '/tmp/status-watcher.pid',
    about: 'where to write the process id, for information only',
  },
  CIRCUIT_BREAKER_THRESHOLD: {
    field: 'circuitBreakerThreshold',
    type: 'integer',
    unit: 'failures',
    min: 1,
    max: 1_000,
    default: '5',
    about: 'consecutive failures after which only probes are sent to Mattermost',
  },
  CIRCUIT_BREAKER_COOLDOWN_S: {
    field: 'circuitBreakerCooldownMs',
    type: 'seconds',
    min: 1,
    max: 3_600,
    default: '30',
    about: 'time between two probes',
  },
  SHUTDOWN_TIMEOUT_S: {
    field: 'shutdownTimeoutMs',
    type: 'seconds',
    min: 1,
    max: 600,
    default: '10',
    about: 'how long a stop may wait for the last edits',
  },
} as const;

/** Name of a variable. */
export type VariableName = keyof typeof SETTINGS;
