import { closingLine } from '../../checks/src/check.ts';

/** A step failed without which the following ones make no sense. Its problem is printed already. */
export class StepFailedError extends Error {
  override readonly name = 'StepFailedError';
}

/** Does the steps of a rehearsal and prints a line for each, with its time, and counts them. */
export class StepLog {
  readonly #print: (line: string) => void;
  #passed = 0;
  #failed = 0;
  readonly #skipped: string[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  get failed(): number {
    return this.#failed;
  }

  /**
   * Does what the following steps need.
   * @throws {StepFailedError} when it fails
   */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      const result = await work();
      this.#end('ok', name, startMs);
      return result;
    } catch (cause) {
      this.#end('FAIL', name, startMs, [cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)]);
      throw new StepFailedError(name, { cause });
    }
  }

  /** Looks for problems, one text each, and goes on whatever there is. */
  async check(name: string, find: () => Promise<readonly string[]>): Promise<void> {
    const startMs = performance.now();
    const problems = await find().catch((error: unknown) => [
      error instanceof Error ? (error.stack ?? '') : `${error}`,
    ]);
    this.#end(problems.length === 0 ? 'ok' : 'FAIL', name, startMs, problems);
  }

  skip(name: string, reason: string): void {
    this.#skipped.push(name);
    this.#print(`skip ${name}: ${reason}`);
  }

  /** `N passed, N failed`. */
  closingLine(): string {
    return closingLine({ passed: this.#passed, failed: this.#failed, skipped: this.#skipped });
  }

  #end(mark: 'ok' | 'FAIL', name: string, startMs: number, problems: readonly string[] = []): void {
    if (mark === 'ok') this.#passed += 1;
    else this.#failed += 1;
    this.#print(`${mark.padEnd(4)} ${name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
    for (const problem of problems) this.#print(problem.replace(/^/gm, '     '));
  }
}
