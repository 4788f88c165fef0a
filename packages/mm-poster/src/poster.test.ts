import { delay, silentLog } from '@live-status/resilience';
import { createFakeClock, type FakeClock, settle } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import { MattermostError } from './errors.ts';
import type { FinishResult } from './lane.ts';
import { createMemoryLedger, type Ledger, StoredLedger } from './ledger.ts';
import { markerOf } from './marker.ts';
import type { Post } from './post-api.ts';
import type { LiveContent } from './post-state.ts';
import { createPosterWith, type Poster, type PosterOptions } from './poster.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from './testing.ts';

interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly ledger: Ledger;
  readonly poster: Poster;
  readonly stops: [string, string][];
}

function setUp(options: Partial<PosterOptions> = {}): World {
  const clock = createFakeClock();
  const server = createMemoryServer(clock);
  const ledger = createMemoryLedger(clock);
  const stops: [string, string][] = [];
  const onBoxStopped = (boxId: string, reason: string): void => void stops.push([boxId, reason]);
  const poster = createPosterWith({ api: server.api, ledger, clock, log: silentLog, onBoxStopped, ...options });
  return { clock, server, ledger, poster, stops };
}

const TARGET = { channelId: 'town' };
const text = (message: string, ticking = false): LiveContent => ({
  key: message,
  ticking,
  render: () => ({ message }),
});
/** Shows the clock, in seconds. */
const clockText = (key: string): LiveContent => ({
  key,
  ticking: true,
  render: ({ nowMs }) => ({ message: `${key} ${Math.floor(nowMs / 1000)}` }),
});
const messages = ({ server }: World): string[] => server.edits.map((edit) => edit.message);
const times = ({ server }: World): number[] => server.edits.map((edit) => edit.at - (server.edits[0]?.at ?? 0));
/** Ends a box with `done`, on a clock that moves on. */
const finishSoon = async (world: World, boxId: string): Promise<FinishResult> => {
  const finished = world.poster.finish(boxId, TARGET, text('done'));
  await world.clock.advance(1000);
  return finished;
};
const living = ({ server }: World): string[] =>
  [...server.posts.values()].filter((post) => post.deleteAt === 0).map((post) => post.message);

describe('one post per box', () => {
  it('creates at once, then edits on the leading and the trailing edge with the latest content', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await settle();
    expect(messages(world)).toEqual(['one']);
    await world.clock.advance(600);
    world.poster.show('a', TARGET, text('two'));
    await settle();
    expect(messages(world)).toEqual(['one', 'two']);
    world.poster.show('a', TARGET, text('three'));
    world.poster.show('a', TARGET, text('four'));
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual(['one', 'two', 'four']);
    expect(times(world)).toEqual([0, 600, 1100]);
    expect(living(world)).toEqual(['four']);
  });

  it('makes no request when the key or the text is the same', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('one'));
    world.poster.show('a', TARGET, { ...text('one'), key: 'other key' });
    await world.clock.advance(10_000);
    expect(world.server.requests).toEqual(['createPost']);
    expect(world.poster.status()).toMatchObject({ creates: 1, edits: 0, skips: 2, queue: 0 });
  });

  it('makes no edit for what is changed back while it waits for its turn, and renders only what gets its turn', async () => {
    const world = setUp({ maxUpdatesPerS: 1 });
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    const others = [...'bcdefghijk'];
    for (const other of others) world.poster.show(other, TARGET, text(other));
    let renders = 0;
    const passing = (key: string): LiveContent => ({ key, render: () => ({ message: `${key} ${++renders}` }) });
    world.poster.show('a', TARGET, passing('two'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, passing('three'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(60_000);
    expect(world.server.requests).toEqual(['a', ...others].map(() => 'createPost'));
    expect(renders).toBe(0);
    expect(living(world)).toContain('one');
  });

  it.each([text, clockText])('makes none for what is shown already by the time it would be sent', async (content) => {
    const world = setUp();
    world.poster.show('a', TARGET, content('one'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, content('two'));
    world.poster.show('a', TARGET, content('one'));
    await world.clock.advance(10_000);
    expect(world.server.requests).toEqual(['createPost']);
    expect(world.poster.status()).toMatchObject({ creates: 1, edits: 0, queue: 0, state: 'ok' });
  });

  it('reports each content that is on the server, and whether it was there before', async () => {
    const reported: unknown[] = [];
    const world = setUp({
      onDelivered: ({ content, isUnchanged }) =>
        reported.push([content.render({ nowMs: 0, maxChars: 100 }).message, isUnchanged]),
    });
    for (const message of ['one', 'one', 'two']) {
      world.poster.show('a', TARGET, text(message));
      await world.clock.advance(1_000);
    }
    expect(reported).toEqual([
      ['one', undefined],
      ['one', true],
      ['two', undefined],
    ]);
  });

  it('finishes when the final content is on the server, and forgets the box', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('working'));
    const finished = world.poster.finish('a', TARGET, text('done'));
    await world.clock.advance(1000);
    await expect(finished).resolves.toEqual({ delivered: true, postId: 'post-1' });
    expect(messages(world).at(-1)).toBe('done');
    expect(world.poster.open()).toEqual([]);
    expect(world.poster.status().boxes).toBe(0);
    expect(world.clock.timerCount).toBeLessThanOrEqual(1);
  });

  it('finishes a box that was never shown with one silent, typed, marked, keyed create', async () => {
    const world = setUp();
    const posts: unknown[] = [];
    const { createPost } = world.server.api;
    world.server.api.createPost = (post, call) => {
      posts.push(post);
      return createPost(post, call);
    };
    const finished = world.poster.finish('a', { channelId: 'town', rootId: 'root' }, text('done'));
    await world.clock.advance(10);
    await finished;
    expect(posts).toEqual([
      {
        channelId: 'town',
        rootId: 'root',
        message: 'done',
        silent: true,
        type: 'custom_live_status',
        pendingPostId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        props: {
          live_status: {
            post: expect.stringMatching(/^[0-9a-f-]{36}$/),
            box: expect.stringMatching(/^[0-9a-f]{24}$/),
            instance: world.ledger.instanceId,
          },
        },
      },
    ]);
  });

  it('makes no more posts on a server that loses their type, goes on with those it made, and says why', async () => {
    const world = setUp();
    world.server.keepsType = false;
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.poster.show('b', TARGET, text('two'));
    await expect(world.poster.finish('c', TARGET, text('three'))).resolves.toEqual({
      delivered: false,
      reason: 'untyped',
    });
    await expect(finishSoon(world, 'a')).resolves.toMatchObject({ delivered: true });
    expect(living(world)).toEqual(['done']);
    expect(world.stops).toEqual([
      ['b', 'untyped'],
      ['c', 'untyped'],
    ]);
    expect(world.poster.status()).toMatchObject({
      state: 'failing',
      reasons: [{ what: expect.stringContaining('does not keep the type') }],
    });
  });

  it('makes no post that still waits for its turn when the server loses the type of another', async () => {
    const world = setUp();
    world.server.keepsType = false;
    for (let i = 0; i < 20; i += 1) world.poster.show(`box ${i}`, TARGET, text('x'));
    await world.clock.advance(20_000);
    // A burst of one second's worth was on its way.
    expect(world.server.posts.size).toBe(4);
    expect(world.stops).toHaveLength(16);
  });

  it('reopens a box that is shown again while its end is on the way', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('working'));
    await settle();
    const finished = world.poster.finish('a', TARGET, text('done'));
    world.poster.show('a', TARGET, text('working again'));
    await world.clock.advance(1000);
    expect(messages(world)).toEqual(['working', 'working again']);
    await Promise.all([world.poster.finish('a', TARGET, text('done now')), finished, world.clock.advance(1000)]);
    expect(messages(world).at(-1)).toBe('done now');
    expect(living(world)).toHaveLength(1);
  });

  it('resolves every kind of target once', async () => {
    const world = setUp();
    const targets = [
      { channel: 'team/name' },
      { username: 'ann' },
      { userId: 'user-ann' },
      { channelId: 'town', rootId: 'root' },
    ];
    for (const [index, target] of [...targets, ...targets].entries()) {
      world.poster.show(`box ${index}`, target, text(`${index}`));
      await world.clock.advance(2000);
    }
    const places = [...world.server.posts.values()].map((post) => [post.channelId, post.rootId]);
    const expected = [
      ['channel-team-name', ''],
      ['direct-bot-user-user-ann', ''],
      ['direct-bot-user-user-ann', ''],
      ['town', 'root'],
    ];
    expect(places).toEqual([...expected, ...expected]);
    const lookups = world.server.requests.filter((name) => name !== 'createPost');
    expect(lookups.sort()).toEqual(['createDirectChannel', 'getChannelByName', 'getMe', 'getUserByUsername']);
  });

  it('drops a box and leaves its post', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one', true));
    await world.clock.advance(1000);
    await world.poster.drop('a');
    await world.clock.advance(100_000);
    expect(messages(world)).toEqual(['one']);
    expect(world.poster.open()).toEqual([]);
    expect(world.clock.timerCount).toBe(0);
  });

  it('survives content that cannot be rendered', async () => {
    const world = setUp();
    const broken: LiveContent = {
      key: 'broken',
      ticking: false,
      render: () => {
        throw new Error('no');
      },
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, broken);
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1000);
    expect(messages(world)).toEqual(['one', 'two']);
    const finished = world.poster.finish('a', TARGET, broken);
    await world.clock.advance(1000);
    await expect(finished).resolves.toEqual({ delivered: false, reason: 'refused' });
  });
});

