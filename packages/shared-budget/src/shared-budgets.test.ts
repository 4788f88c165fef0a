import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ask } from './budget-store.ts';
import type { SharedBudget } from './shared-budget.ts';
import { openSharedBudgetsWith, type SharedBudgets } from './shared-budgets.ts';
import { createMemoryStore, type MemoryStore } from './testing.ts';

const URGENT = 2;
const WAITING = 1;
const INTERMEDIATE = 0;

interface Turn {
  readonly member: string;
  readonly at: number;
  readonly priority: number;
}

let clock: FakeClock;
let store: MemoryStore;
let turns: Turn[];

beforeEach(() => {
  clock = createFakeClock(0);
  store = createMemoryStore(clock);
  turns = [];
});

interface Member {
  readonly all: SharedBudgets;
  readonly budget: SharedBudget;
  /** Waits for turns of a priority. */
  readonly want: (count: number, priority?: number) => void;
  readonly logged: string[];
}

/** A process that shares the budget. */
function join(member: string, { ratePerS = 4, lastMembers = 1, through = store.connect() } = {}): Member {
  const logged: string[] = [];
  const note = (_: object, message: string): number => logged.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const all = openSharedBudgetsWith(through, { member, lastMembers, clock, log });
  const budget = all.budget({ server: 'https://chat.example.com', ratePerS });
  const want = (count: number, priority = INTERMEDIATE): void => {
    for (let i = 0; i < count; i += 1) {
      void budget
        .take({ priority: () => priority })
        .then(() => turns.push({ member, at: clock.now(), priority }))
        .catch(() => undefined);
    }
  };
  return { all, budget, want, logged };
}

const countOf = (member: string, from = 0, to = Number.POSITIVE_INFINITY): number =>
  turns.filter((turn) => turn.member === member && turn.at >= from && turn.at < to).length;

/** Most turns in any window of `ms`. */
function busiest(ms: number): number {
  const times = turns.map(({ at }) => at).sort((a, b) => a - b);
  let from = 0;
  return Math.max(
    0,
    ...times.map((at, to) => {
      while (at - (times[from] ?? 0) > ms) from += 1;
      return to - from + 1;
    }),
  );
}

