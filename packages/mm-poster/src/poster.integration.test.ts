import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@live-status/resilience';
import { createSimulator, type Post, type Simulator, type SimulatorOptions } from '@live-status/simulators/mattermost';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMemoryLedger, openLedger } from './ledger.ts';
import { createMattermostApi } from './mattermost-api.ts';
import type { LiveContent } from './post-state.ts';
import { createPoster, createPosterWith, type Poster, type PosterOptions } from './poster.ts';

interface World {
  readonly sim: Simulator;
  readonly dir: string;
  readonly stops: [string, string][];
  start(options?: Partial<PosterOptions> & { readonly timeoutMs?: number }): Promise<Poster>;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(options: SimulatorOptions = {}): Promise<World> {
  const sim = await createSimulator(options);
  const dir = await mkdtemp(join(tmpdir(), 'mm-poster-'));
  cleanups.push(
    () => rm(dir, { recursive: true, force: true }),
    () => sim.close(),
  );
  const stops: [string, string][] = [];
  const onBoxStopped = (boxId: string, reason: string): void => void stops.push([boxId, reason]);
  return {
    sim,
    dir,
    stops,
    async start({ timeoutMs, ...more } = {}) {
      const api = createMattermostApi({ url: sim.url, token: sim.bot.token, timeoutMs });
      const ledger = await openLedger(dir);
      const poster = createPosterWith({
        api,
        ledger,
        log: silentLog,
        throttleMs: 20,
        maxUpdatesPerS: 200,
        onBoxStopped,
        ...more,
      });
      cleanups.push(
        () => api.close(),
        () => poster.close({ deadlineMs: 100 }),
      );
      return poster;
    },
  };
}

const text = (message: string): LiveContent => ({ key: message, ticking: false, render: () => ({ message }) });
const ours = ({ sim }: World): readonly Post[] => sim.posts().filter((post) => post.user_id === sim.bot.user.id);
const shown = (world: World): string[] => ours(world).map((post) => post.message);
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const requestsTo = ({ sim }: World, route: string): number =>
  sim.requests().filter((request) => request.route === route).length;

describe('createPoster', () => {
  const settings = { throttleMs: 20, maxUpdatesPerS: 200 };

  it('needs an address, a token and a directory, and shows plain texts', async () => {
    const world = await setUp();
    const options = { ...settings, url: world.sim.url, token: world.sim.bot.token, dir: world.dir };
    const target = { channel: 'main/town-square' };
    const first = await createPoster(options);
    first.show('a', target, 'working');
    await until(() => expect(shown(world)).toEqual(['working']));
    await expect(first.close()).resolves.toEqual({ undelivered: [] });
    await using second = await createPoster({ ...options, maxMessageChars: 4 });
    await expect(second.finish('a', target, 'done, at last')).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['done']);
  });

  it('rejects when the server refuses the token, which the error does not quote', async () => {
    const world = await setUp();
    const failed = createPoster({ url: world.sim.url, token: 'not-a-token', dir: world.dir });
    await expect(failed).rejects.toMatchObject({ kind: 'auth', message: expect.not.stringContaining('not-a-token') });
  });

  it('waits for a server that is away, and reports it', async () => {
    const world = await setUp();
    await world.sim.faults.offline();
    const warnings: string[] = [];
    const warn = (_: object, message: string): void => void warnings.push(message);
    const options = { ...settings, url: world.sim.url, token: world.sim.bot.token, dir: world.dir };
    await using poster = await createPoster({ ...options, log: { ...silentLog, warn } });
    poster.show('a', { channelId: world.sim.channel.id }, 'working');
    expect(warnings).toEqual(['cannot connect to Mattermost yet; retrying']);
    await world.sim.faults.online();
    await until(() => expect(shown(world)).toEqual(['working']));
  });

  it('reports by a process warning when nobody gave it a log', async () => {
    const world = await setUp();
    await world.sim.faults.offline();
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await using _poster = await createPoster({ url: world.sim.url, token: world.sim.bot.token, dir: world.dir });
    expect(emitWarning).toHaveBeenCalledWith('cannot connect to Mattermost yet; retrying', expect.anything());
    emitWarning.mockRestore();
  });
});