describe('heartbeats', () => {
  it('come at doubled gaps while something runs, at most 9 in 30 minutes', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, clockText('run'));
    await world.clock.advance(1_800_000);
    expect(times(world).map((ms) => ms / 1000)).toEqual([0, 30, 90, 210, 450, 750, 1050, 1350, 1650]);
    expect(world.poster.status().heartbeats).toBe(8);
  });

  it('start anew after a change, and end when nothing runs', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, clockText('run'));
    await world.clock.advance(100_000);
    world.poster.show('a', TARGET, clockText('next'));
    await world.clock.advance(40_000);
    expect(times(world).map((ms) => ms / 1000)).toEqual([0, 30, 90, 100, 130]);
    world.poster.show('a', TARGET, text('idle'));
    await world.clock.advance(1_000_000);
    expect(messages(world)).toHaveLength(6);
  });

  it('do not edit when the text has not changed', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('same', true));
    await world.clock.advance(1_800_000);
    expect(messages(world)).toEqual(['same']);
  });
});

describe('the budget over all posts', () => {
  it('keeps the rate, is fair, and lets creates and final edits go first', async () => {
    const world = setUp({ maxUpdatesPerS: 2 });
    for (let box = 0; box < 6; box += 1) world.poster.show(`${box}`, TARGET, text(`${box} starts`));
    await world.clock.advance(3000);
    for (let round = 0; round < 20; round += 1) {
      for (let box = 0; box < 6; box += 1) world.poster.show(`${box}`, TARGET, text(`${box} round ${round}`));
      await world.clock.advance(500);
    }
    const perBox = new Map<string, number>();
    for (const { postId } of world.server.edits) perBox.set(postId, (perBox.get(postId) ?? 0) + 1);
    const counts = [...perBox.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    const finished = world.poster.finish('3', TARGET, text('3 done'));
    world.poster.show('new', TARGET, text('new starts'));
    const before = world.server.edits.length;
    await world.clock.advance(1100);
    await finished;
    const urgent = world.server.edits.slice(before, before + 2).map((edit) => edit.message);
    expect(urgent.sort()).toEqual(['3 done', 'new starts']);
    const at = times(world);
    for (const [index, ms] of at.entries()) {
      const later = at[index + 4];
      if (later !== undefined) expect(later - ms).toBeGreaterThanOrEqual(1000);
    }
  });

  it('lets an edit that somebody waits for go before intermediate ones of other posts', async () => {
    const world = setUp({ maxUpdatesPerS: 1 });
    const boxes = ['a', 'b', 'c', 'd'];
    for (const box of boxes) world.poster.show(box, TARGET, text(`${box} starts`));
    await world.clock.advance(10_000);
    for (const box of boxes) world.poster.show(box, TARGET, text(`${box} goes on`));
    await world.clock.advance(10);
    const before = world.server.edits.length;
    world.poster.show('d', TARGET, { ...text('d asks'), awaited: true });
    await world.clock.advance(3_500);
    expect(world.server.edits.slice(before).map(({ message }) => message)[0]).toBe('d asks');
  });

  it('is kept by whatever makes it, one for each server', async () => {
    const asked: unknown[] = [];
    const priorities: (number | undefined)[] = [];
    const observed: unknown[] = [];
    const limited: number[] = [];
    const world = setUp({
      maxUpdatesPerS: 7,
      createBudget: (options) => {
        asked.push(options);
        return {
          take: async ({ priority } = {}) => void priorities.push(priority?.()),
          observe: (limit) => void observed.push(limit),
          limitUntil: (at) => void limited.push(at),
        };
      },
    });
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1_000);
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1_000);
    world.server.onRequest = ({ phase }) => {
      if (phase === 'before' && limited.length === 0) throw mattermostError('rate-limited', undefined, 3_000);
    };
    await world.poster.finish('a', TARGET, text('three'));
    expect(asked).toEqual([{ server: undefined, ratePerS: 7 }]);
    expect(priorities).toEqual(expect.arrayContaining([2, 0]));
    expect(limited).toEqual([world.clock.now() + 3_000]);
  });

  it('is not said to be well while a 429 keeps everything waiting', async () => {
    const world = setUp();
    world.server.onRequest = ({ phase }) => {
      if (phase === 'before') throw mattermostError('rate-limited', undefined, 300_000);
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(290_000);
    expect(world.poster.status()).toMatchObject({ state: 'degraded', queue: 1 });
    world.server.onRequest = () => undefined;
    await world.clock.advance(80_000);
    expect(world.poster.status()).toMatchObject({ state: 'ok', queue: 0 });
  });

  it('waits as long as a 429 says, and shows the latest content then', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    let limited = true;
    world.server.onRequest = ({ phase }) => {
      if (phase === 'before' && limited) throw mattermostError('rate-limited', undefined, 7000);
    };
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(100);
    limited = false;
    world.poster.show('a', TARGET, text('three'));
    await world.clock.advance(6800);
    expect(messages(world)).toEqual(['one']);
    await world.clock.advance(200);
    expect(messages(world)).toEqual(['one', 'three']);
    expect(world.poster.status()).toMatchObject({ rateLimited: 1, state: 'degraded', breaker: { state: 'closed' } });
  });

  it('waits for the next slot of a server that says nothing is left', async () => {
    const world = setUp();
    world.server.answer = { status: 200, rateLimit: { limit: 10, remaining: 0, resetMs: 30_000 } };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1900);
    expect(messages(world)).toEqual(['one']);
    await world.clock.advance(200);
    expect(messages(world)).toEqual(['one', 'two']);
  });
});