describe('a shared budget', () => {
  it('gives one member what a bucket of its own would', async () => {
    const a = join('a');
    await clock.advance(60_000);
    a.want(10);
    await clock.advance(0);
    expect(countOf('a')).toBe(2);
    await clock.advance(1_900);
    expect(countOf('a')).toBe(9);
  });

  it('divides a rate that all want equally, however much each of them wants', async () => {
    const members = ['a', 'b', 'c'].map((name) => join(name));
    await clock.advance(1_000);
    for (const [index, member] of members.entries()) member.want([400, 40, 400][index] ?? 0);
    await clock.advance(60_000);
    const counts = ['a', 'b', 'c'].map((name) => countOf(name));
    expect(counts[1]).toBe(40);
    expect(Math.abs((counts[0] ?? 0) - (counts[2] ?? 0))).toBeLessThanOrEqual(1);
    expect(turns.length).toBeGreaterThanOrEqual(240);
    expect(turns.length).toBeLessThanOrEqual(243);
  });

  it('serves a member with one request next, beside one with a hundred', async () => {
    const busy = join('busy');
    const quiet = join('quiet');
    busy.want(100);
    await clock.advance(5_000);
    for (let i = 0; i < 10; i += 1) {
      const askedAt = clock.now();
      quiet.want(1);
      await clock.advance(1_000);
      expect((turns.findLast(({ member }) => member === 'quiet')?.at ?? 0) - askedAt).toBeLessThanOrEqual(500);
    }
  });

  it('serves urgent requests of all members first, then those that wait for a person', async () => {
    const members = ['a', 'b', 'c'].map((name) => join(name));
    for (const { want } of members) want(20);
    await clock.advance(3_000);
    turns = [];
    members[0]?.want(4, WAITING);
    members[1]?.want(4, URGENT);
    members[2]?.want(4, URGENT);
    await clock.advance(3_240);
    expect(turns.map(({ priority }) => priority)).toEqual([...Array(8).fill(URGENT), ...Array(4).fill(WAITING)]);
  });

  it('keeps what is reserved for others', async () => {
    const a = join('a');
    const b = join('b');
    await clock.advance(5_000);
    for (let i = 0; i < 3; i += 1) {
      void a.budget
        .take({ priority: () => -1, reserve: () => 1 })
        .then(() => turns.push({ member: 'a', at: clock.now(), priority: -1 }));
    }
    await clock.advance(10);
    b.want(1);
    await clock.advance(10);
    expect(turns.map(({ member }) => member)).toEqual(['a', 'b']);
  });

  it('asks Redis about once for each request, whoever waits', async () => {
    const members = Array.from({ length: 20 }, (_, index) => join(`m${index}`, { ratePerS: 10 }));
    for (const { want } of members) want(100);
    await clock.advance(10_000);
    turns = [];
    const before = store.calls;
    await clock.advance(60_000);
    expect(turns.length).toBeGreaterThanOrEqual(598);
    expect((store.calls - before) / turns.length).toBeLessThan(3);
  });

  it('never gives all members together more than half a second at once and the rate from then on', async () => {
    const step = fc.record({
      member: fc.nat(3),
      count: fc.integer({ min: 1, max: 12 }),
      priority: fc.integer({ min: -1, max: 2 }),
      gapMs: fc.nat(900),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, ratePerS) => {
          clock = createFakeClock(0);
          store = createMemoryStore(clock);
          turns = [];
          const members = ['a', 'b', 'c', 'd'].map((name) => join(name, { ratePerS }));
          let wanted = 0;
          for (const { member, count, priority, gapMs } of steps) {
            members[member]?.want(count, priority);
            wanted += count;
            await clock.advance(gapMs);
          }
          await clock.advance((wanted / ratePerS) * 1_000 + 5_000);
          expect(turns).toHaveLength(wanted);
          for (const ms of [0, 100, 1_000, 10_000]) {
            expect(busiest(ms)).toBeLessThanOrEqual(Math.max(1, ratePerS / 2) + (ms / 1_000) * ratePerS + 1e-6);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is used on by the others when a member goes, and goes on with its share when it only vanished', async () => {
    const members = ['a', 'b'].map((name) => join(name, { ratePerS: 10 }));
    await clock.advance(1_000);
    await members[1]?.all.close();
    members[0]?.want(1_000);
    await clock.advance(10_000);
    expect(countOf('a')).toBeGreaterThanOrEqual(100);
    const lost = join('lost', { ratePerS: 10 });
    await clock.advance(1_000);
    expect(members[0]?.all.status().members).toBe(2);
    // It is killed: nothing more comes from it.
    lost.budget.change = () => undefined;
    lost.budget.signOfLife = async () => undefined;
    await clock.advance(30_000);
    turns = [];
    await clock.advance(10_000);
    expect(turns.length).toBeLessThanOrEqual(56);
    await clock.advance(600_000);
    members[0]?.want(1_000);
    turns = [];
    await clock.advance(10_000);
    expect(turns.length).toBeGreaterThanOrEqual(99);
  });
});

it('leaves a busy member that is cut off its share within two seconds, for it goes on with that', async () => {
  const a = join('a', { ratePerS: 10 });
  let isCutOff = false;
  const line = store.connect();
  const ask = (asked: Ask) => (isCutOff ? Promise.reject(new Error('ECONNRESET')) : line.ask(asked));
  const b = join('b', { ratePerS: 10, through: { ...line, ask } });
  await clock.advance(2_000);
  for (const { want } of [a, b]) want(300);
  await clock.advance(3_000);
  isCutOff = true;
  await clock.advance(2_000);
  turns = [];
  await clock.advance(10_000);
  expect(countOf('a')).toBeLessThanOrEqual(56);
  expect(countOf('b')).toBeLessThanOrEqual(51);
});

describe('what the server says', () => {
  it('holds all members back, not only the one it was said to', async () => {
    const a = join('a');
    const b = join('b');
    await clock.advance(1_000);
    a.budget.limitUntil(clock.now() + 5_000);
    await clock.advance(0);
    b.want(2);
    await clock.advance(4_990);
    expect(turns).toEqual([]);
    await clock.advance(300);
    expect(turns.map(({ at }) => at)).toEqual([6_000, 6_250]);
  });

  it('leaves all members no more than the server has left', async () => {
    const a = join('a', { ratePerS: 10 });
    const b = join('b', { ratePerS: 10 });
    await clock.advance(2_000);
    a.budget.observe({ limit: 101, remaining: 1, resetMs: 10_000 });
    a.want(1);
    await clock.advance(0);
    b.want(1);
    await clock.advance(50);
    expect(turns).toHaveLength(1);
    b.budget.observe({ limit: 10, remaining: 0, resetMs: 10_000 });
    await clock.advance(990);
    expect(turns).toHaveLength(1);
    await clock.advance(20);
    expect(turns).toHaveLength(2);
  });
});

describe('without Redis', () => {
  const faults: readonly (readonly [string, Error | 'hangs', number])[] = [
    ['refuses', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 0],
    ['hangs', 'hangs', 500],
    ['is a replica', new Error("READONLY You can't write against a read only replica."), 0],
    ['has no memory', new Error("OOM command not allowed when used memory > 'maxmemory'."), 0],
    ['is part of a cluster', new Error('MOVED 1234 10.0.0.1:6379'), 0],
    ['wants another password', new Error('WRONGPASS invalid username-password pair'), 0],
  ];

  it.for(faults)('that %s, each member keeps to its share at once, and comes back', async ([, fault, delayMs]) => {
    const members = ['a', 'b', 'c', 'd'].map((name) => join(name, { ratePerS: 8 }));
    await clock.advance(2_000);
    store.breakWith(fault);
    const brokenAt = clock.now();
    for (const { want } of members) want(40);
    await clock.advance(delayMs + 10_000);
    expect(turns[0]?.at).toBeLessThanOrEqual(brokenAt + delayMs);
    for (const name of ['a', 'b', 'c', 'd']) expect(countOf(name)).toBe(22);
    expect(members[0]?.all.status()).toMatchObject({
      state: 'own-share',
      members: 4,
      problem: { fix: expect.any(String) },
    });
    expect(members[0]?.budget.ownRatePerS).toBe(2);
    expect(members[0]?.logged.at(-1)).toBe('cannot share MAX_UPDATES_PER_S: keeping to an equal share');
    store.breakWith(undefined);
    await clock.advance(16_000);
    expect(members.map(({ all }) => all.status().state)).toEqual(Array(4).fill('shared'));
    expect(members[0]?.logged).toEqual([
      'sharing MAX_UPDATES_PER_S through Redis',
      'cannot share MAX_UPDATES_PER_S: keeping to an equal share',
      'sharing MAX_UPDATES_PER_S through Redis',
    ]);
  });

  it('from the start, each keeps to its share of as many as there were last', async () => {
    store.breakWith(new Error('ECONNREFUSED'));
    const a = join('a', { ratePerS: 9, lastMembers: 3 });
    a.want(60);
    await clock.advance(10_000);
    expect(countOf('a')).toBe(33);
  });

  it.for([
    [400, 'shared'],
    [700, 'own-share'],
  ] as const)(
    'that takes %i ms for an answer is %s, and requests are never late by more than half a second',
    async ([delayMs, state]) => {
      const slow = {
        ...store.connect(),
        ask: async (ask: Ask) => {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs));
          return store.ask(ask);
        },
      };
      const a = join('a', { through: slow });
      await clock.advance(3_000);
      const askedAt = clock.now();
      a.want(1);
      await clock.advance(501);
      expect(turns.map(({ at }) => at - askedAt <= 500)).toEqual([true]);
      expect(a.all.status().state).toBe(state);
    },
  );

  it('tells the store of the waits that the server asks for as soon as it is back', async () => {
    const a = join('a');
    const b = join('b');
    await clock.advance(2_000);
    store.breakWith(new Error('ECONNREFUSED'));
    a.want(1);
    await clock.advance(10);
    a.budget.limitUntil(clock.now() + 8_000);
    store.breakWith(undefined);
    await clock.advance(3_000);
    turns = [];
    b.want(1);
    await clock.advance(4_900);
    expect(turns).toEqual([]);
    await clock.advance(500);
    expect(turns).toHaveLength(1);
  });

  it('serves urgent requests first, and every one of them', async () => {
    store.breakWith('hangs');
    const a = join('a');
    a.want(20);
    a.want(3, URGENT);
    await clock.advance(10_000);
    expect(turns).toHaveLength(23);
    expect(turns.slice(0, 3).map(({ priority }) => priority)).toEqual([URGENT, URGENT, URGENT]);
  });

  it('that comes back with nothing in it, nobody uses the share of those who are not back yet', async () => {
    const shared = [join('a', { ratePerS: 9 }), join('b', { ratePerS: 9 }), join('c', { ratePerS: 9 })];
    await clock.advance(2_000);
    store.breakWith(new Error('ECONNRESET'));
    for (const { want } of shared) want(1);
    await clock.advance(100);
    store.forget();
    store.breakWith(undefined);
    // Only the first of them notices.
    for (const { budget } of shared.slice(1)) budget.signOfLife = async () => undefined;
    await clock.advance(5_000);
    turns = [];
    for (const { want } of shared) want(200);
    await clock.advance(10_000);
    expect(turns.length).toBeLessThanOrEqual(9 * 10 + 9 * 1.5);
    expect(countOf('a')).toBeGreaterThanOrEqual(29);
  });

  it('gives all members together at most two seconds’ worth at once when it breaks and comes back', async () => {
    const fault = fc.constantFrom<Error | 'hangs'>('hangs', new Error('OOM'));
    await fc.assert(
      fc.asyncProperty(
        fault,
        fc.array(fc.nat(4_000), { minLength: 2, maxLength: 8 }),
        fc.nat(7),
        fc.nat(7),
        async (broken, gaps, from, to) => {
          clock = createFakeClock(0);
          store = createMemoryStore(clock);
          turns = [];
          const members = ['a', 'b', 'c'].map((name) => join(name, { ratePerS: 6 }));
          await clock.advance(2_000);
          for (const [index, gapMs] of gaps.entries()) {
            store.breakWith(index >= from && index <= to ? broken : undefined);
            members[index % 3]?.want(30);
            await clock.advance(gapMs);
          }
          store.breakWith(undefined);
          await clock.advance(100_000);
          expect(turns).toHaveLength(gaps.length * 30);
          for (const ms of [0, 1_000, 10_000]) expect(busiest(ms)).toBeLessThanOrEqual(12 + (ms / 1_000) * 6);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('closes at once, and leaves no timer and nobody waiting', async () => {
    const a = join('a');
    a.want(3);
    store.breakWith('hangs');
    await clock.advance(100);
    const closed = a.all.close();
    await clock.advance(2_000);
    await closed;
    expect(turns).toHaveLength(3);
    expect(clock.timerCount).toBe(0);
  });

  it('leaves the turn to the next when a waiter gives up', async () => {
    const a = join('a', { ratePerS: 1 });
    await clock.advance(2_000);
    a.want(1);
    await clock.advance(0);
    const giving = new AbortController();
    const given = a.budget.take({ signal: giving.signal });
    a.want(1);
    await clock.advance(0);
    giving.abort(new Error('stop'));
    await expect(given).rejects.toThrow('stop');
    await clock.advance(1_100);
    expect(turns).toHaveLength(2);
    expect(a.budget.waiting).toBe(0);
  });
});
