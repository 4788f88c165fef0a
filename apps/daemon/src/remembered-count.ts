import { readFileSync } from 'node:fs';
import { type Log, replaceFile } from '@live-status/resilience';

/** A small whole number that survives a restart, in a file. Losing it does little harm. */
export class RememberedCount {
  readonly #path: string;
  readonly #log: Log;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** The number that was written last; undefined where there is none. */
  read(): number | undefined {
    try {
      const text = readFileSync(this.#path, 'utf8').trim();
      return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes it in the background. Never rejects. */
  write(count: number): void {
    this.#written = this.#written
      .then(() => replaceFile(this.#path, `${count}\n`))
      .catch((error: unknown) => this.#log.debug({ err: error }, 'could not remember how many daemons there are'));
  }
}