describe('a server in trouble', () => {
  it('says once that the server is away and once that it is back, and since when', async () => {
    const lines: string[] = [];
    const note = (_fields: object, message: string): void => void lines.push(message);
    const world = setUp({ log: { debug: () => undefined, info: note, warn: note, error: note } });
    world.server.onRequest = () => {
      throw mattermostError('transient');
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1);
    expect(world.poster.status().reasons).toMatchObject([
      { level: 'degraded', what: expect.stringContaining('posts wait') },
    ]);
    await world.clock.advance(60_000);
    const { openedAt } = world.poster.status().breaker;
    await world.clock.advance(300_000);
    expect(world.poster.status()).toMatchObject({ state: 'failing', breaker: { openedAt } });
    world.server.onRequest = () => undefined;
    await world.clock.advance(60_000);
    expect(messages(world)).toEqual(['one']);
    expect(lines).toEqual([expect.stringContaining('does not answer'), expect.stringContaining('answers again')]);
    expect(world.poster.status().reasons).toEqual([]);
  });

  it('names the place of a box that it holds back', async () => {
    const lines: object[] = [];
    const nothing = (): void => undefined;
    const warn = (fields: object): void => void lines.push(fields);
    const world = setUp({ log: { debug: nothing, info: nothing, warn, error: nothing } });
    world.server.onRequest = ({ name }) => {
      if (name === 'createPost') throw mattermostError('forbidden');
    };
    world.poster.show('a', TARGET, text('one'));
    await settle();
    expect(lines).toMatchObject([{ boxId: 'a', reason: 'forbidden', channelId: 'town' }]);
  });

  it('opens the circuit, loses nothing, probes at growing gaps, and shows the latest content when one succeeds', async () => {
    const world = setUp();
    for (const box of ['a', 'b', 'c']) world.poster.show(box, TARGET, text(`${box} one`));
    await world.clock.advance(2000);
    let isDown = true;
    const probes: number[] = [];
    world.server.onRequest = ({ name, phase }) => {
      if (phase !== 'before' || !isDown) return;
      if (name === 'checkHealth' && world.poster.status().breaker.state === 'half-open') probes.push(world.clock.now());
      throw mattermostError('transient');
    };
    const before = world.server.requests.length;
    for (const box of ['a', 'b', 'c']) world.poster.show(box, TARGET, text(`${box} two`));
    await world.clock.advance(25_000);
    // Each of the five moments that count has at most one request of each box.
    expect(world.server.requests.length - before).toBeLessThanOrEqual(15);
    expect(probes.slice(1).map((at, i) => at - (probes[i] ?? 0))).toEqual([2000, 4000, 8000]);
    expect(world.poster.status()).toMatchObject({ state: 'failing', queue: 3, breaker: { state: 'open' } });
    for (const box of ['a', 'b', 'c']) world.poster.show(box, TARGET, text(`${box} three`));
    isDown = false;
    await world.clock.advance(20_000);
    expect(living(world)).toEqual(['a three', 'b three', 'c three']);
    expect(world.poster.status()).toMatchObject({ state: 'ok', queue: 0, breaker: { state: 'closed' } });
  });

  it.for([1, 3, 20])('a server away for 5 s costs %d busy posts less than 10 s', async (count) => {
    const world = setUp({ maxUpdatesPerS: 50 });
    const boxes = Array.from({ length: count }, (_, box) => `${box}`);
    for (const box of boxes) world.poster.show(box, TARGET, text('start'));
    await world.clock.advance(2000);
    const startedAt = world.clock.now();
    world.server.onRequest = ({ phase }) => {
      if (phase === 'before' && world.clock.now() - startedAt < 5000) throw mattermostError('transient');
    };
    const before = world.server.edits.length;
    for (let tick = 0; tick < 40; tick += 1) {
      for (const box of boxes) world.poster.show(box, TARGET, text(`tick ${tick}`));
      await world.clock.advance(250);
    }
    const updated = new Set(world.server.edits.slice(before).map(({ postId }) => postId));
    expect(updated.size).toBe(count);
  });

  it('does not count refusals', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.onRequest = ({ name, phase }) => {
      if (name === 'patchPost' && phase === 'before') throw mattermostError('invalid', 'some.other.app_error');
    };
    for (let round = 0; round < 10; round += 1) {
      world.poster.show('a', TARGET, text(`round ${round}`));
      await world.clock.advance(1000);
    }
    world.server.onRequest = () => undefined;
    world.poster.show('a', TARGET, text('good again'));
    await world.clock.advance(1000);
    expect(living(world)).toEqual(['good again']);
    expect(world.poster.status()).toMatchObject({ refused: 10, breaker: { state: 'closed' } });
  });

  it('repeats an edit whose answer was lost even when the content is again the one before', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    let isLost = true;
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'patchPost' || phase !== 'after' || !isLost) return;
      isLost = false;
      throw mattermostError('transient');
    };
    world.poster.show('a', TARGET, text('two'));
    await settle();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(10_000);
    expect(living(world)).toEqual(['one']);
  });

  it('believes no refusal of a server whose database is away, and shows old and new work when it is back', async () => {
    const world = setUp();
    world.poster.show('old', TARGET, text('old one'));
    await world.clock.advance(1000);
    let isAway = true;
    world.server.onRequest = ({ name, phase }) => {
      if (phase !== 'before' || !isAway) return;
      if (name === 'checkHealth') throw mattermostError('transient');
      if (name === 'getChannelByName') throw mattermostError('gone', 'app.team.get_by_name.app_error');
      throw mattermostError('forbidden', 'api.context.permissions.app_error');
    };
    world.poster.show('old', TARGET, text('old two'));
    world.poster.show('new', TARGET, text('new one'));
    world.poster.show('named', { channel: 'team/name' }, text('named one'));
    await world.clock.advance(20_000);
    expect(world.poster.status()).toMatchObject({ state: 'failing', heldBack: [], queue: 3 });
    isAway = false;
    await world.clock.advance(10_000);
    expect(living(world).sort()).toEqual(['named one', 'new one', 'old two']);
    expect(world.stops).toEqual([]);
    expect(world.poster.status().state).toBe('ok');
  });

  it('believes no 401 of a server whose database is away', async () => {
    const world = setUp();
    let isAway = true;
    world.server.onRequest = ({ name, phase }) => {
      if (phase === 'before' && isAway) throw mattermostError(name === 'checkHealth' ? 'transient' : 'auth');
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(3000);
    expect(world.poster.status().reasons).toMatchObject([{ what: expect.not.stringContaining('401') }]);
    isAway = false;
    await world.clock.advance(10_000);
    expect(living(world)).toEqual(['one']);
  });

  it.for(['patchPost', 'createPost'] as const)('is said while a %s hangs, long before it fails', async (name) => {
    const world = setUp();
    if (name === 'patchPost') world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    const hanging = Promise.withResolvers<void>();
    world.server.onRequest = (request) =>
      request.name === name && request.phase === 'before' ? hanging.promise : undefined;
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(4000);
    expect(world.poster.status().state).toBe('ok');
    await world.clock.advance(1500);
    const { state, reasons } = world.poster.status();
    expect([state, reasons.map(({ what }) => what)]).toEqual([
      'degraded',
      ['Mattermost has not answered a request for 5 s'],
    ]);
    hanging.resolve();
    await settle();
    expect(world.poster.status().state).toBe('ok');
  });

  it('is said between the attempts of a request that fails again and again, with what it failed with', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    world.poster.show('b', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.onRequest = async ({ name, phase }) => {
      if (name !== 'patchPost' || phase !== 'before') return;
      await delay(10_000, { clock: world.clock });
      throw new MattermostError({ kind: 'transient', request: 'PUT /x', detail: 'no answer within 10 s' });
    };
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(5000);
    for (let second = 0; second < 30; second += 1) {
      await world.clock.advance(1000);
      expect(world.poster.status().state).toBe('degraded');
    }
    const what = world.poster.status().reasons.map((reason) => reason.what);
    expect(what).toContain('1 post could not be brought up to date yet (PUT /x: no answer within 10 s)');
    world.server.onRequest = () => undefined;
    await world.clock.advance(20_000);
    expect(world.poster.status().state).toBe('ok');
  });

  it('does not count a text that fails on a server that is well: others go on, and it is shown with less in it', async () => {
    const world = setUp({ maxUpdatesPerS: 50 });
    const disliked: LiveContent = {
      key: 'disliked',
      render: ({ headOnly }) => ({ message: headOnly ? 'head' : 'head\n/etc/passwd' }),
    };
    const { createPost } = world.server.api;
    world.server.api.createPost = async (post, call) => {
      if (post.message.includes('passwd')) throw mattermostError('transient');
      return createPost(post, call);
    };
    world.poster.show('a', TARGET, disliked);
    for (let tick = 0; tick < 20; tick += 1) {
      world.poster.show('b', TARGET, text(`tick ${tick}`));
      await world.clock.advance(500);
      expect(living(world)).toContain(`tick ${tick}`);
    }
    expect(living(world)).toContain('head');
    expect(world.poster.status()).toMatchObject({
      state: 'degraded',
      reduced: 1,
      breaker: { state: 'closed', consecutiveFailures: 0 },
      reasons: [{ what: expect.stringContaining('with less in it') }],
    });
  });
});

