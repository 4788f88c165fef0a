import { MattermostError } from '@live-status/mm-poster';
import { createMemoryServer } from '@live-status/mm-poster/testing';
import { silentLog } from '@live-status/resilience';
import { createFakeClock } from '@live-status/resilience/testing';
import type { Route } from '@live-status/session-state';
import { readSettings, type Settings } from '@live-status/settings';
import { describe, expect, it } from 'vitest';
import { Bots } from './bots.ts';
import { Story, startWorld, type World } from './testing/world.ts';

/** Nothing of Mattermost is in the environment: all of it comes from openclaw.json. */
const OWN = { MM_TOKEN: '', MM_URL: '' };
const ACCOUNTS = { default: { botToken: 'main' }, ops: { botToken: 'ops' } };
const openclaw = (accounts: object = ACCOUNTS, more: object = {}): object => ({
  channels: { mattermost: { baseUrl: 'https://chat.example.com', accounts, ...more } },
});
const inTown = (accountId?: string): Route => ({
  kind: 'mattermost',
  channelId: 'town',
  ...(accountId === undefined ? {} : { accountId }),
});

async function atWork(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld({ openclaw: openclaw(), env: OWN, ...options });
  world.source.attach();
  await world.clock.advance(1);
  return world;
}

/** Who posted what, by the place. */
const posted = ({ server }: World): string[] =>
  [...server.posts.values()].map(({ userId, channelId, message }) => `${userId} ${channelId} ${message.slice(0, 20)}`);
const ops = (world: World): Story => new Story(world, 'agent:main:mattermost:channel:ops');
const whats = (world: World): readonly string[] => world.daemon.report().reasons.map(({ what }) => what);

