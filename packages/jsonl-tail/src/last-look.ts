import type { TailClock } from './clock.ts';
import { type FileSight, isSameInode, isSameSight, isSettled } from './file-sight.ts';
import { planRead, type ReadPlan } from './plan-read.ts';

/** What the last looks at a file saw, and what a new one calls for. */
export class LastLook {
  readonly #clock: TailClock;
  #sight: FileSight;
  #isSettled = false;
  #shrunkAtMs: number | undefined;

  constructor(sight: FileSight, clock: TailClock) {
    this.#sight = sight;
    this.#clock = clock;
  }

  /** The stat of the last look that read the file to its end. */
  get sight(): FileSight {
    return this.#sight;
  }

  /** True when a stat that looks the same does not prove that nothing changed. */
  get isUnsure(): boolean {
    return !this.#isSettled || this.#shrunkAtMs !== undefined;
  }

  isOf(seen: FileSight): boolean {
    return isSameInode(this.#sight, seen);
  }

  /** True when this sight proves that nothing changed. */
  provesSame(seen: FileSight): boolean {
    return this.#isSettled && isSameSight(seen, this.#sight);
  }

  /** What to do about a file of which the bytes before `position` were read. */
  plan(seen: FileSight, position: number): ReadPlan {
    const known = { sight: this.#sight, position, settled: this.#isSettled, shrunkAtMs: this.#shrunkAtMs };
    return planRead(known, seen, this.#clock.now());
  }

  /** The file was read to its end. */
  restAt(seen: FileSight): void {
    this.#sight = seen;
    this.#isSettled = isSettled(seen, Date.now());
  }

  /** Another file is followed from now on. */
  beginAnew(seen: FileSight): void {
    this.#sight = seen;
    this.#isSettled = false;
    this.#shrunkAtMs = undefined;
  }

  /** What was read is no longer what the file holds. */
  unsettle(): void {
    this.#isSettled = false;
  }

  /** The file is shorter than what was read of it: for now that may be a rewrite in the middle. */
  shrunk(): void {
    this.#shrunkAtMs ??= this.#clock.now();
  }

  /** What the file holds was compared with what was read. */
  compared(): void {
    this.#shrunkAtMs = undefined;
  }
}