/** What a server answers that is well and refuses the token. */
const refuseToken = ({ server }: World, isRefused: () => boolean = () => true): void => {
  server.onRequest = ({ name, phase }) => {
    if (phase === 'before' && name !== 'checkHealth' && isRefused()) throw mattermostError('auth');
  };
};

describe('a refused token', () => {
  it('holds back the boxes that waited for their turn', async () => {
    const world = setUp({ maxUpdatesPerS: 2 });
    refuseToken(world);
    for (let box = 0; box < 6; box += 1) world.poster.show(`${box}`, TARGET, text(`${box}`));
    await world.clock.advance(50_000);
    expect(world.server.requests.filter((name) => name !== 'getMe')).toEqual(['createPost', 'createPost']);
  });

  it('is probed after 2, 5, 15, 30, 60, 60 s, and health says what was seen', async () => {
    const world = setUp();
    const probes: number[] = [];
    refuseToken(world);
    world.poster.show('a', TARGET, text('one'));
    await settle();
    const refusedAt = world.clock.now();
    const { getMe } = world.server.api;
    world.server.api.getMe = (call) => {
      probes.push((world.clock.now() - refusedAt) / 1000);
      return getMe(call);
    };
    await world.clock.advance(180_000);
    expect(probes).toEqual([2, 7, 22, 52, 112, 172]);
    expect(world.poster.status()).toMatchObject({
      state: 'failing',
      breaker: { state: 'closed' },
      reasons: [{ what: expect.stringMatching(/answered 401 to the token/), fix: expect.stringMatching(/by itself/) }],
    });
    world.server.onRequest = () => undefined;
    await world.clock.advance(60_000);
    expect(living(world)).toEqual(['one']);
    expect(world.poster.status().state).toBe('ok');
  });

  it('is read again every 5 s, and another one is tried at once', async () => {
    let stored = 'bad';
    const used: string[] = [];
    const world = setUp({ readToken: async () => stored });
    world.server.api.setToken = (token) => void used.push(token);
    refuseToken(world, () => used.at(-1) !== 'good');
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(60_000);
    world.poster.show('a', TARGET, text('two'));
    stored = 'good';
    await world.clock.advance(6000);
    expect(living(world)).toEqual(['two']);
    expect(new Set(used)).toEqual(new Set(['bad', 'good']));
    expect(world.poster.status().state).toBe('ok');
  });
});

describe('a create whose outcome is not known', () => {
  it('goes again under the same key for 15 s from its first attempt, then under a new one', async () => {
    const world = setUp({ breakerThreshold: 100 });
    const begunAt = world.clock.now();
    const keys: [number, string | undefined][] = [];
    world.server.api.createPost = async (post) => {
      keys.push([world.clock.now() - begunAt, post.pendingPostId]);
      throw mattermostError('transient');
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(29_000);
    const first = keys[0]?.[1];
    expect(keys.length).toBeGreaterThan(4);
    for (const [ms, key] of keys) expect(key === first).toBe(ms < 15_000);
  });

  it('is looked for before it goes again', async () => {
    const world = setUp();
    let isLost = true;
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'createPost' || phase !== 'after' || !isLost) return;
      isLost = false;
      world.server.expireDeduplication();
      throw mattermostError('unreadable');
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(10_000);
    expect(world.server.requests).toEqual(['createPost', 'getMe', 'getPostsSince']);
    expect(living(world)).toEqual(['one']);
  });

  it('is not taken for a refusal of its text while the server still saves it', async () => {
    const world = setUp();
    const savedAt = world.clock.now() + 14_000;
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'createPost' || phase !== 'before' || world.clock.now() >= savedAt) return;
      throw mattermostError('transient', 'api.post.deduplicate_create_post.pending');
    };
    const finished = world.poster.finish('a', TARGET, {
      key: 'done',
      render: ({ headOnly }) => ({ message: headOnly ? 'head' : 'done' }),
    });
    await world.clock.advance(20_000);
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(messages(world)).toEqual(['done']);
  });

  it('is followed by an edit when the server answers the repeat with the first post', async () => {
    const world = setUp();
    const { createPost, getPostsSince } = world.server.api;
    let saveFirst: (() => Promise<unknown>) | undefined;
    world.server.api.createPost = async (post, call) => {
      if (world.server.requests.includes('getPostsSince')) return createPost(post, call);
      saveFirst = () => createPost(post, call);
      throw mattermostError('transient');
    };
    // The first create is saved after the search has missed it.
    world.server.api.getPostsSince = async (channelId, sinceMs, call) => {
      const posts = await getPostsSince(channelId, sinceMs, call);
      await saveFirst?.();
      return posts;
    };
    world.poster.show('a', TARGET, text('one'));
    await settle();
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(10_000);
    expect(messages(world)).toEqual(['one', 'two']);
    expect(living(world)).toEqual(['two']);
  });
});

