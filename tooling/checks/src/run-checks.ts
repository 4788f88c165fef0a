import type { Check, CheckContext, CheckResult } from './check.ts';

/** How checks are run. */
export interface RunOptions extends CheckContext {
  /** Checks that may run at the same time. */
  readonly concurrency: number;
  readonly onStart: (check: Check) => void;
  readonly onEnd: (check: Check, result: CheckResult, elapsedMs: number) => void;
}

/**
 * Runs checks, each after those it names, at most `concurrency` at once, and those marked `alone` one by one after all others.
 * A check that throws is a failed check.
 */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<CheckResult[]> {
  const together = checks.filter(({ alone }) => !alone);
  const results = await runTogether(together, options);
  for (const check of checks.filter(({ alone }) => alone)) results.push(await runOne(check, options));
  return results;
}

async function runTogether(checks: readonly Check[], options: RunOptions): Promise<CheckResult[]> {
  const waiting = [...checks];
  const unfinished = new Set(checks.map(({ name }) => name));
  const running = new Set<Promise<void>>();
  const results: CheckResult[] = [];
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(({ after = [] }) => !after.some((name) => unfinished.has(name)));
    const check = running.size < options.concurrency && next >= 0 ? waiting.splice(next, 1)[0] : undefined;
    if (!check) {
      if (running.size === 0)
        throw new Error(`Checks wait for each other: ${waiting.map(({ name }) => name).join(', ')}`);
      await Promise.race(running);
      continue;
    }
    const done = runOne(check, options).then((result) => {
      results.push(result);
      unfinished.delete(check.name);
      running.delete(done);
    });
    running.add(done);
  }
  return results;
}

async function runOne(check: Check, { root, signal, onStart, onEnd }: RunOptions): Promise<CheckResult> {
  signal.throwIfAborted();
  const startedMs = performance.now();
  onStart(check);
  const result = await check.run({ root, signal }).catch((error: unknown): CheckResult => {
    signal.throwIfAborted();
    return {
      passed: 0,
      failed: 1,
      skipped: [],
      output: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  });
  onEnd(check, result, performance.now() - startedMs);
  return result;
}
