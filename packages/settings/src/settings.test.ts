import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeSettings, errorsOf, readSettings, type SettingsReading } from './index.ts';

const HOME = '/home/op';
const MATTERMOST = { MM_TOKEN: 'tok-env-0123', MM_URL: 'https://chat.example.com' };

/** Reads with the given files, everything else being absent. */
function read(env: Record<string, string>, files: Record<string, string> = {}): Promise<SettingsReading> {
  const readFile = async (path: string): Promise<string> => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
    return content;
  };
  return readSettings(env, { home: HOME, readFile });
}

async function good(env: Record<string, string>, files?: Record<string, string>) {
  const reading = await read(env, files);
  expect(reading.errors).toEqual([]);
  if (!reading.settings) throw new Error('no settings');
  return reading.settings;
}

describe('readSettings', () => {
  it('gives every setting its documented default', async () => {
    const { mmToken, ...settings } = await good(MATTERMOST);
    expect(mmToken.reveal()).toBe('tok-env-0123');
    expect(settings).toEqual({
      mmUrl: 'https://chat.example.com',
      transcriptDir: '/home/op/.openclaw/agents',
      source: 'auto',
      throttleMs: 500,
      idleTimeoutMs: 60_000,
      maxSessionDurationMs: 1_800_000,
      maxStatusLines: 15,
      maxActiveSessions: 20,
      maxMessageChars: 15_000,
      maxUpdatesPerS: 4,
      postDelayMs: 1_500,
      quietDelayMs: 30_000,
      settleMs: 1_500,
      pendingTimeoutMs: 120_000,
      gatewayGraceMs: 120_000,
      heartbeatMs: 30_000,
      healthPort: 9090,
      healthHost: '127.0.0.1',
      logLevel: 'info',
      pidFile: '/tmp/status-watcher.pid',
      stateDir: '/home/op/.openclaw/live-status',
      circuitBreakerThreshold: 5,
      circuitBreakerCooldownMs: 30_000,
      defaultChannelKinds: ['cron', 'hook', 'cli'],
      statusStyle: 'list',
      statusLanguage: 'en',
      notify: ['waiting'],
      shutdownTimeoutMs: 10_000,
    });
    expect(Object.isFrozen(await good(MATTERMOST))).toBe(true);
  });

  it.for([
    ['THROTTLE_MS', '1000', { throttleMs: 1_000 }],
    ['IDLE_TIMEOUT_S', '90', { idleTimeoutMs: 90_000 }],
    ['POST_DELAY_MS', '0', { postDelayMs: 0 }],
    ['HEALTH_PORT', '0', { healthPort: 0 }],
    ['MM_URL', 'https://chat.example.com/sub/api/v4/', { mmUrl: 'https://chat.example.com/sub' }],
    ['MM_URL', ' https://chat.example.com// ', { mmUrl: 'https://chat.example.com' }],
    ['TRANSCRIPT_DIR', '~/agents', { transcriptDir: '/home/op/agents' }],
    ['SESSIONS_JSON', '/data/sessions.json', { sessionsJson: '/data/sessions.json' }],
    ['SOURCE', 'jsonl', { source: 'jsonl' }],
    ['STATUS_LANGUAGE', 'de', { statusLanguage: 'de' }],
    ['STATUS_LANGUAGE', '~/words.json', { statusLanguage: '/home/op/words.json' }],
    ['STATUS_LANGUAGE', '/etc/live-status/de', { statusLanguage: '/etc/live-status/de' }],
    ['THROTTLE_MS', '', { throttleMs: 500 }],
    ['DEFAULT_CHANNEL_KINDS', 'cron, telegram', { defaultChannelKinds: ['cron', 'telegram'] }],
    ['DEFAULT_CHANNEL', '@anna.b', { defaultChannel: { username: 'anna.b' } }],
    ['DEFAULT_CHANNEL', 'team-a/bots', { defaultChannel: { channel: 'team-a/bots' } }],
    ['DEFAULT_CHANNEL', 'abcdefghijklmnopqrstuvwxyz', { defaultChannel: { channelId: 'abcdefghijklmnopqrstuvwxyz' } }],
  ] as const)('reads %s=%s', async ([name, value, expected]) => {
    expect(await good({ ...MATTERMOST, [name]: value })).toMatchObject(expected);
  });

  it.for([
    ['THROTTLE_MS', '0.5', 'THROTTLE_MS is 0.5: must be a whole number of milliseconds from 50 to 60000'],
    ['THROTTLE_MS', '-1', 'THROTTLE_MS is -1: must be a whole number'],
    [
      'MAX_MESSAGE_CHARS',
      '16384',
      'MAX_MESSAGE_CHARS is 16384: must be a whole number of characters from 200 to 16383',
    ],
    ['SOURCE', 'sqlite', 'SOURCE is sqlite: must be one of auto, jsonl, gateway'],
    [
      'STATUS_LANGUAGE',
      'german',
      'STATUS_LANGUAGE is german: must be one of en, de, fr, es, pt, ja, zh, or a path to a JSON file',
    ],
    ['LOG_LEVEL', 'INFO', 'LOG_LEVEL is INFO: must be one of trace,'],
    ['MM_URL', 'chat.example.com', 'MM_URL is chat.example.com: must be a URL like https://chat.example.com'],
    ['MM_URL', 'ftp://chat.example.com', 'MM_URL is ftp://chat.example.com: must be a URL'],
    ['DEFAULT_CHANNEL', 'Town Square', 'DEFAULT_CHANNEL is Town Square: must be a channel id'],
    ['DEFAULT_CHANNEL_KINDS', 'cron,,hook', 'DEFAULT_CHANNEL_KINDS is cron,,hook: must be a list'],
  ])('refuses %s=%s with the fix', async ([name, value, message]) => {
    const { errors, settings } = await read({ ...MATTERMOST, [name as string]: value as string });
    expect(errors).toEqual([expect.stringContaining(message as string)]);
    expect(settings).toBeUndefined();
  });

  it("finds the gateway's token in OpenClaw's environment, after its configuration", async () => {
    const inDotEnv = { '/home/op/.openclaw/.env': 'OPENCLAW_GATEWAY_TOKEN=of-dotenv' };
    expect((await read(MATTERMOST, inDotEnv)).settings?.gatewayToken?.reveal()).toBe('of-dotenv');
    const both = { ...inDotEnv, '/home/op/.openclaw/openclaw.json': "{ gateway: { auth: { token: 'of-config' } } }" };
    expect((await read(MATTERMOST, both)).settings?.gatewayToken?.reveal()).toBe('of-config');
  });

  it('takes any text as the password of the gateway, and its address also with https', async () => {
    const env = {
      ...MATTERMOST,
      OPENCLAW_GATEWAY_PASSWORD: 'caf\u00e9 au lait',
      OPENCLAW_GATEWAY_URL: 'https://gw.example.com/',
    };
    const { settings, raw } = await read(env);
    expect(settings?.gatewayPassword?.reveal()).toBe('caf\u00e9 au lait');
    expect(settings?.gatewayUrl).toBe('wss://gw.example.com');
    expect(JSON.stringify([settings, describeSettings({ raw })])).not.toContain('au lait');
    const broken = await read({ ...env, OPENCLAW_GATEWAY_PASSWORD: 'two\nlines' });
    expect(broken.errors).toEqual([expect.stringMatching(/^OPENCLAW_GATEWAY_PASSWORD is \*\*\*: must be text/)]);
  });

  it.for([
    'redis://redis.example.com',
    'redis://redis.example.com:6380/3',
    'rediss://user:hunter2@redis.example.com:6379/0',
    'redis://:hunter2@10.0.0.7/',
    'redis://:p%40ss%2Fhunter2@[::1]:6379',
  ])('takes %s as REDIS_URL, and never shows it', async (url) => {
    const { settings, raw } = await read({ ...MATTERMOST, REDIS_URL: url });
    expect(settings?.redisUrl?.reveal()).toBe(url);
    const shown = `${JSON.stringify([settings, describeSettings({ raw })])}${inspect(settings, { depth: 9 })}`;
    expect(shown).not.toMatch(/hunter2|redis\.example\.com|10\.0\.0\.7/);
  });

  it.for([
    'redis.example.com:6379',
    'http://redis.example.com',
    'unix:///run/redis.sock',
    'redis://',
    'redis://redis.example.com/live',
    'redis://redis.example.com/0?hunter2',
    'redis://redis.example.com/0#hunter2',
    'redis://:hunter2%zz@redis.example.com',
    'redis://:hunter 2@redis.example.com',
  ])('refuses %s as REDIS_URL, without its value', async (url) => {
    const { errors } = await read({ ...MATTERMOST, REDIS_URL: url });
    expect(errors).toEqual([
      'REDIS_URL is ***: must be a URL like rediss://user:password@redis.example.com:6379/0, with special characters of the password percent-encoded',
    ]);
  });

  it('lists all problems at once', async () => {
    const { errors } = await read({ THROTTLE_MS: 'fast', STATUS_STYLE: 'html' });
    expect(errors).toEqual([
      'MM_TOKEN is not set: set it, or channels.mattermost.botToken in /home/op/.openclaw/openclaw.json',
      'MM_URL is not set: set it, or channels.mattermost.baseUrl in /home/op/.openclaw/openclaw.json',
      expect.stringContaining('THROTTLE_MS is fast'),
      expect.stringContaining('STATUS_STYLE is html'),
    ]);
  });

  it('never shows a secret, not in errors, descriptions or dumps', async () => {
    const wrong = await read({ MM_TOKEN: 'tok with space', MM_URL: 'https://user:hunter2@chat.example.com' });
    expect(wrong.errors).toEqual([
      'MM_TOKEN is ***: must be printable ASCII without spaces: copy the token again',
      expect.stringMatching(/^MM_URL is \*\*\* /),
    ]);
    const reading = await read({ ...MATTERMOST, HEALTH_TOKEN: 'health-secret' });
    const everything = [
      JSON.stringify(reading.settings),
      inspect(reading.settings, { depth: 9 }),
      `${reading.settings?.mmToken}`,
      JSON.stringify(describeSettings(reading)),
      JSON.stringify(describeSettings(wrong)),
    ].join('\n');
    expect(everything).not.toMatch(/tok-env-0123|health-secret|tok with space|hunter2/);
    expect(everything).toContain('***');
  });

  it('warns about unknown MM_ names and near misses, without their values', async () => {
    const { warnings } = await read({
      ...MATTERMOST,
      MM_CHANEL: 'x',
      THROTTLE_MSS: '1',
      STATUSSTYLE: 'list',
      MM_SERVICESETTINGS_SITEURL: 'a Mattermost server setting',
      HOME: '/home/op',
      EDITOR: 'vi',
    });
    expect(warnings).toEqual([
      'MM_CHANEL is not a setting and has no effect',
      'THROTTLE_MSS is not a setting: did you mean THROTTLE_MS?',
      'STATUSSTYLE is not a setting: did you mean STATUS_STYLE?',
    ]);
  });

  it.for([
    ['a unit that is missing', ['POST_DELAY', 'THROTTLE', 'HEARTBEAT', 'MAX_UPDATES', 'IDLE_TIMEOUT']],
    ['another unit', ['THROTTLE_S', 'IDLE_TIMEOUT_MS', 'POST_DELAY_SECONDS', 'MAX_UPDATES_PER_SECOND']],
    ['a word that is missing', ['MAX_LINES', 'MAX_CHARS', 'MAX_SESSIONS', 'MATTERMOST_TOKEN', 'CIRCUIT_THRESHOLD']],
    ['a word too many, or another one', ['MATTERMOST_SERVER_URL', 'MATTERMOST_ACCESS_TOKEN', 'TOOL_LABEL_FILE']],
    [
      'a first word that is missing',
      ['LABELS_FILE', 'STATUS_LINES', 'MESSAGE_CHARS', 'BREAKER_THRESHOLD', 'CHANNEL_KINDS'],
    ],
    ['a last word that is missing', ['TOOL_LABELS', 'MAX_STATUS', 'CIRCUIT_BREAKER_COOL']],
    [
      'a cut word',
      ['OPENCLAW_GATEWAY_PASS', 'STATUS_LANG', 'TRANS_DIR', 'DEFAULT_CHAN', 'BOARD_CHAN', 'CIRC_BREAKER_THRESHOLD'],
    ],
    [
      'another word',
      ['STATUS_LOCALE', 'TRANSCRIPT_PATH', 'TRANSCRIPTS_FOLDER', 'MAXIMUM_STATUS_LINES', 'MAX_MSG_CHARS'],
    ],
    ['other words for a secret', ['OPENCLAW_GATEWAY_PASSWD', 'OPENCLAW_GATEWAY_PWD']],
    [
      'another order',
      ['CHANNEL_DEFAULT', 'STYLE_STATUS', 'LANGUAGE_STATUS', 'PORT_HEALTH', 'TOKEN_MM', 'DELAY_POST_MS'],
    ],
    [
      'the program before it',
      ['LIVE_STATUS_THROTTLE_MS', 'LIVE_STATUS_STATE_DIR', 'LIVESTATUS_MM_URL', 'MM_DEFAULT_CHANNEL'],
    ],
    ['letters', ['MM_URL_', 'mm_token', 'MM-TOKEN', 'MM_TOKN', 'HEALHT_PORT', 'LOGLEVEL', 'THROTLE', 'STATUS_STYEL']],
  ] as const)('notices a setting by %s', async ([, names]) => {
    for (const name of names) {
      const { warnings } = await read({ [name]: 'hunter2' });
      expect(warnings.filter((warning) => /^\S+ is not a setting: did you mean [A-Z_]+\?$/.test(warning))).toHaveLength(
        1,
      );
      expect(warnings[0]).toContain(`${name} is not`);
      expect(warnings.join()).not.toContain('hunter2');
    }
  });

  it.for([
    ['POST_DELAY', 'POST_DELAY_MS'],
    ['MAX_LINES', 'MAX_STATUS_LINES'],
    ['THROTTLE', 'THROTTLE_MS'],
    ['MATTERMOST_TOKEN', 'MATTERMOST_BOT_TOKEN'],
    ['MATTERMOST_SERVER_URL', 'MATTERMOST_URL'],
    ['MM_URL_', 'MM_URL'],
    ['TOOL_LABEL_FILE', 'TOOL_LABELS_FILE'],
    ['LABELS_FILE', 'TOOL_LABELS_FILE'],
    ['STATUS_LANG', 'STATUS_LANGUAGE'],
    ['OPENCLAW_GATEWAY_PASS', 'OPENCLAW_GATEWAY_PASSWORD'],
    ['STATUS_LINES', 'MAX_STATUS_LINES'],
    ['TRANSCRIPTS_FOLDER', 'TRANSCRIPT_DIR'],
    ['LIVE_STATUS_STATE_DIR', 'STATE_DIR'],
    ['CHANNEL_DEFAULT', 'DEFAULT_CHANNEL'],
  ] as const)('knows that %s was meant to be %s', async ([name, meant]) => {
    expect((await read({ [name]: 'x' })).warnings).toEqual([`${name} is not a setting: did you mean ${meant}?`]);
  });

  it('says nothing about variables of OpenClaw and other programs', async () => {
    const names = `OPENCLAW_STATE_DIR OPENCLAW_CONFIG_PATH OPENCLAW_GATEWAY_PORT OPENCLAW_GATEWAY_BIND OPENCLAW_HOME
      OPENCLAW_PROFILE PORT HOST TOKEN URL DEBUG LOG_FILE LOG_DIR LOG_FORMAT HEALTH_CHECK_PORT STATIC_DIR STATS_FILE
      PIDFILE_DIR NPM_TOKEN MY_TOKEN GH_TOKEN HF_TOKEN GITLAB_TOKEN BOT_TOKEN TELEGRAM_BOT_TOKEN SLACK_BOT_TOKEN
      DISCORD_BOT_TOKEN NOTIFY_SOCKET WATCHDOG_USEC SOURCE_DATE_EPOCH RESOURCE STATE_DIRECTORY LOGS_DIRECTORY
      CONFIGURATION_DIRECTORY MATTERMOST_IMAGE MATTERMOST_DATA_PATH MAX_OLD_SPACE_SIZE NODE_OPTIONS NODE_ENV PATH HOME
      USER LANG TZ TMPDIR TERM EDITOR SHELL PWD OLDPWD XDG_STATE_HOME DEFAULT_REGION TOOL_PATH POSTGRES_URL DATABASE_URL
      REDIS_URL HTTP_PROXY NO_PROXY LIVE_STATUS_NO_DEPRECATION LIVE_STATUS_DAEMON SSH_AUTH_SOCK DISPLAY
      RUNTIME_DIRECTORY CACHE_DIRECTORY STATE_PATH STATE_FILE STATE_STORE LOG_PATH LOG_FOLDER LOG_LVL LANGUAGE LC_ALL
      MAX_MESSAGE_SIZE MAX_MESSAGE_LENGTH MAX_MESSAGES MAX_CONNECTIONS MAX_RETRIES MAX_WORKERS MAX_UPLOAD_SIZE
      SESSION_TIMEOUT SESSION_DURATION SESSION_DIR SESSIONS_DIR SESSION_TOKEN AWS_SESSION_TOKEN SESSION_SECRET
      REQUEST_TIMEOUT TIMEOUT_S DELAY_MS TIMEOUT DELAY GRACE_PERIOD HEARTBEAT_INTERVAL HEARTBEAT_URL THROTTLE_LIMIT
      BREAKER STATUS STATUS_FILE STATUS_PORT STATUS_URL STATUS_CODE GATEWAY_URL GATEWAY_TOKEN GATEWAY_PASSWORD
      GATEWAY_HOST GATEWAY_PORT GATEWAY_INTERFACE SLACK_CHANNEL DEFAULT_USER DEFAULT_LANGUAGE CHANNEL CHANNEL_ID
      CHANNEL_SECRET CHANNEL_ACCESS_TOKEN NOTIFY NOTIFY_URL NOTIFY_EMAIL SOURCE_DIR SOURCE_BRANCH TOOL_DIR TOOLS_DIR
      TOOLCHAIN LABEL LABELS FILE_PATH JSON_LOGS POST_URL POST_LOGOUT_URL POSTGRES_PASSWORD PGPASSWORD MYSQL_PWD
      MATTERMOST_BOT MATTERMOST_TEAM MATTERMOST_CHANNEL MATTERMOST_WEBHOOK_URL MATTERMOST_DB OPENCLAW_LOG_LEVEL
      OPENCLAW_GATEWAY_MODE OPENCLAW_SESSION_STORE OPENCLAW_SKIP_CHANNELS OPENCLAW_VERSION HEALTHCHECK_URL HEALTH_PATH
      HEALTH_URL HEALTH_INTERVAL PID PIDS PID_DIR RUN_DIR KUBERNETES_PORT KUBERNETES_SERVICE_HOST CI BUILD_STATUS
      PROMPT_COMMAND PS1 HISTFILE PYTHONPATH GOPATH JAVA_HOME CARGO_HOME VIRTUAL_ENV CONDA_PREFIX NVM_DIR LESS PAGER
      GITHUB_TOKEN GITHUB_STEP_SUMMARY RUNNER_TEMP DOCKER_HOST COMPOSE_PROJECT_NAME INVOCATION_ID JOURNAL_STREAM
      SYSTEMD_EXEC_PID MAINPID LISTEN_FDS MEMORY_PRESSURE_WATCH OPENAI_API_KEY ANTHROPIC_API_KEY OLLAMA_HOST`.split(
      /\s+/,
    );
    const { warnings } = await read({ ...MATTERMOST, ...Object.fromEntries(names.map((name) => [name, '1'])) });
    expect(warnings).toEqual([]);
  });

  it('takes a name one letter away from a set setting for what it is', async () => {
    const { warnings } = await read({ ...MATTERMOST, MM_URLS: 'x' });
    expect(warnings).toEqual(['MM_URLS is not a setting and has no effect']);
  });

  it('describes where each value comes from', async () => {
    const reading = await read(
      { MM_URL: 'https://chat.example.com' },
      { '/home/op/.openclaw/openclaw.json': "{ channels: { mattermost: { botToken: 'tok' } } }" },
    );
    const described = new Map(describeSettings(reading).map((setting) => [setting.name, setting]));
    expect(described.get('MM_URL')).toEqual({
      name: 'MM_URL',
      value: 'https://chat.example.com',
      origin: 'environment',
    });
    expect(described.get('MM_TOKEN')).toEqual({
      name: 'MM_TOKEN',
      value: '***',
      origin: '/home/op/.openclaw/openclaw.json',
    });
    expect(described.get('THROTTLE_MS')).toEqual({ name: 'THROTTLE_MS', value: '500', origin: 'default' });
    expect(described.get('HEALTH_TOKEN')).toEqual({ name: 'HEALTH_TOKEN', value: '', origin: 'unset' });
  });
});

describe('a reading with errors', () => {
  it('still gives the settings that are sound, and the errors of those that are asked for', async () => {
    const reading = await read({ MM_URL: 'https://chat.example.com', HEALTH_PORT: 'many', STATE_DIR: '~/state' });
    expect(reading.settings).toBeUndefined();
    expect(reading.sound).toMatchObject({ mmUrl: 'https://chat.example.com', stateDir: '/home/op/state' });
    expect(reading.sound).not.toHaveProperty('mmToken');
    expect(reading.sound).not.toHaveProperty('healthPort');
    expect(errorsOf(reading, ['STATE_DIR', 'MM_URL'])).toEqual([]);
    expect(errorsOf(reading, ['HEALTH_PORT'])).toEqual([expect.stringMatching(/^HEALTH_PORT is many: /)]);
    expect(errorsOf(reading, ['MM_TOKEN', 'HEALTH_PORT'])).toHaveLength(2);
  });
});