describe('a post that somebody else made look like ours', () => {
  /** Everybody in a channel can read the props of a post, type of post and marker included, and copy them. */
  const forge = ({ server, ledger }: World): Promise<Post> => {
    const [entry] = ledger.entries();
    if (entry === undefined) throw new Error('There is no box');
    const props = { live_status: markerOf(entry, ledger.instanceId) };
    const mallory = server.account('mallory');
    return mallory.createPost({ channelId: 'town', message: 'forged', props, type: 'custom_live_status' });
  };

  it.for([
    ['the outcome of a create is not known', false, false],
    ['a post is pinned', true, false],
    ['the post is to be deleted', false, true],
  ] as const)('is not taken for it when %s', async ([_, pinned, remove]) => {
    const world = setUp();
    const content = { ...text('one'), pinned };
    let isForged = false;
    world.server.onRequest = async ({ name, phase, username }) => {
      if (name !== 'createPost' || phase !== 'before' || username !== 'bot' || isForged) return;
      isForged = true;
      const { id } = await forge(world);
      await world.server.account('mallory').setPinned(id, true);
      throw mattermostError('transient');
    };
    world.poster.show('a', TARGET, content);
    await world.clock.advance(60_000);
    const finished = world.poster.finish('a', TARGET, { ...text('done'), pinned }, { remove });
    await world.clock.advance(60_000);
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(living(world)).toEqual(remove ? ['forged'] : ['forged', 'done']);
  });

  it('is not taken for it when the ledger was lost', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, { ...text('one'), pinned: true });
    await world.clock.advance(1000);
    const { id } = await forge(world);
    await world.server.account('mallory').setPinned(id, true);
    const { clock, ledger, server } = world;
    const empty = new StoredLedger({
      instanceId: ledger.instanceId,
      entries: [],
      clock,
      save: async () => undefined,
      readProblem: 'broken',
    });
    const next = createPosterWith({ api: server.api, ledger: empty, clock, log: silentLog });
    const finished = next.finish('a', TARGET, { ...text('done'), pinned: true });
    await world.clock.advance(60_000);
    await expect(finished).resolves.toMatchObject({ delivered: true, postId: 'post-1' });
    expect(living(world)).toEqual(['done', 'forged']);
  });
});

describe('an answer with another post', () => {
  /** A post of the same bot that is none of ours, as OpenClaw's answers are. */
  const plant = async ({ server }: World, props: Record<string, unknown> = {}): Promise<string> => {
    const post = await server.api.createPost({ channelId: 'town', message: 'an answer', props });
    server.requests.length = 0;
    server.edits.length = 0;
    return post.id;
  };

  const postOf = ({ server }: World, id: string): Post => {
    const post = server.posts.get(id);
    if (post === undefined) throw new Error(`There is no ${id}`);
    return post;
  };

  it.for([
    ['without a marker', {}],
    ['with the marker of another post', { live_status: { post: 'x', box: 'y', instance: 'z' } }],
  ] as const)('to a create is not believed: one %s', async ([_, props]) => {
    const world = setUp();
    const other = await plant(world, props);
    const { createPost } = world.server.api;
    let isLying = true;
    world.server.api.createPost = async (post, call) => {
      const made = await createPost(post, call);
      return isLying ? postOf(world, other) : made;
    };
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    isLying = false;
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(5000);
    expect(living(world)).toEqual(['an answer', 'two']);
    expect(world.ledger.entries()).toMatchObject([{ postId: 'post-2' }]);
  });

  it('to an edit is not believed: the edit is made again until the answer is about it', async () => {
    const world = setUp();
    const other = await plant(world);
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    const { patchPost } = world.server.api;
    let lies = 2;
    world.server.api.patchPost = async (id, patch, call) => {
      lies -= 1;
      if (lies < 0) return patchPost(id, patch, call);
      return { ...postOf(world, other), id };
    };
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(500);
    expect(world.poster.status()).toMatchObject({ queue: 1, edits: 0 });
    await world.clock.advance(10_000);
    expect(living(world)).toEqual(['an answer', 'two']);
  });

  it('that keeps coming holds back this box alone, and health names it', async () => {
    const world = setUp();
    const other = await plant(world);
    world.poster.show('a', TARGET, text('one'));
    world.poster.show('b', TARGET, text('one'));
    await world.clock.advance(1000);
    const { patchPost } = world.server.api;
    world.server.api.patchPost = async (id, patch, call) =>
      id === 'post-2' ? { ...postOf(world, other), id } : patchPost(id, patch, call);
    world.poster.show('a', TARGET, text('two'));
    world.poster.show('b', TARGET, text('two'));
    await world.clock.advance(60_000);
    expect(living(world)).toEqual(['an answer', 'one', 'two']);
    const status = world.poster.status();
    expect(status).toMatchObject({ state: 'degraded', queue: 1 });
    expect(JSON.stringify(status.reasons)).toContain('is an answer with another post');
  });

  it.for([
    ['edited', false],
    ['deleted', true],
  ] as const)(
    'a ledger that names another post: that one is never %s, and the own one is found',
    async ([_, remove]) => {
      const world = setUp();
      const other = await plant(world);
      world.poster.show('a', TARGET, text('one'));
      await world.clock.advance(1000);
      const { clock, ledger, server } = world;
      const entries = ledger.entries().map((entry) => ({ ...entry, postId: other }));
      const swapped = new StoredLedger({ instanceId: ledger.instanceId, entries, clock, save: async () => undefined });
      const next = createPosterWith({ api: server.api, ledger: swapped, clock, log: silentLog });
      const finished = next.finish('a', TARGET, text('done'), { remove });
      await world.clock.advance(60_000);
      await expect(finished).resolves.toMatchObject({ delivered: true });
      expect(living(world)).toEqual(remove ? ['an answer'] : ['an answer', 'done']);
    },
  );
});

