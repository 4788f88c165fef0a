import { openSharedBudgetsWith, type SharedBudgets } from '@live-status/shared-budget';
import { createMemoryStore, type MemoryStore } from '@live-status/shared-budget/testing';
import { describe, expect, it } from 'vitest';
import { sharingReasons } from './health.ts';
import { createMetrics } from './metrics.ts';
import { messages, Story, startWorld, type World } from './testing/world.ts';

interface Shared {
  /** Priorities of the requests that this daemon asked for. */
  readonly priorities: number[];
  readonly world: World;
  readonly store: MemoryStore;
  readonly other: SharedBudgets;
}

/** A daemon that shares with another process. */
async function setUp(): Promise<Shared> {
  const priorities: number[] = [];
  let store: MemoryStore | undefined;
  let other: SharedBudgets | undefined;
  const world = await startWorld({
    budgets: ({ clock, log }) => {
      store = createMemoryStore(clock as NonNullable<typeof clock>);
      other = openSharedBudgetsWith(store.connect(), { member: 'other', clock });
      other.budget({ server: 'https://chat.example.com/', ratePerS: 4 });
      const connection = store.connect();
      const ask: typeof connection.ask = (asked) => {
        if (asked.demand > 0) priorities.push(asked.priority);
        return connection.ask(asked);
      };
      return openSharedBudgetsWith({ ...connection, ask }, { member: 'this', clock, log });
    },
  });
  if (store === undefined || other === undefined) throw new Error('nothing is shared');
  return { priorities, world, store, other };
}

describe('a daemon that shares its rate of writes', () => {
  it('posts through it, and says how it stands', async () => {
    const { world, store } = await setUp();
    await world.clock.advance(3_000);
    new Story(world).begin('r1').call('r1', 'c1');
    await world.clock.advance(3_000);
    expect(messages(world)).toEqual([expect.stringContaining('[ACTIVE]')]);
    expect(world.daemon.report()).toMatchObject({
      status: 'ok',
      sharing: { state: 'shared', members: 2, failures: 0 },
    });
    const metrics = await createMetrics(() => world.daemon.report()).metrics();
    expect(metrics).toContain('live_status_budget_shared 1');
    expect(metrics).toContain('live_status_budget_daemons 2');
    expect(metrics).toContain(`live_status_redis_calls_total ${world.daemon.report().sharing?.calls}`);
    expect(store.calls).toBeGreaterThan(0);
  });

  it('asks for the create first, and for what a person waits for before other edits', async () => {
    const { world, priorities } = await setUp();
    const story = new Story(world).begin('r1').call('r1', 'c1');
    await world.clock.advance(3_000);
    story.result('r1', 'c1').call('r1', 'c2');
    await world.clock.advance(3_000);
    story.asks('r1', 'c2', 'a1');
    await world.clock.advance(3_000);
    const asked = priorities.filter((priority) => priority >= 0);
    expect(asked.slice(0, 2)).toEqual([2, 0]);
    expect(asked.slice(2)).toContain(1);
  });

  it('is degraded while Redis is away, goes on posting, and is well again when it is back', async () => {
    const { world, store } = await setUp();
    await world.clock.advance(3_000);
    store.breakWith('hangs');
    new Story(world).begin('r1').call('r1', 'c1');
    await world.clock.advance(3_000);
    expect(messages(world)).toEqual([expect.stringContaining('[ACTIVE]')]);
    const { status, reasons } = world.daemon.report();
    expect(status).toBe('degraded');
    expect(reasons).toEqual([
      {
        level: 'degraded',
        what: 'Redis did not answer within 500 ms: this daemon keeps to 1/2 of MAX_UPDATES_PER_S by itself',
        fix: expect.stringContaining('Check Redis'),
      },
    ]);
    expect(await createMetrics(() => world.daemon.report()).metrics()).toContain('live_status_budget_shared 0');
    store.breakWith(undefined);
    await world.clock.advance(20_000);
    expect(world.daemon.report().status).toBe('ok');
  });

  it('tells the others when it stops', async () => {
    const { world, other } = await setUp();
    await world.clock.advance(3_000);
    expect(other.status().members).toBe(2);
    const stopped = world.daemon.stop();
    await world.clock.advance(20_000);
    await stopped;
    expect(other.status().members).toBe(1);
    await other.close();
    expect(world.clock.timerCount).toBe(0);
  });
});

describe('sharingReasons', () => {
  const own = { state: 'own-share', since: 0, calls: 1, failures: 1 } as const;
  const problem = { what: 'Redis refuses the password (WRONGPASS)', fix: 'Correct it' };

  it('is quiet without REDIS_URL, and as long as nothing is wrong', () => {
    expect(sharingReasons(undefined)).toEqual([]);
    expect(sharingReasons({ ...own, state: 'shared', members: 3 })).toEqual([]);
    expect(sharingReasons({ ...own, state: 'connecting', members: 1 })).toEqual([]);
  });

  it('says what it keeps to, where it is alone as well', () => {
    const [reason] = sharingReasons({ ...own, members: 1, problem });
    expect(reason).toEqual({
      level: 'degraded',
      what: 'Redis refuses the password (WRONGPASS): this daemon keeps to the whole of MAX_UPDATES_PER_S by itself',
      fix: 'Correct it',
    });
  });
});
