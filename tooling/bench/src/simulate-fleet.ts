/**
 * Many hosts that share one write budget, on a virtual clock: the real budget with the store in memory, and a model of
 * posts. Prints a table for docs/scale.md.
 *
 *     node --conditions=@live-status/source tooling/bench/src/simulate-fleet.ts [--hosts 1,3,10] [--rate 10] [--throttle 500] [--seconds 600] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { openSharedBudgetsWith, type SharedBudget } from '@live-status/shared-budget';
import { createMemoryStore } from '@live-status/shared-budget/testing';
import { seededRandom } from '@live-status/simulators/random';

/** Work that is shown at once on each host. */
const POSTS_PER_HOST = 2;
/** How long a piece of work takes on average, and until the next one begins, milliseconds. */
const WORK_MS = 120_000;
const REST_MS = 120_000;
/** Gap between two changes of a post on average, milliseconds. */
const CHANGE_MS = 1_000;
/** Share of the edits that a person waits for. */
const AWAITED = 0.02;
const PRIORITY = { intermediate: 0, awaited: 1, urgent: 2 } as const;
type Kind = keyof typeof PRIORITY;

interface Fleet {
  readonly clock: FakeClock;
  readonly random: () => number;
  /** When measuring begins, milliseconds. */
  readonly from: number;
  /** Delays of what was sent since then, by kind, milliseconds. */
  readonly delays: Record<Kind, number[]>;
  readonly sentBy: Map<string, number>;
  readonly stopping: AbortSignal;
  /** Least time between two edits of a post, milliseconds. */
  readonly throttleMs: number;
}

interface Row {
  readonly hosts: number;
  readonly seconds: number;
  readonly delays: Fleet['delays'];
  readonly perHost: readonly number[];
  readonly calls: number;
}

function wait({ clock, stopping }: Fleet, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    stopping.throwIfAborted();
    clock.setTimeout(() => (stopping.aborted ? reject(stopping.reason) : resolve()), ms);
  });
}

const exponential = ({ random }: Fleet, meanMs: number): number => -Math.log(1 - random()) * meanMs;

/** Sends one request as soon as the budget allows, and notes how late what it shows was. */
async function send(fleet: Fleet, host: string, budget: SharedBudget, kind: Kind, changedAt: number): Promise<void> {
  await budget.take({ priority: () => PRIORITY[kind], signal: fleet.stopping });
  if (fleet.clock.now() < fleet.from) return;
  fleet.delays[kind].push(fleet.clock.now() - changedAt);
  fleet.sentBy.set(host, (fleet.sentBy.get(host) ?? 0) + 1);
}

/** Pieces of work, one after the other: a post is created, edited as it changes, and ended. */
async function work(fleet: Fleet, host: string, budget: SharedBudget): Promise<void> {
  const { clock, random } = fleet;
  await wait(fleet, random() * (WORK_MS + REST_MS));
  for (;;) {
    const endsAt = clock.now() + exponential(fleet, WORK_MS);
    await send(fleet, host, budget, 'urgent', clock.now());
    for (;;) {
      const changesAt = clock.now() + exponential(fleet, CHANGE_MS);
      await wait(fleet, Math.min(endsAt, Math.max(changesAt, clock.now() + fleet.throttleMs)) - clock.now());
      if (clock.now() >= endsAt) break;
      await send(fleet, host, budget, random() < AWAITED ? 'awaited' : 'intermediate', changesAt);
      if (clock.now() >= endsAt) break;
    }
    await send(fleet, host, budget, 'urgent', Math.max(endsAt, clock.now()));
    await wait(fleet, exponential(fleet, REST_MS));
  }
}

async function simulate(
  hosts: number,
  options: { readonly rate: number; readonly seconds: number; readonly seed: number; readonly throttle: number },
): Promise<Row> {
  const clock = createFakeClock(0);
  const store = createMemoryStore(clock);
  const stopping = new AbortController();
  const warmUpMs = 300_000;
  const fleet: Fleet = {
    clock,
    random: seededRandom(options.seed),
    from: warmUpMs,
    delays: { intermediate: [], awaited: [], urgent: [] },
    sentBy: new Map(),
    stopping: stopping.signal,
    throttleMs: options.throttle,
  };
  for (let index = 0; index < hosts; index += 1) {
    const host = `host-${index}`;
    fleet.sentBy.set(host, 0);
    const budget = openSharedBudgetsWith(store.connect(), { member: host, clock }).budget({ ratePerS: options.rate });
    // Two posts at a time, each at work for half of the time.
    for (let post = 0; post < POSTS_PER_HOST * 2; post += 1) work(fleet, host, budget).catch(() => undefined);
  }
  await clock.advance(warmUpMs);
  const callsBefore = store.calls;
  await clock.advance(options.seconds * 1_000);
  const calls = store.calls - callsBefore;
  stopping.abort(new Error('over'));
  return { hosts, seconds: options.seconds, delays: fleet.delays, perHost: [...fleet.sentBy.values()], calls };
}

function quantile(values: readonly number[], part: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return ms === undefined ? '–' : `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function line({ hosts, seconds, delays, perHost, calls }: Row): string {
  const sent = perHost.reduce((sum, count) => sum + count, 0);
  const both = (values: readonly number[]): string => `${quantile(values, 0.5)} / ${quantile(values, 0.99)}`;
  const perMinute = (count: number): string => ((count / seconds) * 60).toFixed(1);
  const cells = [
    hosts,
    `${(sent / seconds).toFixed(1)}`,
    both(delays.urgent),
    both(delays.awaited),
    both(delays.intermediate),
    `${perMinute(Math.min(...perHost))} to ${perMinute(Math.max(...perHost))}`,
    `${(calls / seconds).toFixed(1)}`,
    `${(calls / Math.max(1, sent)).toFixed(2)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1,3,10,30,100,300,1000' },
    rate: { type: 'string', default: '10' },
    throttle: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
  },
});
const options = {
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  throttle: Number(values.throttle),
};
console.log(
  '| hosts | writes/s | creates and ends late by (p50 / p99) | waiting for a person | other edits | writes a host and minute | Redis calls/s | for each write |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const hosts of values.hosts.split(',').map(Number)) console.log(line(await simulate(hosts, options)));