describe('refusals by their error id', () => {
  const failing = (world: World, name: string, errorId: string, kind: 'invalid' | 'forbidden' = 'invalid'): void => {
    world.server.onRequest = (request) => {
      if (request.name === name && request.phase === 'before') throw mattermostError(kind, errorId);
    };
  };

  it('stops a box whose post a person deleted, and shows it no more', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.deletePost('post-1');
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('three'));
    await world.clock.advance(1000);
    expect(world.stops).toEqual([['a', 'deleted']]);
    expect(world.server.requests).toEqual(['createPost', 'patchPost', 'getPost', 'patchPost', 'getPost']);
    expect(world.poster.open()).toMatchObject([{ boxId: 'a', stopped: 'deleted' }]);
    await expect(world.poster.finish('a', TARGET, text('done'))).resolves.toEqual({
      delivered: false,
      reason: 'deleted',
    });
    expect(world.poster.open()).toEqual([]);
  });

  it('says so once, though further content was waiting', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.deletePost('post-1');
    world.server.onRequest = () => new Promise((resolve) => void world.clock.setTimeout(resolve, 100));
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(50);
    world.poster.show('a', TARGET, text('three'));
    await world.clock.advance(10_000);
    expect(world.stops).toEqual([['a', 'deleted']]);
    expect(world.server.requests).toEqual(['createPost', 'patchPost', 'getPost', 'patchPost', 'getPost']);
  });

  const edited = (world: World): number => world.server.requests.filter((name) => name === 'patchPost').length;

  it('holds a box back whose post is there but may not be edited, tries it again after 1 min, doubling to 30', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    failing(world, 'patchPost', 'api.context.permissions.app_error', 'forbidden');
    const tries: number[] = [];
    const { patchPost } = world.server.api;
    const refusedAt = world.clock.now();
    world.server.api.patchPost = (...call) => {
      tries.push((world.clock.now() - refusedAt) / 60_000);
      return patchPost(...call);
    };
    for (let minute = 0; minute < 130; minute += 1) {
      world.poster.show('a', TARGET, text(`minute ${minute}`));
      await world.clock.advance(60_000);
    }
    expect(tries.map(Math.floor)).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121]);
    expect(world.stops).toEqual([]);
    expect(world.poster.status()).toMatchObject({
      state: 'degraded',
      heldBack: [{ boxId: 'a', reason: 'forbidden', place: '#town' }],
      reasons: [{ level: 'degraded', what: expect.stringMatching(/^The bot @bot may not post in #town: 1 post says/) }],
    });
    world.server.onRequest = () => undefined;
    await world.clock.advance(30 * 60_000);
    expect(living(world)).toEqual(['minute 129']);
    expect(world.poster.status()).toMatchObject({ state: 'ok', heldBack: [] });
  });

  it.for([
    ['createPost', 'api.post.create_post.can_not_post_to_deleted.error'],
    ['patchPost', 'api.post.update_post.can_not_update_post_in_deleted.error'],
  ] as const)('goes on in a channel that was archived and restored (%s)', async ([name, errorId]) => {
    const world = setUp();
    failing(world, name, errorId);
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1000);
    expect(world.poster.status()).toMatchObject({ state: 'degraded', heldBack: [{ reason: 'archived' }] });
    world.server.onRequest = () => undefined;
    await world.clock.advance(61_000);
    expect(living(world)).toEqual(['two']);
    expect([world.stops, world.poster.status().state]).toEqual([[], 'ok']);
  });

  it.for([3_600_000, 30_000, -3_600_000, -26 * 3_600_000])(
    'makes no second post when the clock was set by %i ms before the next process looks for the first',
    async (stepMs) => {
      const world = setUp();
      const { server } = world;
      server.onRequest = ({ name, phase }) =>
        name === 'createPost' && phase === 'after' ? new Promise<void>(() => undefined) : undefined;
      world.poster.show('a', TARGET, text('one'));
      await settle();
      server.onRequest = () => undefined;
      server.expireDeduplication();
      const clock = createFakeClock(world.clock.now() + 60_000 + stepMs);
      server.answer = { status: 200, serverTimeMs: world.clock.now() + 60_000 };
      const { instanceId } = world.ledger;
      const entries = world.ledger.entries();
      const ledger = new StoredLedger({ instanceId, entries, clock, save: async () => undefined });
      const next = createPosterWith({ api: server.api, ledger, clock, log: silentLog });
      next.show('a', TARGET, text('two'));
      await clock.advance(5_000);
      expect(living(world)).toEqual(['two']);
      await next.close();
    },
  );

  it('takes the age of a post from the server, whatever happened to the clock since', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    const clock = createFakeClock(world.clock.now() + 24 * 3_600_000);
    const { server } = world;
    server.settings = { editLimitMs: 3_600_000 };
    server.answer = { status: 200, serverTimeMs: world.clock.now() };
    const { instanceId } = world.ledger;
    const entries = world.ledger.entries();
    const ledger = new StoredLedger({ instanceId, entries, clock, save: async () => undefined });
    const next = createPosterWith({ api: server.api, ledger, clock, log: silentLog });
    next.show('a', TARGET, text('two', true));
    await clock.advance(2_000);
    next.show('a', TARGET, text('three', true));
    await clock.advance(2_000);
    expect(living(world)).toEqual(['three']);
    await next.close();
  });

  it('keeps the end of a box pending for 24 h, tries it at least every hour, and counts it in health until then', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('working'));
    await world.clock.advance(1000);
    failing(world, 'patchPost', 'api.context.permissions.app_error', 'forbidden');
    const finished = world.poster.finish('a', TARGET, text('done'));
    await world.clock.advance(1000);
    await expect(finished).resolves.toEqual({ delivered: false, reason: 'forbidden' });
    for (let hour = 0; hour < 20; hour += 1) {
      const before = edited(world);
      await world.clock.advance(3_600_000);
      expect(edited(world)).toBeGreaterThan(before);
      expect(world.poster.status()).toMatchObject({ state: 'degraded', heldBack: [{ boxId: 'a' }] });
    }
    world.server.onRequest = () => undefined;
    await world.clock.advance(3_600_000);
    expect(living(world)).toEqual(['done']);
    expect(world.poster.open()).toEqual([]);
    expect(world.poster.status()).toMatchObject({ state: 'ok', boxes: 0 });
  });

  it('gives the end of a box up after 24 h, also those of earlier processes', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('working'));
    await world.clock.advance(1000);
    failing(world, 'patchPost', 'api.context.permissions.app_error', 'forbidden');
    const finished = world.poster.finish('a', TARGET, text('done'));
    await world.clock.advance(20 * 3_600_000);
    await finished;
    await world.poster.close({ deadlineMs: 1000 });
    const { clock, ledger, server } = world;
    const next = createPosterWith({ api: server.api, ledger, clock });
    const again = next.finish('a', TARGET, text('done'));
    await clock.advance(1000);
    await expect(again).resolves.toMatchObject({ reason: 'forbidden' });
    expect(next.open()).toHaveLength(1);
    await clock.advance(5 * 3_600_000);
    expect(next.open()).toEqual([]);
    expect(next.status()).toMatchObject({ state: 'ok', boxes: 0 });
    await clock.advance(24 * 3_600_000);
    expect(clock.timerCount).toBeLessThanOrEqual(1);
  });

  it('tries the end of a box at once, and what is held back once more when it closes', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    failing(world, 'patchPost', 'api.context.permissions.app_error', 'forbidden');
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1000);
    world.server.onRequest = () => undefined;
    world.poster.show('a', TARGET, text('three'));
    await world.clock.advance(1000);
    expect(living(world)).toEqual(['one']);
    await expect(world.poster.close({ deadlineMs: 1000 })).resolves.toEqual({ undelivered: [] });
    expect(living(world)).toEqual(['three']);
  });

  it('shows less of a text that is refused, and its end whole when that is accepted', async () => {
    const world = setUp();
    const content = (state: string, args: string): LiveContent => ({
      key: `${state} ${args}`,
      render: ({ headOnly }) => ({ message: headOnly ? state : `${state}\n${args}` }),
    });
    const { patchPost } = world.server.api;
    const tried: string[] = [];
    world.server.api.patchPost = async (id, patch, call) => {
      tried.push(patch.message);
      if (patch.message.includes('passwd')) throw mattermostError('blocked');
      return patchPost(id, patch, call);
    };
    world.poster.show('a', TARGET, content('active', 'fine'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, content('active 1', '/etc/passwd'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, content('active 2', '/etc/passwd'));
    await world.clock.advance(1000);
    expect(tried).toEqual(['active 1\n/etc/passwd', 'active 1', 'active 2']);
    const finished = world.poster.finish('a', TARGET, content('done', 'fine again'));
    await world.clock.advance(1000);
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(living(world)).toEqual(['done\nfine again']);
    expect(world.poster.status()).toMatchObject({ reduced: 2, state: 'degraded' });
    await world.clock.advance(600_000);
    expect(world.poster.status().state).toBe('ok');
  });

  it.for([
    ['create', 'createPost'],
    ['edit', 'patchPost'],
  ] as const)('shows the whole text after one refusal of it, as of a server that was unwell: %s', async ([_, name]) => {
    const world = setUp();
    const content = (state: string): LiveContent => ({
      key: state,
      render: ({ headOnly }) => ({ message: headOnly ? 'head' : state }),
    });
    if (name === 'patchPost') world.poster.show('a', TARGET, content('one'));
    await world.clock.advance(1000);
    for (const state of ['two', 'three']) {
      let isUnwell = true;
      world.server.onRequest = (request) => {
        if (request.name !== name || request.phase !== 'before' || !isUnwell) return;
        isUnwell = false;
        throw mattermostError('invalid', 'app.some.app_error');
      };
      world.poster.show('a', TARGET, content(state));
      await world.clock.advance(1000);
      expect(living(world)).toEqual([state]);
    }
    expect(messages(world)).not.toContain('head');
    expect(world.poster.status()).toMatchObject({ reduced: 0, state: 'ok' });
  });

  it('posts at the top level when the thread root is gone', async () => {
    const world = setUp();
    const { createPost } = world.server.api;
    world.server.api.createPost = async (post, call) => {
      if (post.rootId !== undefined) throw mattermostError('invalid', 'api.post.create_post.root_id.app_error');
      return createPost(post, call);
    };
    world.poster.show('a', { channelId: 'town', rootId: 'gone' }, text('one'));
    await world.clock.advance(1000);
    expect([...world.server.posts.values()]).toMatchObject([{ message: 'one', rootId: '' }]);
  });

  it('posts aloud when the account may not post silently', async () => {
    const world = setUp();
    const silents: unknown[] = [];
    const { createPost } = world.server.api;
    world.server.api.createPost = async (post, call) => {
      silents.push(post.silent);
      if (post.silent) throw mattermostError('forbidden', 'api.post.create_post.silent_notification.app_error');
      return createPost(post, call);
    };
    world.poster.show('a', TARGET, text('one'));
    world.poster.show('b', TARGET, text('two'));
    await world.clock.advance(1000);
    world.poster.show('c', TARGET, text('three'));
    await world.clock.advance(1000);
    expect(silents).toEqual([true, true, false, false, false]);
    expect(living(world).sort()).toEqual(['one', 'three', 'two']);
  });

  it('renders shorter for a server that takes less', async () => {
    const world = setUp();
    const long: LiveContent = {
      key: 'k',
      ticking: false,
      render: ({ maxChars }) => ({ message: '読'.repeat(maxChars) }),
    };
    const { createPost } = world.server.api;
    world.server.api.createPost = async (post, call) => {
      if ([...post.message].length > 4000) throw mattermostError('invalid', 'model.post.is_valid.msg.app_error');
      return createPost(post, call);
    };
    world.poster.show('a', TARGET, long);
    world.poster.show('b', TARGET, long);
    await world.clock.advance(1000);
    expect(living(world).map((message) => message.length)).toEqual([4000, 4000]);
  });

  it('notifies people once, also where another post has to say how it ended', async () => {
    const world = setUp();
    const silences: unknown[] = [];
    const { createPost } = world.server.api;
    world.server.api.createPost = (post, call) => {
      silences.push(post.silent);
      return createPost(post, call);
    };
    world.poster.show('a', TARGET, { ...text('Waiting for approval'), notify: true });
    await world.clock.advance(1000);
    failing(world, 'patchPost', 'api.post.update_post.permissions_time_limit.app_error');
    const finished = world.poster.finish('a', TARGET, { ...text('Approved'), notify: true });
    await world.clock.advance(1000);
    expect(await finished).toMatchObject({ delivered: true });
    expect(living(world)).toEqual(['Waiting for approval', 'Approved']);
    expect(silences).toEqual([false, true]);
  });

  it('continues in one new post when the edit time is over, and makes one more for the end', async () => {
    const world = setUp();
    failing(world, 'patchPost', 'api.post.update_post.permissions_time_limit.app_error');
    for (let round = 0; round < 5; round += 1) {
      world.poster.show('a', TARGET, text(`round ${round}`));
      await world.clock.advance(1000);
    }
    expect(living(world)).toEqual(['round 0', 'round 1']);
    const finished = world.poster.finish('a', TARGET, text('done'));
    await world.clock.advance(1000);
    await expect(finished).resolves.toMatchObject({ delivered: true });
    expect(living(world)).toEqual(['round 0', 'round 1', 'done']);
  });
});

