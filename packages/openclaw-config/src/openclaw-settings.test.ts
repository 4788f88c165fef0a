import { expect, it } from 'vitest';
import { readOpenClawConfig } from './config.ts';
import { OPENCLAW_SETTINGS } from './openclaw-settings.ts';
import { locateOpenClaw } from './paths.ts';

const HOME = '/home/op';

interface Example {
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** What is there without the setting. */
  readonly base?: object;
}

const far = { mode: 'remote', remote: { url: 'wss://far.example.com', token: 'far' } };
const bot = { channels: { mattermost: { botToken: 'b', baseUrl: 'https://chat.example.com' } } };
const tokenOf = (token: object): object => ({ gateway: { auth: { token } } });

/** For each setting that is followed, one use that changes what is read. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  OPENCLAW_CONFIG_PATH: { env: { OPENCLAW_CONFIG_PATH: '/etc/oc.json' } },
  OPENCLAW_STATE_DIR: { env: { OPENCLAW_STATE_DIR: '/data' } },
  OPENCLAW_HOME: { env: { OPENCLAW_HOME: '/srv' } },
  OPENCLAW_PROFILE: { env: { OPENCLAW_PROFILE: 'work' } },
  $include: { config: { $include: 'more.json' } },
  'env.vars': { config: { env: { vars: { OPENCLAW_GATEWAY_TOKEN: 'vars' } } } },
  'secrets.providers': {
    base: tokenOf({ source: 'file', provider: 'f', id: 'value' }),
    config: { secrets: { providers: { f: { source: 'file', path: '/secret', mode: 'singleValue' } } } },
  },
  'secrets.defaults': {
    base: {
      ...tokenOf({ source: 'file', id: 'value' }),
      secrets: { providers: { f: { source: 'file', path: '/secret', mode: 'singleValue' } } },
    },
    config: {
      secrets: {
        providers: { f: { source: 'file', path: '/secret', mode: 'singleValue' } },
        defaults: { file: 'f' },
      },
    },
  },
  'session.store': { config: { session: { store: '/data/{agentId}/store.json' } } },
  'gateway.mode': { base: { gateway: { remote: far.remote } }, config: { gateway: far } },
  'gateway.port': { config: { gateway: { port: 19_000 } } },
  OPENCLAW_GATEWAY_PORT: { env: { OPENCLAW_GATEWAY_PORT: '19000' } },
  OPENCLAW_GATEWAY_URL: { env: { OPENCLAW_GATEWAY_URL: 'wss://far.example.com' } },
  'gateway.auth.mode': { config: { gateway: { auth: { mode: 'password' } } } },
  'gateway.auth.token': { config: tokenOf('t' as unknown as object) },
  'gateway.auth.password': { config: { gateway: { auth: { password: 'p' } } } },
  OPENCLAW_GATEWAY_TOKEN: { env: { OPENCLAW_GATEWAY_TOKEN: 't' } },
  OPENCLAW_GATEWAY_PASSWORD: { env: { OPENCLAW_GATEWAY_PASSWORD: 'p' } },
  'gateway.remote.url': { base: { gateway: { mode: 'remote' } }, config: { gateway: far } },
  'gateway.remote.token': { config: { gateway: { remote: { token: 'r' } } } },
  'gateway.remote.password': { config: { gateway: { remote: { password: 'r' } } } },
  'gateway.remote.tlsFingerprint': {
    base: { gateway: far },
    config: { gateway: { ...far, remote: { ...far.remote, tlsFingerprint: 'AA' } } },
  },
  'gateway.tls.enabled': { config: { gateway: { tls: { enabled: true } } } },
  'gateway.tls.certPath': {
    base: { gateway: { tls: { enabled: true } } },
    config: { gateway: { tls: { enabled: true, certPath: '/gw.crt' } } },
  },
  'channels.mattermost.enabled': {
    base: bot,
    config: { channels: { mattermost: { ...bot.channels.mattermost, enabled: false } } },
  },
  'channels.mattermost.baseUrl': { config: { channels: { mattermost: { baseUrl: 'https://chat.example.com' } } } },
  'channels.mattermost.botToken': { config: { channels: { mattermost: { botToken: 'b' } } } },
  'channels.mattermost.accounts': {
    config: { channels: { mattermost: { accounts: { default: { botToken: 'b' } } } } },
  },
  'channels.mattermost.defaultAccount': {
    base: { channels: { mattermost: { accounts: { default: { botToken: 'a' }, ops: { botToken: 'b' } } } } },
    config: {
      channels: {
        mattermost: { accounts: { default: { botToken: 'a' }, ops: { botToken: 'b' } }, defaultAccount: 'ops' },
      },
    },
  },
};

const settings = Object.entries(OPENCLAW_SETTINGS);

/** Where OpenClaw is and what is read of it, with secrets. */
async function read(config: object, env: Readonly<Record<string, string>>): Promise<string> {
  const files = locateOpenClaw(env, HOME, (path) => path === '/home/op/.openclaw-work');
  const readFile = async (path: string): Promise<string> => {
    if (path === files.configPath) return JSON.stringify(config);
    if (path === '/secret') return 'of-file';
    if (path.endsWith('/more.json')) return '{ "gateway": { "port": 19000 } }';
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  const reading = await readOpenClawConfig(env, files, { home: HOME, readFile });
  const { mattermostToken, gatewayToken, gatewayPassword } = reading.config ?? {};
  const secrets = [mattermostToken, gatewayToken, gatewayPassword].map((secret) => secret?.reveal() ?? null);
  return JSON.stringify([files, reading.config, secrets]);
}

it('has an example of every setting that is followed', () => {
  const followed = settings.filter(([, { use }]) => use === 'followed').map(([name]) => name);
  expect(Object.keys(EXAMPLES).sort()).toEqual(followed.sort());
});

it.each(Object.entries(EXAMPLES))('%s changes what is read', async (_, { config, env = {}, base = {} }) => {
  const before = await read(base, {});
  expect(await read({ ...base, ...config }, env)).not.toBe(before);
});

it('says of every setting that is not followed what to do instead', () => {
  for (const [, { use, how }] of settings.filter((one) => one[1].use === 'not followed')) {
    expect([use, how]).toEqual(['not followed', expect.stringMatching(/set |use /)]);
  }
});
