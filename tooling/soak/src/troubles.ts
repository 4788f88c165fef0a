import { delay } from '@live-status/resilience';
import type { Fault, Simulator } from '@live-status/simulators/mattermost';
import { between, type Random, shuffled } from '@live-status/simulators/random';
import type { Agents } from './conversation.ts';

/** How often something goes wrong, and for how long. */
export interface TroublePace {
  /** Milliseconds between two troubles, from and to. */
  readonly restMs: readonly [number, number];
  /** How many times as long as usual each lasts. Usual: 5 to 30 s. */
  readonly scale: number;
}

/** Things go wrong one after the other; for this long after each the daemon may still be catching up. */
const SETTLE_MS = 20_000;
const UNTIL_CLEARED = { times: Number.POSITIVE_INFINITY } as const;

interface Trouble {
  readonly name: string;
  readonly run: (ms: (range: readonly [number, number]) => number) => Promise<void>;
}

/** What goes wrong with Mattermost and with the gateway. Everything happens once before anything happens again. */
export class Troubles {
  /** How often each happened. */
  readonly counts = new Map<string, number>();
  readonly #all: readonly Trouble[];
  readonly #random: Random;
  readonly #pace: TroublePace;
  #isRunning = false;
  #endedAt = 0;

  constructor(parts: { readonly simulator: Simulator; readonly agents: Agents }, random: Random, pace: TroublePace) {
    this.#all = troublesOf(parts);
    this.#random = random;
    this.#pace = pace;
  }

  /** Whether nothing is wrong, nor was a moment ago. */
  get isCalm(): boolean {
    return !this.#isRunning && performance.now() >= this.calmSince;
  }

  /** When calm began, as `performance.now()` has it. */
  get calmSince(): number {
    return this.#isRunning ? Number.POSITIVE_INFINITY : this.#endedAt + SETTLE_MS * Math.min(1, this.#pace.scale);
  }

  /** Makes trouble until aborted; the one that is under way is ended properly. */
  async run(signal: AbortSignal): Promise<void> {
    const ms = ([from, to]: readonly [number, number]): number => {
      return between(this.#random, [from, to]) * this.#pace.scale;
    };
    while (!signal.aborted) {
      for (const { name, run } of shuffled(this.#random, this.#all)) {
        await delay(between(this.#random, this.#pace.restMs), { signal }).catch(() => {});
        if (signal.aborted) return;
        this.#isRunning = true;
        await run(ms);
        this.#isRunning = false;
        this.#endedAt = performance.now();
        this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      }
    }
  }
}

function troublesOf({
  simulator,
  agents,
}: {
  readonly simulator: Simulator;
  readonly agents: Agents;
}): readonly Trouble[] {
  const { faults } = simulator;
  const fault = (name: string, range: readonly [number, number], begin: () => Fault): Trouble => ({
    name,
    async run(ms) {
      const begun = begin();
      await delay(ms(range));
      begun.clear();
    },
  });
  const error = { status: 503, errorId: 'app.database.app_error' };
  return [
    {
      name: 'Mattermost away',
      async run(ms) {
        await faults.offline();
        await delay(ms([5_000, 30_000]));
        await faults.online();
      },
    },
    {
      name: 'rate limit',
      async run(ms) {
        simulator.setLimiter({ enable: true, perSec: 3, burst: 5 });
        await delay(ms([10_000, 20_000]));
        simulator.setLimiter({ enable: false });
      },
    },
    fault('503', [5_000, 15_000], () => faults.fail(error, UNTIL_CLEARED)),
    fault('502 of a proxy', [5_000, 10_000], () => faults.html502(UNTIL_CLEARED)),
    fault('slow answers', [10_000, 20_000], () => faults.latency(1_500)),
    fault('no answers', [5_000, 12_000], () => faults.hang(UNTIL_CLEARED)),
    fault('lost answers', [5_000, 10_000], () => faults.loseAnswer({ times: 20 })),
    fault('flapping', [5_000, 10_000], () => faults.flapping({ upMs: 700, downMs: 500 })),
    fault('database away', [5_000, 20_000], () => faults.databaseAway()),
    { name: 'gateway restart', run: (ms) => agents.restart(ms([2_000, 6_000])) },
    { name: 'gateway out of reach', run: (ms) => agents.loseConnection(ms([1_000, 8_000])) },
  ];
}