describe('an edit time limit', () => {
  const MINUTE = 60_000;
  /** As the server keeps it. */
  const enforce = ({ clock, server }: World, limitMs: number): void => {
    const { patchPost } = server.api;
    server.api.patchPost = async (id, patch, call) => {
      const post = server.posts.get(id);
      if (post !== undefined && post.message !== patch.message && clock.now() > post.createAt + limitMs) {
        throw mattermostError('invalid', 'api.post.update_post.permissions_time_limit.app_error');
      }
      return patchPost(id, patch, call);
    };
  };
  const working = (key: string): LiveContent => ({
    key,
    ticking: true,
    render: ({ continued }) => ({ message: `${continued ? '[CONTINUED]' : '[ACTIVE]'} ${key}` }),
  });
  const workFor = async (world: World, ms: number, stepMs: number): Promise<void> => {
    for (let at = 0; at < ms; at += stepMs) {
      world.poster.show('a', TARGET, working(`step ${at / stepMs}`));
      await world.clock.advance(stepMs);
    }
    await finishSoon(world, 'a');
  };

  it('that the configuration names: the last edit in time says so, and one new post goes on', async () => {
    const world = setUp();
    world.server.settings = { editLimitMs: 2 * MINUTE };
    enforce(world, 2 * MINUTE);
    await workFor(world, 5 * MINUTE, 5000);
    expect(living(world)).toEqual(['[CONTINUED] step 21', '[CONTINUED] step 43', 'done']);
    const gaps = times(world).map((at, i, all) => at - (all[i - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5000);
  });

  it('is kept by a box in which nothing changes as well', async () => {
    const world = setUp();
    world.server.settings = { editLimitMs: 2 * MINUTE };
    enforce(world, 2 * MINUTE);
    await workFor(world, 3 * MINUTE, 3 * MINUTE);
    expect(living(world)).toEqual(['[CONTINUED] step 0', 'done']);
  });

  it('that is short makes posts at growing gaps, none of which stays active', async () => {
    const world = setUp();
    world.server.settings = { editLimitMs: 10_000 };
    enforce(world, 10_000);
    await workFor(world, 10 * MINUTE, 1000);
    const shown = living(world);
    expect(shown.at(-1)).toBe('done');
    expect(shown.slice(0, -1).every((message) => message.startsWith('[CONTINUED]'))).toBe(true);
    expect(shown.length).toBeLessThanOrEqual(9);
  });

  it('that nobody names is learnt: later posts are left in time', async () => {
    const world = setUp();
    enforce(world, MINUTE);
    await workFor(world, 4 * MINUTE, 5000);
    const shown = living(world);
    expect(shown.filter((message) => message.startsWith('[ACTIVE]'))).toHaveLength(1);
    expect(shown.filter((message) => message.startsWith('[CONTINUED]')).length).toBeGreaterThanOrEqual(2);
    expect(shown.at(-1)).toBe('done');
  });

  it('that was learnt is not forgotten when the configuration, which names none, is read again', async () => {
    const world = setUp();
    enforce(world, MINUTE);
    await workFor(world, 40 * MINUTE, 10_000);
    const shown = living(world);
    expect(shown.at(-1)).toBe('done');
    expect(shown.filter((message) => message.startsWith('[ACTIVE]'))).toHaveLength(1);
  });

  it('that is lifted is kept no longer', async () => {
    const world = setUp();
    world.server.settings = { editLimitMs: MINUTE };
    await workFor(world, 3 * MINUTE, 10_000);
    expect(living(world)).toHaveLength(4);
    world.server.settings = {};
    world.poster.show('b', TARGET, text('settings are read with a new post'));
    await world.clock.advance(10 * MINUTE);
    world.poster.show('c', TARGET, text('and again'));
    await world.clock.advance(MINUTE);
    await workFor(world, 5 * MINUTE, 10_000);
    expect(living(world)).toHaveLength(7);
  });

  it('does not make a new post of work that has ended', async () => {
    const world = setUp();
    world.server.settings = { editLimitMs: MINUTE };
    enforce(world, MINUTE);
    world.poster.show('a', TARGET, working('step'));
    await world.clock.advance(1000);
    world.poster.show('a', TARGET, text('done'));
    await world.clock.advance(5 * MINUTE);
    await finishSoon(world, 'a');
    expect(living(world)).toEqual(['done']);
  });
});

describe('a post of the previous process', () => {
  /** What the ledger and the server have after a process died. */
  const restart = ({ clock, ledger, server }: World, entries = ledger.entries()): Poster => {
    server.requests.length = 0;
    const copy = new StoredLedger({ instanceId: ledger.instanceId, entries, clock, save: async () => undefined });
    return createPosterWith({ api: server.api, ledger: copy, clock });
  };

  it('is not edited for what it shows already, though its clock reads differently', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, clockText('run'));
    await world.clock.advance(10_000);
    const next = restart(world);
    next.show('a', TARGET, clockText('run'));
    await world.clock.advance(1000);
    expect(world.server.requests).toEqual(['getPost']);
    next.show('a', TARGET, clockText('next'));
    await world.clock.advance(1000);
    expect(world.server.requests).toEqual(['getPost', 'patchPost']);
  });

  /** The same, and how to read it without its clock. */
  const readable = (key: string): LiveContent => ({
    ...clockText(key),
    withoutClock: (message) => message.replace(/ \d+$/, ''),
  });

  it('that reads the same is not edited, though the ledger does not know its last edit', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, readable('one'));
    await world.clock.advance(1000);
    const durable = world.ledger.entries();
    world.poster.show('a', TARGET, readable('two'));
    await world.clock.advance(10_000);
    const next = restart(world, durable);
    next.show('a', TARGET, readable('two'));
    await world.clock.advance(1000);
    expect(world.server.requests).toEqual(['getPost']);
    next.show('a', TARGET, readable('three'));
    await world.clock.advance(1000);
    expect(world.server.requests).toEqual(['getPost', 'patchPost']);
  });

  it('that reads the same is not edited, though the ledger does not know that it was made', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, readable('one'));
    await world.clock.advance(1000);
    const entries = world.ledger.entries().map(({ postId: _, shown: __, ...attempted }) => attempted);
    await world.clock.advance(60_000);
    const shown = living(world);
    const next = restart(world, entries);
    next.show('a', TARGET, readable('one'));
    await world.clock.advance(1000);
    expect(living(world)).toEqual(shown);
    next.show('a', TARGET, readable('two'));
    await world.clock.advance(1000);
    expect(living(world)).toEqual([expect.stringMatching(/^two/)]);
  });

  it('is edited when the ledger does not know what it shows', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    const durable = world.ledger.entries();
    world.poster.show('a', TARGET, text('two'));
    await world.clock.advance(1000);
    const next = restart(world, durable);
    next.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    expect(living(world)).toEqual(['one']);
  });

  it('that a person deleted is not made again', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.deletePost('post-1');
    const finished = restart(world).finish('a', TARGET, text('done'));
    await world.clock.advance(1000);
    await expect(finished).resolves.toEqual({ delivered: false, reason: 'deleted' });
    expect(living(world)).toEqual([]);
  });
});