describe('several accounts', () => {
  it('each show the status of their own conversations, in channels and direct messages', async () => {
    const world = await atWork();
    const dm: Route = { kind: 'mattermost-user', userId: 'alice', accountId: 'ops' };
    new Story(world, 'agent:main:mattermost:channel:a').begin('a', inTown('default')).call('a', 'a');
    new Story(world, 'agent:main:mattermost:channel:b').begin('b', inTown('ops')).call('b', 'b');
    new Story(world, 'agent:main:mattermost:ops:direct:c').begin('c', dm).call('c', 'c');
    new Story(world, 'agent:main:mattermost:channel:d').begin('d', inTown()).call('d', 'd');
    await world.clock.advance(5_000);
    expect(posted(world).sort()).toEqual([
      expect.stringMatching(/^main-user town /),
      expect.stringMatching(/^main-user town /),
      expect.stringMatching(/^ops-user direct-ops-user-alice /),
      expect.stringMatching(/^ops-user town /),
    ]);
  });

  it('have answering words that name the bot of the conversation', async () => {
    const world = await atWork();
    ops(world).begin('r', inTown('ops')).call('r', 'a', 'rm -rf build').asks('r', 'a', '24510235-aaaa');
    new Story(world).begin('s', inTown('default')).call('s', 'b', 'rm -rf dist').asks('s', 'b', '99510235-aaaa');
    await world.clock.advance(5_000);
    const texts = [...world.server.posts.values()].map(({ userId, message }) => `${userId} ${message}`);
    const answers = texts.flatMap((text) => /^(\S+) .*(@\w+) \/approve (\w+)/s.exec(text)?.slice(1).join(' ') ?? []);
    expect([...new Set(answers)].sort()).toEqual(['main-user @openclaw 99510235', 'ops-user @ops 24510235']);
  });

  it('continue their posts after a restart', async () => {
    const before = await atWork();
    ops(before).begin('r', inTown('ops')).call('r', 'a');
    await before.clock.advance(5_000);
    const world = await atWork({ before });
    await world.clock.advance(5_000);
    expect(posted(world)).toEqual([expect.stringMatching(/^ops-user town \*\*\[INTERRUPTED\]/)]);
  });

  it('have links to their own servers, also before anything is sent after a restart', async () => {
    const accounts = { ...ACCOUNTS, ops: { botToken: 'ops', baseUrl: 'https://ops.example.com' } };
    const before = await atWork({ openclaw: openclaw(accounts) });
    ops(before).begin('r', inTown('ops')).call('r', 'a');
    await before.clock.advance(5_000);
    const world = await startWorld({ before, env: OWN, openclaw: openclaw(accounts) });
    ops(world).begin('r', inTown('ops')).call('r', 'a');
    await world.clock.advance(100);
    const links = world.daemon.feed.boxes().map(({ postUrl }) => postUrl);
    expect(links).toEqual([expect.stringMatching(/^https:\/\/ops\.example\.com\/_redirect\/pl\//)]);
  });

  it('with MM_TOKEN set: it posts for the default account alone', async () => {
    const world = await atWork({ env: {} });
    new Story(world).begin('s', inTown('default')).call('s', 'b');
    ops(world).begin('r', inTown('ops')).call('r', 'a');
    await world.clock.advance(5_000);
    expect(
      posted(world)
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['bot-user', 'ops-user']);
  });

  it('with one bot are one account', async () => {
    const world = await atWork({ openclaw: openclaw({ default: { botToken: 'main' }, ops: { botToken: 'main' } }) });
    ops(world).begin('r', inTown('ops')).call('r', 'a');
    await world.clock.advance(5_000);
    expect(posted(world)).toEqual([expect.stringMatching(/^main-user town /)]);
    expect(world.daemon.report().poster?.accounts).toHaveLength(1);
  });
});

describe('an account that cannot be used', () => {
  it('is named with its fix, and its posts are pending until it is back', async () => {
    const before = await atWork();
    ops(before).begin('r', inTown('ops')).call('r', 'a');
    await before.clock.advance(5_000);
    const world = await atWork({ before, openclaw: openclaw({ default: { botToken: 'main' } }) });
    await world.clock.advance(60_000);
    expect(world.daemon.report()).toMatchObject({
      status: 'degraded',
      reasons: [
        {
          what: expect.stringMatching(
            /^There is no Mattermost account ops in \S+openclaw\.json: 1 post says less than the truth \(#town\)$/,
          ),
          fix: 'Add channels.mattermost.accounts.ops again, with the bot that made its posts',
        },
      ],
    });
    expect(posted(world)).toEqual([expect.stringMatching(/^ops-user town \*\*\[ACTIVE\]/)]);
    world.reconfigure(openclaw());
    await world.clock.advance(20_000);
    expect(posted(world)).toEqual([expect.stringMatching(/^ops-user town \*\*\[INTERRUPTED\]/)]);
    expect(world.daemon.report()).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('is found when OpenClaw gets it while the daemon runs', async () => {
    const world = await atWork({ openclaw: openclaw({ default: { botToken: 'main' } }) });
    world.reconfigure(openclaw());
    ops(world).begin('r', inTown('ops')).call('r', 'a');
    await world.clock.advance(5_000);
    expect(posted(world)).toEqual([expect.stringMatching(/^ops-user town /)]);
  });

  it('is no trouble while it is only disabled, and named once its work is not shown', async () => {
    const off = openclaw({ ...ACCOUNTS, ops: { botToken: 'ops', enabled: false } });
    const world = await atWork({ openclaw: off });
    expect(world.daemon.report().status).toBe('ok');
    ops(world).begin('r', inTown('ops')).call('r', 'a');
    await world.clock.advance(5_000);
    expect(posted(world)).toEqual([]);
    expect(whats(world)).toEqual([
      expect.stringMatching(/^The Mattermost account ops is disabled in \S+: 1 box cannot be shown \(town\)$/),
    ]);
  });

  it('is said beforehand when its token is kept where it cannot be read', async () => {
    const vault = { botToken: { source: 'exec', provider: 'vault', id: 'mm/v' } };
    const world = await atWork({ openclaw: openclaw({ ...ACCOUNTS, vault }) });
    expect(whats(world)).toEqual([
      expect.stringMatching(/^The Mattermost account vault cannot be used: .* exec provider/),
    ]);
  });

  it('because the server refuses its token is named before there is anything to post', async () => {
    const before = await atWork();
    before.server.onRequest = ({ username, phase }) => {
      if (username !== 'ops' || phase !== 'before') return;
      throw new MattermostError({ kind: 'auth', request: 'GET /users/me', status: 401, errorId: 'x' });
    };
    const world = await atWork({ before });
    expect(world.daemon.report()).toMatchObject({
      status: 'degraded',
      reasons: [{ what: expect.stringMatching(/^Account ops: Mattermost answered 401 to the token/) }],
    });
  });
});

describe('a token that is read again', () => {
  const read = async (accounts: object): Promise<Settings> => {
    const readFile = async (path: string): Promise<string> => {
      if (path.endsWith('openclaw.json')) return JSON.stringify(openclaw(accounts));
      throw Object.assign(new Error('none'), { code: 'ENOENT' });
    };
    const { settings, errors } = await readSettings({}, { home: '/home/op', readFile });
    if (settings === undefined) throw new Error(errors.join());
    return settings;
  };
  const tokenOf = async (id: string, next: object): Promise<string | undefined> => {
    const clock = createFakeClock();
    const bots = new Bots({
      settings: await read(ACCOUNTS),
      readSettings: () => read(next),
      clock,
      log: silentLog,
      connect: () => createMemoryServer(clock).api,
      answeringBot: { name: 'openclaw', run: () => Promise.resolve() },
    });
    const access = id === 'default' ? bots.main : await bots.find(id);
    return 'readToken' in access ? access.readToken?.() : undefined;
  };

  it('is the new one of the same server', async () => {
    const next = { default: { botToken: 'main-2' }, ops: { botToken: 'ops-2' } };
    expect([await tokenOf('default', next), await tokenOf('ops', next)]).toEqual(['main-2', 'ops-2']);
  });

  it('is not shown to the server of before when the account has another one now', async () => {
    const baseUrl = 'https://new.example.com';
    const next = { default: { botToken: 'main-2', baseUrl }, ops: { botToken: 'ops-2', baseUrl } };
    expect([await tokenOf('default', next), await tokenOf('ops', next)]).toEqual([undefined, undefined]);
  });
});
