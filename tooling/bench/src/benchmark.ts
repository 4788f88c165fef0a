import { setTimeout as delay } from 'node:timers/promises';

/** One figure of a benchmark: what was measured, of which program, and every value. */
export interface Figure {
  /** What was measured, like `append → edit, 20 active of 5 000 files`. */
  readonly what: string;
  /** What it was measured of: `live-status`, or a peer with its version. */
  readonly subject: string;
  /** Unit of the samples, like `ms`, `MB/s`, `% of a core`, or `×` for a ratio of two figures of the same run. */
  readonly unit: string;
  readonly samples: readonly number[];
}

/** How long benchmarks take: `quick` is for checking a change; its figures do not belong in the documents. */
export interface BenchmarkOptions {
  readonly quick: boolean;
  /** Says what is being measured. */
  readonly say: (line: string) => void;
}

/** A benchmark that `npm run bench` runs. */
export interface Benchmark {
  readonly name: string;
  /** One line for `--list`. */
  readonly description: string;
  readonly run: (options: BenchmarkOptions) => Promise<readonly Figure[]>;
}

/** The name of this project as a subject. */
export const OURS = 'live-status';

/** A figure of this project with one sample per measurement. */
export function figure(what: string, unit: string, ...samples: readonly number[]): Figure {
  return { what, subject: OURS, unit, samples };
}

/**
 * Calls `change` for each item every `gapMs`, the items out of step with each other, until `seconds` are over.
 * Returns how many changes that made.
 */
export async function changeInTurn<T>(
  items: readonly T[],
  { gapMs, seconds }: { readonly gapMs: number; readonly seconds: number },
  change: (item: T, count: number) => Promise<void>,
): Promise<number> {
  const endAt = performance.now() + seconds * 1000;
  let changes = 0;
  await Promise.all(
    items.map(async (item, index) => {
      await delay((index * gapMs) / items.length);
      while (performance.now() < endAt) {
        changes += 1;
        await change(item, changes);
        await delay(gapMs);
      }
    }),
  );
  await delay(Math.max(0, endAt - performance.now()));
  return changes;
}