describe('closing', () => {
  it('brings every box up to date without keeping the throttle', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    await settle();
    world.poster.show('a', TARGET, text('two'));
    await expect(world.poster.close({ deadlineMs: 1000 })).resolves.toEqual({ undelivered: [] });
    expect(messages(world)).toEqual(['one', 'two']);
    expect(world.poster.open()).toHaveLength(1);
    expect(() => world.poster.show('a', TARGET, text('three'))).toThrow('closed');
    expect(world.clock.timerCount).toBe(0);
  });

  it('is not disturbed by what becomes due meanwhile', async () => {
    const world = setUp();
    const { clock, poster, server } = world;
    let isArchived = true;
    server.onRequest = async ({ name, phase }) => {
      if (name !== 'createPost' || phase !== 'before') return;
      if (isArchived) throw mattermostError('invalid', 'api.post.create_post.can_not_post_to_deleted.error');
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 5000));
    };
    poster.show('a', TARGET, text('one'));
    await clock.advance(59_000);
    isArchived = false;
    // What is held back is tried again at 60 s.
    const closed = poster.close({ deadlineMs: 10_000 });
    await clock.advance(10_000);
    await expect(closed).resolves.toEqual({ undelivered: [] });
    expect(living(world)).toEqual(['one']);
  });

  it('gives up at the deadline and names what was not delivered', async () => {
    const world = setUp();
    world.poster.show('a', TARGET, text('one'));
    world.poster.show('b', TARGET, text('one'));
    await world.clock.advance(1000);
    world.server.onRequest = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const finished = world.poster.finish('a', TARGET, text('done'));
    const closed = world.poster.close({ deadlineMs: 3000 });
    await world.clock.advance(3000);
    await expect(closed).resolves.toEqual({ undelivered: ['a'] });
    await expect(finished).resolves.toEqual({ delivered: false, reason: 'closed' });
    expect(world.poster.open().map((entry) => entry.boxId)).toEqual(['a', 'b']);
    expect(world.clock.timerCount).toBe(0);
  });
});
