import { appendFileSync, closeSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errorCode, isObject } from '@live-status/basics';
import { replaceFileSync } from '@live-status/resilience';

/** An entry that was kept. */
export interface JournalRecord {
  /** Number of the last write of the ledger that was begun before. */
  readonly since: number;
  readonly entry: unknown;
}

const OWNER_ONLY = 0o600;
/** A journal that has grown past this while the ledger was written is written anew, bytes. */
const LONG_BYTES = 1_048_576;
/** Nothing is added to a longer one: the ledger cannot be written for a long time. Bytes. */
const MAX_BYTES = 16_777_216;

/**
 * What a ledger has to remember before it is written the next time: one line for each entry, appended and not synced, so
 * that it costs microseconds and outlives the process. The file is there only while it has something to say. A line that
 * was cut off is skipped. Line breaks before and after each keep it from spoiling others.
 */
export class Journal {
  readonly path: string;
  #file: number | undefined;
  #bytes = 0;
  /** Lines that the write of the ledger in progress does not have. */
  #unsaved: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** Records that can be read, oldest first. Rejects when there is a file that cannot be read at all. */
  async read(): Promise<readonly JournalRecord[]> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return '';
      throw error;
    });
    this.#bytes = Buffer.byteLength(text);
    return text.split('\n').flatMap((line) => readRecord(line) ?? []);
  }

  /** Throws the error of the file system. */
  append({ since, line }: { readonly since: number; readonly line: string }): void {
    if (this.#bytes > MAX_BYTES) throw Object.assign(new Error(`${this.path} is too long`), { code: 'EFBIG' });
    const text = `\n{"since":${since},"entry":${line}}\n`;
    this.#file ??= openSync(this.path, 'a', OWNER_ONLY);
    // Counted before it is known to be there: a part of it may be.
    this.#bytes += Buffer.byteLength(text);
    appendFileSync(this.#file, text);
    this.#unsaved.push(text);
  }

  /** The ledger is about to be written with everything that was appended so far. */
  saving(): void {
    this.#unsaved = [];
  }

  /** That write is done. */
  saved(): void {
    if (this.#unsaved.length === 0) {
      this.clear();
      return;
    }
    if (this.#bytes < LONG_BYTES) return;
    const text = this.#unsaved.join('');
    this.#close();
    replaceFileSync(this.path, text);
    this.#bytes = Buffer.byteLength(text);
  }

  /** The ledger's file has everything. */
  clear(): void {
    this.#unsaved = [];
    if (this.#bytes === 0 && this.#file === undefined) return;
    this.#close();
    rmSync(this.path, { force: true });
    this.#bytes = 0;
  }

  /** Throws when nothing could be appended. */
  check(): void {
    this.#file ??= openSync(this.path, 'a', OWNER_ONLY);
    if (this.#bytes === 0) this.clear();
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function readRecord(line: string): JournalRecord | undefined {
  try {
    const record: unknown = JSON.parse(line);
    if (!isObject(record) || !Number.isSafeInteger(record.since)) return undefined;
    return { since: Number(record.since), entry: record.entry };
  } catch {
    return undefined;
  }
}