describe('createPosterWith', () => {
  it('reports a refused token by a process warning when nobody gave it a log, and never waits without a word', async () => {
    const world = await setUp();
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const api = createMattermostApi({ url: world.sim.url, token: 'not-a-token' });
    cleanups.push(() => api.close());
    const poster = createPosterWith({ api, ledger: createMemoryLedger() });
    const finished = poster.finish('a', { channelId: world.sim.channel.id }, 'done');
    await until(() =>
      expect(emitWarning).toHaveBeenCalledWith(expect.stringMatching(/^token rejected/), expect.anything()),
    );
    expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('not-a-token');
    expect(poster.status()).toMatchObject({ state: 'failing', reasons: [{ what: expect.stringMatching(/token/) }] });
    await expect(poster.close({ deadlineMs: 0 })).resolves.toEqual({ undelivered: ['a'] });
    await expect(finished).resolves.toMatchObject({ delivered: false, reason: 'closed' });
    emitWarning.mockRestore();
  });
});

describe('on a server as the real one is', () => {
  it('makes a silent, typed, marked post in the thread and edits it in place', async () => {
    const world = await setUp();
    const poster = await world.start();
    const root = world.sim.writePost({ userId: world.sim.bot.user.id, channelId: world.sim.channel.id, message: 'q' });
    const target = { channelId: world.sim.channel.id, rootId: root.id };
    poster.show('a', target, text('working'));
    await until(() => expect(shown(world)).toContain('working'));
    await expect(poster.finish('a', target, text('done'))).resolves.toMatchObject({ delivered: true });
    const [post] = ours(world).filter(({ id }) => id !== root.id);
    expect(post).toMatchObject({ message: 'done', root_id: root.id, type: 'custom_live_status' });
    expect(post?.props).toMatchObject({ silent_notification: true, from_bot: 'true', live_status: {} });
  });

  it('keeps a pin, reactions and the props of the server when it edits, with attachments as well', async () => {
    const world = await setUp();
    const poster = await world.start();
    const target = { channelId: world.sim.channel.id };
    const card = (key: string): LiveContent => ({
      key,
      ticking: false,
      render: () => ({ message: key, props: { attachments: [{ text: key }] } }),
    });
    poster.show('a', target, card('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    world.sim.pinPost(ours(world)[0]?.id ?? '');
    await poster.finish('a', target, card('two'));
    expect(ours(world)[0]).toMatchObject({
      is_pinned: true,
      props: { attachments: [{ text: 'two' }], from_bot: 'true', silent_notification: true, live_status: {} },
    });
  });

  it('reaches a user directly, and a channel by its name', async () => {
    const world = await setUp();
    const poster = await world.start();
    const ann = world.sim.addUser({ username: 'ann' });
    await poster.finish('a', { userId: ann.id }, text('by id'));
    await poster.finish('b', { username: 'ann' }, text('by name'));
    await poster.finish('c', { channel: 'main/town-square' }, text('by channel'));
    const direct = world.sim.channels().find((channel) => channel.type === 'D')?.id;
    expect(ours(world).map((post) => post.channel_id)).toEqual([direct, direct, world.sim.channel.id]);
  });

  it.for([
    ['post', (world: World) => world.sim.deletePost(ours(world)[0]?.id ?? '')],
    ['thread', (world: World) => world.sim.deletePost(world.sim.posts()[0]?.id ?? '')],
  ] as const)('stops the box, once, when a person deletes its %s', async ([, act]) => {
    const world = await setUp();
    const poster = await world.start();
    const admin = world.sim.users()[0]?.id ?? '';
    const root = world.sim.writePost({ userId: admin, channelId: world.sim.channel.id, message: 'question' });
    const target = { channelId: world.sim.channel.id, rootId: root.id };
    poster.show('a', target, text('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    act(world);
    const before = ours(world).length;
    poster.show('a', target, text('two'));
    await until(() => expect(world.stops).toEqual([['a', 'deleted']]));
    poster.show('a', target, text('three'));
    await expect(poster.finish('a', target, text('done'))).resolves.toEqual({ delivered: false, reason: 'deleted' });
    expect(ours(world)).toHaveLength(before);
    expect(poster.status().breaker.state).toBe('closed');
  });

  it.for([
    [
      'archived',
      (world: World): void => world.sim.archiveChannel(world.sim.channel.id),
      (world: World): void => world.sim.unarchiveChannel(world.sim.channel.id),
    ],
    [
      'forbidden',
      (world: World): void => world.sim.leave(world.sim.bot.user.id, world.sim.channel.id),
      (world: World): void => world.sim.join(world.sim.bot.user.id, [world.sim.channel.id]),
    ],
    [
      'blocked',
      (world: World): void => void world.sim.faults.refusePut(),
      (world: World): void => world.sim.faults.clear(),
    ],
    [
      'blocked',
      (world: World): void => void world.sim.faults.challenge({ route: 'PUT /posts/:post_id/patch' }),
      (world: World): void => world.sim.faults.clear(),
    ],
  ] as const)(
    'keeps the end of a box that a person makes impossible, and shows it when they undo that: %s',
    async ([reason, act, undo]) => {
      const world = await setUp();
      const target = { channelId: world.sim.channel.id };
      const first = await world.start();
      first.show('a', target, text('one'));
      await until(() => expect(shown(world)).toEqual(['one']));
      act(world);
      await expect(first.finish('a', target, text('done'))).resolves.toEqual({ delivered: false, reason });
      expect(first.status()).toMatchObject({ state: 'degraded', heldBack: [{ reason }], breaker: { state: 'closed' } });
      await first.close({ deadlineMs: 2000 });
      expect(world.stops).toEqual([]);
      undo(world);
      const second = await world.start();
      await expect(second.finish('a', target, text('done'))).resolves.toMatchObject({ delivered: true });
      expect(shown(world)).toEqual(['done']);
      expect(second.open()).toEqual([]);
    },
  );

  it('holds a box back whose channel does not exist, and says what helps', async () => {
    const world = await setUp();
    const poster = await world.start();
    poster.show('a', { channel: 'main/nowhere' }, text('one'));
    await until(() => expect(poster.status().heldBack).toMatchObject([{ reason: 'no-target', place: 'main/nowhere' }]));
    expect(poster.status().reasons[0]?.fix).toContain('channel');
  });

  it.for(['html-403', 'plugin-400', 'plugin-json-400', 'page-200'] as const)(
    'shows less of a text that a firewall or plugin refuses (%s), and leaves other posts alone',
    async (how) => {
      const world = await setUp();
      const poster = await world.start();
      world.sim.faults.firewall(/etc.passwd/, how);
      const target = { channelId: world.sim.channel.id };
      const content: LiveContent = {
        key: 'k',
        render: ({ headOnly }) => ({ message: headOnly ? 'done' : 'done\n`cat /etc/passwd`' }),
      };
      await expect(poster.finish('a', target, content)).resolves.toMatchObject({ delivered: true });
      await expect(poster.finish('b', target, text('other'))).resolves.toMatchObject({ delivered: true });
      expect(shown(world)).toEqual(['done', 'other']);
      expect(poster.status()).toMatchObject({ state: 'degraded', reduced: 1, breaker: { consecutiveFailures: 0 } });
      expect(poster.status().reasons[0]?.what).toMatch(/with less in it/);
    },
  );

  it.for(['404', '302', '503', 'reset'] as const)(
    'does not let one text that is always answered with %s hold up the others',
    { timeout: 30_000 },
    async (how) => {
      const world = await setUp();
      const poster = await world.start({ breakerThreshold: 2 });
      world.sim.faults.firewall(/etc.passwd/, how);
      const target = { channelId: world.sim.channel.id };
      const content: LiveContent = {
        key: 'k',
        render: ({ headOnly }) => ({ message: headOnly ? 'head' : 'cat /etc/passwd' }),
      };
      const finished = poster.finish('a', target, content);
      for (let i = 0; i < 5; i += 1) await poster.finish(`${i}`, target, text(`${i}`));
      expect(shown(world)).toEqual(['0', '1', '2', '3', '4']);
      expect(poster.status().breaker).toEqual({ state: 'closed', consecutiveFailures: 0 });
      await expect(finished).resolves.toMatchObject({ delivered: true });
      expect(shown(world)).toContain('head');
    },
  );

  it('believes no refusal of a server whose database is away, of old and of new work', async () => {
    const world = await setUp();
    const poster = await world.start({ breakerCooldownMs: 200 });
    const target = { channelId: world.sim.channel.id };
    poster.show('old', target, text('old one'));
    await until(() => expect(shown(world)).toEqual(['old one']));
    for (const cached of [{}, { memberships: true }, { session: false }]) {
      using _away = world.sim.faults.databaseAway(cached);
      poster.show('old', target, text(`old ${JSON.stringify(cached)}`));
      poster.show(`new ${JSON.stringify(cached)}`, target, text(`new ${JSON.stringify(cached)}`));
      poster.show(`named ${JSON.stringify(cached)}`, { channel: 'main/town-square' }, text('named'));
      await until(() => expect(poster.status().breaker.consecutiveFailures).toBeGreaterThan(2));
      expect(poster.status()).toMatchObject({ heldBack: [] });
    }
    await until(() => expect(poster.status()).toMatchObject({ queue: 0, state: 'ok' }));
    expect(world.stops).toEqual([]);
    expect(shown(world)).toHaveLength(7);
  });

  it('does not take the login page of a portal for a refused token', async () => {
    const world = await setUp();
    const poster = await world.start({ breakerThreshold: 1, breakerCooldownMs: 100 });
    const portal = world.sim.faults.portal(401);
    poster.show('a', { channelId: world.sim.channel.id }, text('one'));
    await until(() => expect(poster.status().state).toBe('failing'));
    expect(poster.status().reasons).toMatchObject([
      { what: expect.stringMatching(/401 is not Mattermost's own answer/) },
    ]);
    portal.clear();
    await until(() => expect(shown(world)).toEqual(['one']));
  });

  it('posts at the top level when the thread root was deleted before', async () => {
    const world = await setUp();
    const poster = await world.start();
    const root = world.sim.writePost({ userId: world.sim.bot.user.id, channelId: world.sim.channel.id, message: 'q' });
    world.sim.deletePost(root.id);
    await poster.finish('a', { channelId: world.sim.channel.id, rootId: root.id }, text('done'));
    expect(ours(world)).toMatchObject([{ message: 'done', root_id: '' }]);
  });

  it('continues in a new post when the edit time limit has passed', async () => {
    const world = await setUp({ editTimeLimitS: 0 });
    const poster = await world.start();
    const target = { channelId: world.sim.channel.id };
    poster.show('a', target, text('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    poster.show('a', target, text('two'));
    await until(() => expect(shown(world)).toEqual(['one', 'two']));
    poster.show('a', target, text('three'));
    await expect(poster.finish('a', target, text('done'))).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['one', 'two', 'done']);
  });

  it('renders shorter for an old server, at code points', async () => {
    const world = await setUp({ maxMessageRunes: 4000 });
    const poster = await world.start();
    const long: LiveContent = {
      key: 'k',
      ticking: false,
      render: ({ maxChars }) => ({ message: '😀'.repeat(maxChars) }),
    };
    await expect(poster.finish('a', { channelId: world.sim.channel.id }, long)).resolves.toMatchObject({
      delivered: true,
    });
    expect([...(shown(world)[0] ?? '')]).toHaveLength(4000);
  });

  it('posts aloud where the account is a person', async () => {
    const world = await setUp();
    const person = world.sim.addUser({ username: 'ann' });
    world.sim.join(person.id, [world.sim.team.id, world.sim.channel.id]);
    const api = createMattermostApi({ url: world.sim.url, token: world.sim.addToken(person.id) });
    cleanups.push(() => api.close());
    const poster = await world.start({ api });
    await expect(poster.finish('a', { channelId: world.sim.channel.id }, text('done'))).resolves.toMatchObject({
      delivered: true,
    });
  });
});

describe('on a server in trouble', () => {
  it.for([
    ['an answer lost after the commit', (sim: Simulator) => sim.faults.loseAnswerAfterCreate()],
    ['half an answer', (sim: Simulator) => sim.faults.halfBody({ route: 'POST /posts' })],
    ['a reset', (sim: Simulator) => sim.faults.reset({ route: 'POST /posts' })],
    ['an HTML 502', (sim: Simulator) => sim.faults.html502({ route: 'POST /posts', times: 2 })],
    ['a hang', (sim: Simulator) => sim.faults.hang({ route: 'POST /posts' })],
    [
      'lost answers and searches',
      (sim: Simulator) => [
        sim.faults.loseAnswerAfterCreate(),
        sim.faults.html502({ route: 'GET /channels/:channel_id/posts' }),
      ],
    ],
  ] as const)('makes one post through %s, also when the de-duplication forgets', async ([, strike]) => {
    const world = await setUp();
    const poster = await world.start({ timeoutMs: 300 });
    strike(world.sim);
    const finished = poster.finish('a', { channelId: world.sim.channel.id }, text('done'));
    await until(() => expect(requestsTo(world, 'POST /posts')).toBe(1));
    world.sim.expireDeduplication();
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['done']);
  });

  it('makes one post when the first create is still being saved', async () => {
    const world = await setUp();
    const poster = await world.start({ timeoutMs: 200 });
    const hold = world.sim.faults.hold('save', { route: 'POST /posts' });
    const finished = poster.finish('a', { channelId: world.sim.channel.id }, text('done'));
    await until(() =>
      expect(world.sim.requests().map((request) => request.errorId)).toContain(
        'api.post.deduplicate_create_post.pending',
      ),
    );
    hold.release();
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['done']);
  });

  it('edits through hangs, resets and HTML with nothing lost', async () => {
    const world = await setUp();
    const poster = await world.start({ timeoutMs: 200 });
    const target = { channelId: world.sim.channel.id };
    poster.show('a', target, text('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    const route = 'PUT /posts/:post_id/patch';
    world.sim.faults.hang({ route });
    world.sim.faults.reset({ route });
    world.sim.faults.html502({ route });
    await expect(poster.finish('a', target, text('done'))).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['done']);
    expect(poster.status()).toMatchObject({ retries: 3 });
  });

  it.for([404, 302])(
    'shows the end of a box although what stands before the server answered %d to its edit',
    async (status) => {
      const world = await setUp();
      const poster = await world.start({ throttleMs: 5 });
      const target = { channelId: world.sim.channel.id };
      poster.show('a', target, text('one'));
      await until(() => expect(shown(world)).toEqual(['one']));
      world.sim.faults.fail({ status, errorId: '' }, { times: 2 });
      expect(await poster.finish('a', target, text('end'))).toMatchObject({ delivered: true });
      expect([shown(world), world.stops]).toEqual([['end'], []]);
    },
  );

  it('keeps the newest content through an outage, with the circuit open meanwhile', async () => {
    const world = await setUp();
    const poster = await world.start({ breakerThreshold: 2, breakerCooldownMs: 300 });
    const target = { channelId: world.sim.channel.id };
    poster.show('a', target, text('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    await world.sim.faults.offline();
    poster.show('a', target, text('two'));
    await until(() => expect(poster.status()).toMatchObject({ state: 'failing', breaker: { state: 'open' } }));
    poster.show('a', target, text('three'));
    await world.sim.faults.online();
    await until(() => expect(shown(world)).toEqual(['three']));
    await until(() => expect(poster.status().state).toBe('ok'));
    expect(world.sim.edits(ours(world)[0]?.id ?? '').map(({ post }) => post.message)).toEqual(['one', 'three']);
  });

  it('paces itself by what the server says is left, below its own rate', async () => {
    const world = await setUp({ limiter: { enable: true, perSec: 2, burst: 3 } });
    const poster = await world.start({ maxUpdatesPerS: 4 });
    const target = { channelId: world.sim.channel.id };
    const finished = Array.from({ length: 12 }, (_, box) => poster.finish(`${box}`, target, text(`${box}`)));
    const results = await Promise.all(finished);
    expect(results.every(({ delivered }) => delivered)).toBe(true);
    expect(shown(world)).toHaveLength(12);
    const refused = world.sim.requests().filter(({ method, status }) => method === 'POST' && status === 429);
    // Only what was on its way, over four sockets, before the server's first word about its limit came back.
    expect(refused.length).toBeLessThanOrEqual(4);
  });

  it('goes on by itself when a revoked token works again', async () => {
    const world = await setUp();
    const poster = await world.start();
    const target = { channelId: world.sim.channel.id };
    world.sim.revokeToken(world.sim.bot.token);
    poster.show('a', target, text('one'));
    await until(() => expect(poster.status().state).toBe('failing'));
    expect(requestsTo(world, 'POST /posts')).toBe(1);
    await expect(poster.close({ deadlineMs: 50 })).resolves.toEqual({ undelivered: ['a'] });
    world.sim.restoreToken(world.sim.bot.token);
    const next = await world.start();
    await expect(next.finish('a', target, text('done'))).resolves.toMatchObject({ delivered: true });
    expect(shown(world)).toEqual(['done']);
  });
});

describe('after a restart', () => {
  it('continues the same post by the same box id, with the data kept', async () => {
    const world = await setUp();
    const target = { channelId: world.sim.channel.id };
    const first = await world.start();
    first.show('a', target, text('one'), { sessionKey: 'agent:main:main' });
    await expect(first.close({ deadlineMs: 2000 })).resolves.toEqual({ undelivered: [] });
    const second = await world.start();
    expect(second.open()).toMatchObject([{ boxId: 'a', data: { sessionKey: 'agent:main:main' } }]);
    await second.finish('a', target, text('done'));
    expect(shown(world)).toEqual(['done']);
    await second.close({ deadlineMs: 2000 });
    expect((await world.start()).open()).toEqual([]);
  });

  it('does not bring back a post that a person deleted', async () => {
    const world = await setUp();
    const target = { channelId: world.sim.channel.id };
    const first = await world.start();
    first.show('a', target, text('one'));
    await until(() => expect(shown(world)).toEqual(['one']));
    world.sim.deletePost(ours(world)[0]?.id ?? '');
    first.show('a', target, text('two'));
    await until(() => expect(world.stops).toHaveLength(1));
    await first.close({ deadlineMs: 2000 });
    const second = await world.start();
    await expect(second.finish('a', target, text('done'))).resolves.toEqual({ delivered: false, reason: 'deleted' });
    expect(shown(world)).toEqual([]);
  });

  it('finds its posts again when the ledger is unreadable', async () => {
    const { writeFile, readdir } = await import('node:fs/promises');
    const world = await setUp();
    const target = { channelId: world.sim.channel.id };
    const first = await world.start();
    for (const box of ['a', 'b']) first.show(box, target, text(`${box} one`));
    await until(() => expect(shown(world)).toHaveLength(2));
    await first.close({ deadlineMs: 2000 });
    await writeFile(join(world.dir, 'ledger.json'), '{"version":1,"entries":[{"boxId":"a"');
    const second = await world.start();
    expect(second.status()).toMatchObject({
      state: 'degraded',
      reasons: [{ what: expect.stringContaining('corrupt') }],
    });
    expect((await readdir(world.dir)).filter((name) => name.includes('corrupt'))).toHaveLength(1);
    for (const box of ['b', 'a', 'c']) await second.finish(box, target, text(`${box} done`));
    expect(shown(world)).toEqual(['a done', 'b done', 'c done']);
  });

  it('makes no second post after kill -9 between a committed create and its answer', async () => {
    const world = await setUp();
    const hold = world.sim.faults.hold('answer', { route: 'POST /posts' });
    const child = spawn(
      process.execPath,
      [
        '--conditions=@live-status/source',
        '--input-type=module',
        '--eval',
        `import { createMattermostApi, createPosterWith, openLedger } from '@live-status/mm-poster';
         const { URL: url, TOKEN: token, DIR, CHANNEL: channelId } = process.env;
         const poster = createPosterWith({ api: createMattermostApi({ url, token }), ledger: await openLedger(DIR) });
         const render = () => ({ message: 'working' });
         poster.show('a', { channelId }, { key: 'k', ticking: true, render }, { run: 1 });`,
      ],
      {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { URL: world.sim.url, TOKEN: world.sim.bot.token, DIR: world.dir, CHANNEL: world.sim.channel.id },
      },
    );
    await hold.reached;
    child.kill('SIGKILL');
    await once(child, 'exit');
    hold.release();
    expect(shown(world)).toEqual(['working']);
    world.sim.expireDeduplication();
    const poster = await world.start();
    expect(poster.open()).toMatchObject([{ boxId: 'a', data: { run: 1 } }]);
    await expect(poster.finish('a', { channelId: world.sim.channel.id }, text('done'))).resolves.toMatchObject({
      delivered: true,
    });
    expect(shown(world)).toEqual(['done']);
  });
});
