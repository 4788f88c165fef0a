// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are written so in openclaw.json
import { describe, expect, it } from 'vitest';
import { readOpenClawConfig } from './config.ts';
import { locateOpenClaw } from './paths.ts';

const HOME = '/home/op';
const CONFIG = '/home/op/.openclaw/openclaw.json';

function read(config: string, env: Record<string, string> = {}, more: Record<string, string> = {}) {
  const files: Record<string, string> = { [CONFIG]: config, ...more };
  const readFile = async (path: string): Promise<string> => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
    return content;
  };
  return readOpenClawConfig(env, locateOpenClaw(env, HOME), { home: HOME, readFile });
}

async function token(config: string, env?: Record<string, string>, more?: Record<string, string>) {
  return (await read(config, env, more)).config?.mattermostToken?.reveal();
}

describe('locateOpenClaw', () => {
  it.for([
    [{}, '/home/op/.openclaw', '/home/op/.openclaw/openclaw.json'],
    [{ OPENCLAW_HOME: '/srv/oc' }, '/srv/oc/.openclaw', '/srv/oc/.openclaw/openclaw.json'],
    [{ OPENCLAW_HOME: '~/svc' }, '/home/op/svc/.openclaw', '/home/op/svc/.openclaw/openclaw.json'],
    [{ OPENCLAW_STATE_DIR: '/data', OPENCLAW_HOME: '/srv/oc' }, '/data', '/data/openclaw.json'],
    [{ OPENCLAW_CONFIG_PATH: '/etc/oc.json' }, '/home/op/.openclaw', '/etc/oc.json'],
  ] as const)('follows OpenClaw for %j', ([env, stateDir, configPath]) => {
    expect(locateOpenClaw(env, HOME)).toEqual({ stateDir, configPath });
  });
});

describe('locateOpenClaw, by what exists', () => {
  const locate = (env: Record<string, string>, ...there: string[]) =>
    locateOpenClaw(env, HOME, (path) => there.includes(path));

  it.for([
    ['work', ['/home/op/.openclaw-work'], '/home/op/.openclaw-work'],
    ['work', [], '/home/op/.openclaw'],
    ['default', ['/home/op/.openclaw-default'], '/home/op/.openclaw'],
    ['../evil', ['/home/op/.openclaw-../evil'], '/home/op/.openclaw'],
  ] as const)('takes the directory of the profile %s', ([profile, there, stateDir]) => {
    expect(locate({ OPENCLAW_PROFILE: profile }, ...there).stateDir).toBe(stateDir);
    expect(locate({ OPENCLAW_PROFILE: profile, OPENCLAW_STATE_DIR: '/data' }, ...there).stateDir).toBe('/data');
  });

  it('takes the former names where there is nothing else', () => {
    expect(locate({}, '/home/op/.clawdbot', '/home/op/.clawdbot/clawdbot.json')).toEqual({
      stateDir: '/home/op/.clawdbot',
      configPath: '/home/op/.clawdbot/clawdbot.json',
    });
    expect(locate({}, '/home/op/.clawdbot', '/home/op/.openclaw').stateDir).toBe('/home/op/.openclaw');
  });

  it.for(['undefined', 'null', ' '])('ignores OPENCLAW_HOME=%j', (home) => {
    expect(locate({ OPENCLAW_HOME: home }).stateDir).toBe('/home/op/.openclaw');
  });
});

