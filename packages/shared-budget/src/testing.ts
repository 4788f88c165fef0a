import type { Clock } from '@live-status/resilience';
import type { Ask, BudgetStore, Grant } from './budget-store.ts';

/** A store in memory whose connection a test can break. */
export interface MemoryStore extends BudgetStore {
  /** How many times it was asked. */
  readonly calls: number;
  /** A connection of another process to the same state. */
  connect(): BudgetStore;
  /** What an `ask` meets from now on: an error, no answer (`'hangs'`), or nothing wrong. */
  breakWith(fault: Error | 'hangs' | undefined): void;
  /** Forgets everything, as a Redis without persistence does when it is killed. */
  forget(): void;
}

interface Ticket {
  readonly priority: number;
  readonly start: number;
}

interface State {
  tokens: number;
  at: number;
  virtual: number;
  blocked: number;
  block: number;
  expected: number;
  expectedUntil: number;
  outage: number;
  readonly queue: Map<string, Ticket>;
  readonly due: Map<string, number>;
  readonly seen: Map<string, number>;
  readonly served: Map<string, number>;
}

/** Decides as the script in Redis does. Its clock stands for the one of Redis. */
export function createMemoryStore(clock: Pick<Clock, 'now'>): MemoryStore {
  const states = new Map<string, State>();
  let fault: Error | 'hangs' | undefined;
  let calls = 0;
  const store: BudgetStore = {
    async ask(ask) {
      calls += 1;
      if (fault === 'hangs') return new Promise(() => undefined);
      if (fault !== undefined) throw fault;
      const now = Math.trunc(clock.now());
      const state = states.get(ask.budget) ?? newState(now, ask.lastMembers);
      states.set(ask.budget, state);
      return decide(state, ask, now);
    },
    reset() {},
    async close() {},
  };
  return {
    ...store,
    get calls() {
      return calls;
    },
    connect: () => store,
    breakWith: (next) => {
      fault = next;
    },
    forget: () => states.clear(),
  };
}

function newState(now: number, lastMembers: number): State {
  return {
    tokens: 1,
    at: now,
    virtual: 0,
    blocked: 0,
    block: 0,
    expected: lastMembers,
    expectedUntil: now + 30_000,
    outage: 0,
    queue: new Map(),
    due: new Map(),
    seen: new Map(),
    served: new Map(),
  };
}

function decide(state: State, ask: Ask, now: number): Grant {
  const { queue, due, seen, served } = state;
  const { member, ratePerS, priority, demand, reserve } = ask;
  for (const [gone] of upTo(seen, now - 600_000)) {
    seen.delete(gone);
    served.delete(gone);
  }
  const quietMs = 2.5 * Math.max(10_000, seen.size * 60);
  for (const [late] of upTo(due, now)) {
    due.delete(late);
    if (late === member) continue;
    queue.delete(late);
    if (seen.has(late)) seen.set(late, now - quietMs - 1);
  }
  if (ask.leaves) for (const map of [queue, due, seen, served]) map.delete(member);
  else seen.set(member, now);
  if (state.expectedUntil <= now || state.expectedUntil > now + 30_000) state.expected = 0;
  if (state.blocked > now + state.block) state.blocked = now + state.block;
  if (state.at > Math.max(now, state.blocked)) state.at = now;
  if (state.outage > now) state.outage = 0;
  if (ask.awayMs > 0) state.outage = Math.max(state.outage, now - ask.awayMs);
  const heardSince = Math.max(state.outage, now - quietMs);
  const absent = [...seen.values()].filter((at) => at < heardSince).length;
  const members = Math.max(seen.size, state.expected, 1);
  const effective = (ratePerS * Math.max(1, seen.size - absent)) / members;
  const size = Math.max(1, ratePerS / 2);
  refill(state, { now, effective, size, ask });
  if (demand === 0 || ask.leaves) {
    queue.delete(member);
    due.delete(member);
    return { granted: 0, askAgainMs: 0, members };
  }
  let start = queue.get(member)?.start ?? Math.max(state.virtual, served.get(member) ?? 0);
  queue.set(member, { priority, start });
  const waiting = queue.size;
  const batch = Math.max(1, Math.floor(effective / 5 / waiting));
  const left = Math.min(reserve, size - 1);
  const most = waiting === 1 ? demand : Math.min(demand, batch);
  let before = rankOf(queue, member);
  const there = Math.floor(state.tokens + 1e-9 - left) - before;
  const granted = state.blocked > now ? 0 : Math.max(0, Math.min(most, there));
  if (granted > 0) {
    state.tokens -= granted;
    state.virtual = Math.max(state.virtual, start);
    start += granted;
    served.set(member, start);
    if (granted < demand) queue.set(member, { priority, start });
    else queue.delete(member);
    before = rankOf(queue, member);
  }
  if (granted === demand) {
    due.delete(member);
    return { granted, askAgainMs: 0, members };
  }
  const want = priority > 0 ? 1 : Math.min(demand - granted, batch);
  const missing = Math.max(0, before + want + left - state.tokens);
  const wait = Math.ceil((missing / effective) * 1000) + Math.max(0, state.blocked - now);
  const askAgainMs = wait <= 2000 ? wait : Math.max(2000, Math.floor(wait * 0.9));
  due.set(member, now + askAgainMs + 1500);
  return { granted, askAgainMs, members };
}

function refill(
  state: State,
  {
    now,
    effective,
    size,
    ask,
  }: { readonly now: number; readonly effective: number; readonly size: number; readonly ask: Ask },
): void {
  if (now > state.at) {
    state.tokens = Math.min(size, state.tokens + ((now - state.at) / 1000) * effective);
    state.at = now;
  }
  if (ask.awayMs > 0) state.tokens = 0;
  if (ask.remaining !== undefined) state.tokens = Math.min(state.tokens, ask.remaining);
  const { blockMs = 0 } = ask;
  if (blockMs > 0 && now + blockMs > state.blocked) {
    state.blocked = now + blockMs;
    state.block = blockMs;
    state.tokens = 1;
    state.at = state.blocked;
  }
}

function upTo(times: ReadonlyMap<string, number>, max: number): readonly [string, number][] {
  return [...times].filter(([, at]) => at <= max);
}

/** How many tickets are served before the one of a member. */
function rankOf(queue: ReadonlyMap<string, Ticket>, member: string): number {
  const own = queue.get(member);
  if (own === undefined) return 0;
  let before = 0;
  for (const [other, { priority, start }] of queue) {
    const order = own.priority - priority || start - own.start || (other < member ? -1 : 1);
    if (other !== member && order < 0) before += 1;
  }
  return before;
}
