import { silentLog } from '@live-status/resilience';
import { createFakeClock, type FakeClock, settle } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import { createMemoryLedger, type Ledger } from './ledger.ts';
import type { LiveContent } from './post-state.ts';
import { createPosterWith, type Poster, type PosterOptions } from './poster.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from './testing.ts';

const TARGET = { channelId: 'town' };
const text = (message: string): LiveContent => ({ key: message, render: () => ({ message }) });
const board = (message: string): LiveContent => ({ ...text(message), pinned: true, yielding: true });

interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly ledger: Ledger;
  readonly poster: Poster;
}

function setUp(before?: Partial<World>, options: Partial<PosterOptions> = {}): World {
  const clock = before?.clock ?? createFakeClock();
  const server = before?.server ?? createMemoryServer(clock);
  const ledger = before?.ledger ?? createMemoryLedger(clock);
  const poster = createPosterWith({ api: server.api, ledger, clock, log: silentLog, ...options });
  return { clock, server, ledger, poster };
}

describe('a pinned post', () => {
  it('is pinned once it is made; whoever unpins it wins, also over the next process', async () => {
    const world = setUp();
    world.poster.show('board', TARGET, board('one'));
    await world.clock.advance(1_000);
    const [postId = ''] = world.server.posts.keys();
    expect(world.server.pinned).toEqual(new Set([postId]));
    world.server.pinned.clear();
    world.poster.show('board', TARGET, board('two'));
    await world.clock.advance(1_000);
    const next = setUp(world);
    next.poster.show('board', TARGET, board('three'));
    await world.clock.advance(1_000);
    expect(world.server.pinned.size).toBe(0);
    expect([...world.server.posts.values()].map(({ message }) => message)).toEqual(['three']);
    expect(world.server.requests.filter((name) => name === 'setPinned')).toHaveLength(1);
  });

  it('is pinned by the next process where this one died before it could', async () => {
    const world = setUp();
    world.server.onRequest = ({ name, signal }) =>
      name !== 'setPinned'
        ? undefined
        : new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
          });
    world.poster.show('board', TARGET, board('one'));
    await world.clock.advance(1_000);
    expect(world.server.posts.size).toBe(1);
    world.server.onRequest = () => undefined;
    const next = setUp(world);
    next.poster.show('board', TARGET, board('one'));
    await world.clock.advance(1_000);
    expect(world.server.pinned).toEqual(new Set(world.server.posts.keys()));
    expect(world.server.posts.size).toBe(1);
  });

  it('is kept up to date where it may not be pinned', async () => {
    const world = setUp();
    world.server.onRequest = ({ name, phase }) => {
      if (name === 'setPinned' && phase === 'before') throw mattermostError('forbidden', 'api.context.permissions');
    };
    world.poster.show('board', TARGET, board('one'));
    await world.clock.advance(1_000);
    world.poster.show('board', TARGET, board('two'));
    await world.clock.advance(1_000);
    expect([...world.server.posts.values()].map(({ message }) => message)).toEqual(['two']);
    expect(world.server.requests.filter((name) => name === 'setPinned')).toHaveLength(1);
    expect(world.poster.status().reasons).toEqual([]);
  });

  it('is found again without a ledger, however old it is, but not that of another installation', async () => {
    const world = setUp();
    world.poster.show('board', TARGET, board('one'));
    const other = setUp({ clock: world.clock, server: world.server });
    other.poster.show('board', TARGET, board('other'));
    await world.clock.advance(40 * 24 * 3_600_000);
    const { instanceId } = world.ledger;
    const empty = Object.assign(createMemoryLedger(world.clock), { instanceId });
    const next = setUp({ ...world, ledger: empty });
    next.poster.show('board', TARGET, board('two'));
    await world.clock.advance(1_000);
    expect([...world.server.posts.values()].map(({ message }) => message)).toEqual(['two', 'other']);
  });

  it('hands the pin on to the post that continues it when it may not be edited any more', async () => {
    const world = setUp();
    world.poster.show('board', TARGET, board('one'));
    await world.clock.advance(1_000);
    const [first = ''] = world.server.posts.keys();
    world.server.onRequest = ({ name, phase }) => {
      if (name !== 'patchPost' || phase !== 'before') return;
      throw mattermostError('invalid', 'api.post.update_post.permissions_time_limit.app_error');
    };
    world.poster.show('board', TARGET, board('two'));
    await world.clock.advance(5_000);
    const [, second = ''] = world.server.posts.keys();
    expect([...world.server.posts.values()].map(({ message }) => message)).toEqual(['one', 'two']);
    expect(world.server.pinned).toEqual(new Set([second]));
    expect(first).not.toBe(second);
  });
});

describe('a post that yields', () => {
  /** Ten posts that change all the time, more than the rate allows; `onEdit` is called for each edit with its box. */
  function keepBusy({ clock, poster }: World, forMs: number): Promise<void> {
    let at = 0;
    const change = (): void => {
      for (let box = 0; box < 10; box += 1) poster.show(`box-${box}`, TARGET, text(`box-${box} ${at}`));
      at += 500;
      if (at < forMs) clock.setTimeout(change, 500);
    };
    change();
    return clock.advance(forMs);
  }

  it('waits for all others, and for no longer than 30 s', async () => {
    const world = setUp();
    world.poster.show('board', TARGET, board('one'));
    await world.clock.advance(10_000);
    const from = world.clock.now();
    await keepBusy(world, 5_000);
    world.poster.show('board', TARGET, board('two'));
    await keepBusy(world, 60_000);
    const edits = world.server.edits.filter(({ at }) => at > from);
    const atOf = (message: string): number => (edits.find((edit) => edit.message === message)?.at ?? 0) - from;
    expect(atOf('two')).toBeGreaterThanOrEqual(35_000);
    expect(atOf('two')).toBeLessThan(40_000);
  });

  it('leaves a turn over, so that work that begins next to it is shown at once', async () => {
    const world = setUp({}, { maxUpdatesPerS: 3 });
    world.poster.show('a', TARGET, text('a'));
    await settle();
    // Of three turns, the create and the question about the server's limits took two.
    world.poster.show('board', TARGET, board('one'));
    await settle();
    const at = world.clock.now();
    world.poster.show('b', TARGET, text('b'));
    await settle();
    expect(world.server.edits.map(({ message }) => message)).toEqual(['a', 'b']);
    expect(world.server.edits.at(-1)?.at).toBe(at);
    await world.clock.advance(10_000);
    expect(world.server.edits.map(({ message }) => message)).toEqual(['a', 'b', 'one']);
  });
});