describe('readOpenClawConfig', () => {
  it('reads JSON5 with comments and trailing commas', async () => {
    const { config, warnings } = await read(`{
      // the bot
      channels: { mattermost: { enabled: true, botToken: 'tok', baseUrl: 'https://chat.example.com', }, },
      gateway: { port: 19000, auth: { token: 'gw' } },
    }`);
    expect(warnings).toEqual([]);
    expect(config?.mattermostToken?.reveal()).toBe('tok');
    expect(config?.gatewayToken?.reveal()).toBe('gw');
    expect(config).toMatchObject({
      mattermostUrl: 'https://chat.example.com',
      gatewayUrl: 'ws://127.0.0.1:19000',
      hasMattermost: true,
    });
  });

  it.for([
    ['a whole reference', "'${BOT}'"],
    ['the short form', "'$BOT'"],
    ['an env object', "{ source: 'env', provider: 'default', id: 'BOT' }"],
  ])('follows %s into the environment, the .env file and the env block', async ([, reference]) => {
    const config = `{ channels: { mattermost: { botToken: ${reference} } }, env: { vars: { BOT: 'from-block' } } }`;
    const dotEnv = { '/home/op/.openclaw/.env': 'BOT=from-dotenv\n' };
    expect(await token(config, { BOT: 'from-env' }, dotEnv)).toBe('from-env');
    expect(await token(config, {}, dotEnv)).toBe('from-dotenv');
    expect(await token(config)).toBe('from-block');
  });

  it('fills variables into a longer text', async () => {
    const { config } = await read("{ channels: { mattermost: { baseUrl: 'https://${HOST}/mm' } } }", {
      HOST: 'chat.x',
    });
    expect(config?.mattermostUrl).toBe('https://chat.x/mm');
  });

  it('takes $${NAME} for the text ${NAME}', async () => {
    expect(await token("{ channels: { mattermost: { botToken: 'a$${HOST}b' } } }", { HOST: 'x' })).toBe('a${HOST}b');
  });

  it('follows file references', async () => {
    const json = `{ channels: { mattermost: { botToken: { source: 'file', provider: 'main', id: '/mm/bot~1a' } } },
      secrets: { providers: { main: { source: 'file', path: '~/.openclaw/secrets.json' } } } }`;
    const secrets = { '/home/op/.openclaw/secrets.json': '{"mm":{"bot/a":"from-file"}}' };
    expect(await token(json, {}, secrets)).toBe('from-file');
    const single = `{ channels: { mattermost: { botToken: { source: 'file', provider: 'one', id: 'value' } } },
      secrets: { providers: { one: { source: 'file', path: 'token.txt', mode: 'singleValue' } } } }`;
    expect(await token(single, {}, { '/home/op/.openclaw/token.txt': 'plain\n' })).toBe('plain');
  });

  it.for([
    ["'${NOWHERE}'", 'taken from the environment (NOWHERE)'],
    ["{ source: 'exec', provider: 'vault', id: 'mm/bot' }", 'a secret of the exec provider vault (mm/bot)'],
    ["{ source: 'file', provider: 'gone', id: '/a' }", 'a secret of the file provider gone (/a)'],
    ['17', 'neither text nor a secret reference'],
  ])('names the reference %s that it cannot resolve', async ([reference, what]) => {
    const { config, unresolved } = await read(`{ channels: { mattermost: { botToken: ${reference} } } }`);
    expect(config?.mattermostToken).toBeUndefined();
    expect(unresolved).toEqual([
      {
        variable: 'MM_TOKEN',
        warning: `channels.mattermost.botToken in ${CONFIG} is ${what} and cannot be resolved here: set MM_TOKEN`,
      },
    ]);
  });

  describe('with $include', () => {
    const dir = '/home/op/.openclaw';
    const account = "{ mattermost: { botToken: 'tok', baseUrl: 'https://chat.example.com' } }";

    it('reads the files it names, from where each of them is', async () => {
      const { config, warnings } = await read(
        "{ channels: { $include: './parts/channels.json5' } }",
        {},
        {
          [`${dir}/parts/channels.json5`]: "{ $include: 'mattermost.json5' }",
          [`${dir}/parts/mattermost.json5`]: account,
        },
      );
      expect(config).toMatchObject({ mattermostUrl: 'https://chat.example.com' });
      expect(warnings).toEqual([]);
    });

    it('takes later files over earlier ones, and its own keys over all of them', async () => {
      const { config } = await read(
        "{ $include: ['a.json', 'b.json'], gateway: { port: 3 } }",
        {},
        {
          [`${dir}/a.json`]:
            "{ gateway: { port: 1, auth: { token: 'one' } }, hooks: { internal: { load: { extraDirs: ['/a'] } } } }",
          [`${dir}/b.json`]:
            "{ gateway: { port: 2, auth: { token: 'two' } }, hooks: { internal: { load: { extraDirs: ['/b'] } } } }",
        },
      );
      expect(config?.gatewayUrl).toBe('ws://127.0.0.1:3');
      expect(config?.gatewayToken?.reveal()).toBe('two');
      expect(config?.hooks).toMatchObject({ extraDirs: ['/a', '/b'] });
    });

    it('names a file that is missing or broken, and goes on with the rest', async () => {
      const { config, warnings } = await read(`{ channels: ${account}, agents: { $include: 'none.json' } }`, {}, {});
      expect(config?.mattermostUrl).toBe('https://chat.example.com');
      expect(warnings).toEqual([`${dir}/none.json, which ${CONFIG} includes, does not exist or cannot be read`]);
    });

    it('ends at files that include each other', async () => {
      const { config } = await read(
        "{ $include: 'a.json', gateway: { port: 3 } }",
        {},
        {
          [`${dir}/a.json`]: "{ $include: 'openclaw.json' }",
        },
      );
      expect(config?.gatewayUrl).toBe('ws://127.0.0.1:3');
    });
  });

  it('takes the account OpenClaw calls the default', async () => {
    const accounts = "accounts: { alerts: { botToken: 'a' }, default: { botToken: 'd', streaming: 'block' } }";
    const { config, warnings } = await read(`{ channels: { mattermost: { baseUrl: 'https://x.y', ${accounts} } } }`);
    expect(config?.mattermostToken?.reveal()).toBe('d');
    expect(config).toMatchObject({ mattermostUrl: 'https://x.y', drafts: { mode: 'block' } });
    expect(warnings).toEqual([]);
    expect(await token(`{ channels: { mattermost: { defaultAccount: 'alerts', ${accounts} } } }`)).toBe('a');
    expect(
      await token(
        `{ channels: { mattermost: { botToken: 'top', baseUrl: 'https://x.y', accounts: { b: { botToken: 'b' } } } } }`,
      ),
    ).toBe('top');
  });

  describe('with several Mattermost accounts', () => {
    async function accounts(channel: string, env: Record<string, string> = {}, more: Record<string, string> = {}) {
      const { config, warnings } = await read(`{ channels: { mattermost: ${channel} } }`, env, more);
      expect(warnings).toEqual([]);
      const list = config?.mattermostAccounts?.map(({ id, url, token, problem }) =>
        problem === undefined ? `${id} ${url} ${token?.reveal()}` : `${id}: ${problem.what} -> ${problem.fix}`,
      );
      return [config?.defaultAccountId, ...(list ?? [])];
    }
    const base = "baseUrl: 'https://x.y'";

    it.for([
      ['one that is the channel itself', `{ ${base}, botToken: 't' }`, ['default', 'default https://x.y t']],
      [
        'fields of the channel for all',
        `{ ${base}, accounts: { default: { botToken: 'd' }, ops: { botToken: 'o' } } }`,
        ['default', 'default https://x.y d', 'ops https://x.y o'],
      ],
      [
        'the token of the channel for the account without one',
        `{ ${base}, botToken: 't', accounts: { ops: {} } }`,
        ['default', 'default https://x.y t', 'ops https://x.y t'],
      ],
      [
        'a server for each',
        `{ ${base}, botToken: 't', accounts: { ops: { botToken: 'o', baseUrl: 'https://ops.x.y' } } }`,
        ['default', 'default https://x.y t', 'ops https://ops.x.y o'],
      ],
      [
        'the one that is to be the default',
        `{ ${base}, botToken: 't', defaultAccount: 'Ops', accounts: { ops: { botToken: 'o' } } }`,
        ['ops', 'default https://x.y t', 'ops https://x.y o'],
      ],
      [
        'a default that is not there',
        `{ ${base}, defaultAccount: 'gone', accounts: { b: { botToken: 'b' }, a: { botToken: 'a' } } }`,
        ['a', 'a https://x.y a', 'b https://x.y b'],
      ],
      [
        'names as sessions have them',
        `{ ${base}, accounts: { 'On Call': { botToken: 'o' } } }`,
        ['on-call', 'on-call https://x.y o'],
      ],
      [
        'an empty token as none',
        `{ ${base}, botToken: 't', accounts: { default: {}, ops: { botToken: '' } } }`,
        [
          'default',
          'default https://x.y t',
          `ops: The Mattermost account ops in ${CONFIG} has no botToken -> Set channels.mattermost.accounts.ops.botToken`,
        ],
      ],
    ] as const)('knows %s', async ([, channel, expected]) => {
      expect(await accounts(channel)).toEqual(expected);
    });

    it('takes the variables of OpenClaw for the account default alone', async () => {
      const env = { MATTERMOST_BOT_TOKEN: 'env', MATTERMOST_URL: 'https://env' };
      const without = [
        'default',
        'default https://env env',
        `ops: The Mattermost account ops in ${CONFIG} has no botToken and no baseUrl -> Set channels.mattermost.accounts.ops.botToken and channels.mattermost.accounts.ops.baseUrl`,
      ];
      expect(await accounts('{ accounts: { default: {}, ops: {} } }', env)).toEqual(without);
      expect(await accounts(`{ ${base}, accounts: { ops: { botToken: 'o' } } }`, env)).toEqual([
        'default',
        'default https://x.y env',
        'ops https://x.y o',
      ]);
      const own = "{ botToken: 'o', baseUrl: 'https://x.y' }";
      expect(await accounts(`{ accounts: { ops: ${own} } }`, env)).toEqual(['ops', 'ops https://x.y o']);
    });

    it('passes over a disabled one and says how to use it', async () => {
      const off = "{ enabled: false, botToken: 'x' }";
      const problem = `off: The Mattermost account off is disabled in ${CONFIG} -> Set channels.mattermost.accounts.off.enabled to true`;
      expect(await accounts(`{ ${base}, accounts: { off: ${off}, one: { botToken: '1' } } }`)).toEqual([
        'one',
        problem,
        'one https://x.y 1',
      ]);
      expect((await accounts(`{ ${base}, accounts: { default: ${off}, one: { botToken: '1' } } }`))[0]).toBe('one');
    });

    it('passes over one without a token where it is the default only by its name', async () => {
      const [chosen] = await accounts(`{ ${base}, accounts: { bare: {}, ops: { botToken: 'o' } } }`);
      expect(chosen).toBe('ops');
      expect((await accounts(`{ ${base}, accounts: { default: {}, ops: { botToken: 'o' } } }`))[0]).toBe('ops');
      expect((await accounts(`{ ${base}, accounts: { bare: {}, empty: {} } }`))[0]).toBe('bare');
    });

    it('follows references of each account, and names the ones it cannot follow', async () => {
      const ops = "{ botToken: '${OPS_TOKEN}' }";
      const vault = "{ botToken: { source: 'exec', provider: 'vault', id: 'mm/v' } }";
      const channel = `{ ${base}, botToken: 't', accounts: { ops: ${ops}, vault: ${vault} } }`;
      expect(await accounts(channel, { OPS_TOKEN: 'o' })).toEqual([
        'default',
        'default https://x.y t',
        'ops https://x.y o',
        `vault: The Mattermost account vault cannot be used: channels.mattermost.accounts.vault.botToken in ${CONFIG} is a secret of the exec provider vault (mm/v) and cannot be resolved here -> Keep it as text, in a file or in a variable`,
      ]);
    });
  });

  it('ignores a channel that is switched off, and says so where it is needed', async () => {
    const { unresolved } = await read("{ channels: { mattermost: { enabled: false, botToken: 'x' } } }");
    expect(unresolved).toEqual([
      {
        variable: 'MM_TOKEN',
        warning: expect.stringMatching(/^channels\.mattermost is switched off in .*: set MM_TOKEN$/),
      },
    ]);
    expect((await read('{ channels: { mattermost: { enabled: false } } }')).unresolved).toEqual([]);
    expect(await token("{ channels: { mattermost: { enabled: false, botToken: 'x' } } }")).toBeUndefined();
  });

  it('takes nothing from a file that is nested too deeply, and says so', async () => {
    for (const [open, close] of ['[]', '{}'].map((both) => [both === '[]' ? '[' : '{"a":', both.slice(1)])) {
      const deep = `${open?.repeat(30_000)}1${close?.repeat(30_000)}`;
      const { config, warnings } = await read(`{ "channels": ${deep} }`);
      expect(warnings).toEqual([expect.stringContaining('is nested deeper than 100 levels')]);
      expect(config?.mattermostToken).toBeUndefined();
    }
  });

  it('goes on without a configuration that is broken or cannot be read', async () => {
    expect((await read('{ channels: ')).warnings).toEqual([expect.stringContaining('is not valid JSON5')]);
    expect((await read('[]')).warnings).toEqual([expect.stringContaining('is not an object')]);
    const denied = await readOpenClawConfig({}, locateOpenClaw({}, HOME), {
      home: HOME,
      readFile: () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })),
    });
    expect(denied.warnings).toContainEqual(expect.stringContaining(`${CONFIG} cannot be read (EACCES)`));
  });

  it.for([
    ['19500', 'ws://127.0.0.1:19500'],
    ['127.0.0.1:19501', 'ws://127.0.0.1:19501'],
    ['[::1]:19502', 'ws://127.0.0.1:19502'],
    ['0', 'ws://127.0.0.1:19000'],
    ['65536', 'ws://127.0.0.1:19000'],
    ['elsewhere', 'ws://127.0.0.1:19000'],
  ])(
    'looks for the gateway at the port of OPENCLAW_GATEWAY_PORT=%s, as OpenClaw does',
    async ([port = '', url = '']) => {
      const { config } = await read('{ gateway: { port: 19000 } }', { OPENCLAW_GATEWAY_PORT: port });
      expect(config?.gatewayUrl).toBe(url);
    },
  );

  it.for([
    ['{}', {}, 'default'],
    ['{ gateway: { port: 19000 } }', {}, CONFIG],
    ['{ gateway: { port: 19000 } }', { OPENCLAW_GATEWAY_PORT: '19876' }, 'OPENCLAW_GATEWAY_PORT'],
    ["{ gateway: { mode: 'remote', remote: { url: 'wss://far.example.com' } } }", {}, CONFIG],
  ] as const)('says where the address of the gateway comes from: %s %j', async ([config, env, origin]) => {
    expect((await read(config, env)).config?.gatewayUrlOrigin).toBe(origin);
  });

  it('uses the remote gateway when the mode says so', async () => {
    const { config } = await read(
      "{ gateway: { mode: 'remote', remote: { url: 'wss://gw.example.com', token: '${T}' } } }",
      { T: 'remote-token', OPENCLAW_GATEWAY_PORT: '19500' },
    );
    expect(config?.gatewayUrl).toBe('wss://gw.example.com');
    expect(config?.gatewayToken?.reveal()).toBe('remote-token');
  });
});
