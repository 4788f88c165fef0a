import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Not blocking, because opening a named pipe for reading would wait for a writer. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Open read handles by path, at most `maxOpenFiles`; the one unused for longest is closed first. */
export class FileHandles {
  readonly #maxOpenFiles: number;
  readonly #open = new Map<string, FileHandle>();

  constructor(maxOpenFiles: number) {
    this.#maxOpenFiles = maxOpenFiles;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The handle that is open, if one is. */
  peek(path: string): FileHandle | undefined {
    return this.#open.get(path);
  }

  /** The open handle, or a new one. Rejects with the error of `open`. */
  async get(path: string): Promise<FileHandle> {
    const present = this.#open.get(path);
    if (present !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, present);
      return present;
    }
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= this.#maxOpenFiles && oldest !== undefined) await this.release(oldest);
    const handle = await open(path, READ_FLAGS);
    this.#open.set(path, handle);
    return handle;
  }

  /** The same handle under another name. */
  rename(from: string, to: string): void {
    const handle = this.#open.get(from);
    if (handle === undefined) return;
    this.#open.delete(from);
    this.#open.set(to, handle);
  }

  async release(path: string): Promise<void> {
    const handle = this.#open.get(path);
    this.#open.delete(path);
    await handle?.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.release(path)));
  }
}
