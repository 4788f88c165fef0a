import { hash } from 'node:crypto';
import { type BigIntStats, constants, lstatSync, readSync, statSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { isMissing } from './problems.ts';

/** The parts of a stat the followers use. */
export interface FileStat {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
}

export function toFileStat(stats: BigIntStats): FileStat {
  return { dev: stats.dev, ino: stats.ino, sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs };
}

/** True when both are the same file on disk, whatever its content. */
export function isSameFile(a: FileStat, b: FileStat): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** True when nothing a stat can show has changed. */
export function isSameStat(a: FileStat, b: FileStat): boolean {
  return isSameFile(a, b) && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

/** Modification time in milliseconds since the epoch. */
export function mtimeMsOf(file: FileStat): number {
  return Number(file.mtimeNs) / 1e6;
}

/** True for a modification time in whole seconds, as some file systems keep them. */
export function isCoarse(file: FileStat): boolean {
  return file.mtimeNs % 1_000_000_000n === 0n;
}

/** Kernels advance file times in steps of up to 10 ms. */
const FINE_STEP_MS = 20;
/** Some file systems keep whole seconds, FAT every other one. */
const COARSE_STEP_MS = 2_000;
/** A file server's clock may be minutes off, so only a much older time is trusted as such. */
const TRUSTED_AGE_MS = 600_000;

/**
 * Says when a modification time is settled: every later change is then sure to show another one. That is so once the
 * same time has been seen for longer than the step in which file times advance, or when it lies far in the past.
 */
export class MtimeSettling {
  #mtimeNs: bigint | undefined;
  #firstSeenAtMs = 0;

  /** Takes the newest stat; `nowMs` is the time of an injected clock, of which only differences are used. */
  isSettled(file: FileStat, nowMs: number): boolean {
    if (file.mtimeNs !== this.#mtimeNs) {
      this.#mtimeNs = file.mtimeNs;
      this.#firstSeenAtMs = nowMs;
    }
    const stepMs = isCoarse(file) ? COARSE_STEP_MS : FINE_STEP_MS;
    return nowMs - this.#firstSeenAtMs > stepMs || Date.now() - mtimeMsOf(file) > TRUSTED_AGE_MS;
  }
}

const NEWLINE = 0x0a;

/** Bytes at the start of a file that can decide its identity. */
export const HEAD_BYTES: number = 4096;

/**
 * The part of a file's head that identifies it: its first line, or its first 4 KiB if the line is longer.
 * Undefined while the first line is incomplete and shorter: such a file cannot be told from others yet.
 */
export function firstLineOf(head: Uint8Array): Uint8Array | undefined {
  const newline = head.subarray(0, HEAD_BYTES).indexOf(NEWLINE);
  if (newline !== -1) return head.subarray(0, newline);
  return head.length >= HEAD_BYTES ? head.subarray(0, HEAD_BYTES) : undefined;
}

/**
 * Identifies a file as `<device>-<inode>-<hash of the first line>`. A copy differs in the inode; a file that was deleted
 * and created again, perhaps with the same inode number, differs in the hash.
 */
export function fingerprintOf(file: FileStat, firstLine: Uint8Array): string {
  return `${file.dev}-${file.ino}-${hash('sha256', firstLine, 'hex').slice(0, 16)}`;
}

/** The path of a name in a directory given by its normalized path; much cheaper than `join`. */
export function childPath(directory: string, name: string): string {
  return directory.endsWith(sep) ? `${directory}${name}` : `${directory}${sep}${name}`;
}

/** A stat of a path; undefined when nothing is there. Rejects with every other error. */
export async function statIfPresent(path: string, followSymlinks: boolean): Promise<BigIntStats | undefined> {
  try {
    return await (followSymlinks ? stat(path, { bigint: true }) : lstat(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The same, synchronously: on a local disk a stat takes microseconds, and handing it to another thread a hundred more.
 * Throws every error but a missing file.
 */
export function statNow(path: string, followSymlinks: boolean): BigIntStats | undefined {
  try {
    return (followSymlinks ? statSync : lstatSync)(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A synchronous stat for long lists; undefined for everything but a regular file, and on any error. */
export function fileStatNow(path: string): FileStat | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() === true ? toFileStat(stats) : undefined;
  } catch {
    return undefined;
  }
}

/** What a name in a directory stands for; `nothing`: a link that leads nowhere (yet). */
export type NameKind = 'file' | 'directory' | 'other' | 'nothing';

/** The names of a directory. */
export type Listing = ReadonlyMap<string, NameKind>;

/** Lists a directory. Links count as what they lead to, or as `other` when they are not followed. */
export async function readListing(directory: string, followSymlinks: boolean): Promise<Listing> {
  const listing = new Map<string, NameKind>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isFile()) listing.set(entry.name, 'file');
    else if (entry.isDirectory()) listing.set(entry.name, 'directory');
    else if (entry.isSymbolicLink() && !followSymlinks) listing.set(entry.name, 'other');
    else listing.set(entry.name, await kindOf(childPath(directory, entry.name), followSymlinks));
  }
  return listing;
}

/** The listing of a directory as far as one name is concerned, without reading the directory. */
export async function readOneName(directory: string, name: string, followSymlinks: boolean): Promise<Listing> {
  const kind = await kindOf(childPath(directory, name), followSymlinks);
  return new Map(kind === 'other' ? [] : [[name, kind]]);
}

/** The path, among some names of a directory, that has the given device and inode. */
export function findFile(directory: string, names: Iterable<string>, wanted: FileStat): string | undefined {
  for (const name of names) {
    const found = fileStatNow(childPath(directory, name));
    if (found !== undefined && isSameFile(found, wanted)) return childPath(directory, name);
  }
  return undefined;
}

async function kindOf(path: string, followSymlinks: boolean): Promise<NameKind> {
  try {
    const stats = await statIfPresent(path, followSymlinks);
    if (stats === undefined) return 'nothing';
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'directory' : 'other';
  } catch {
    // Reading it will report why it cannot be read.
    return 'file';
  }
}

/** Non-blocking, because opening a named pipe for reading would otherwise wait for a writer. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A file opened for reading. */
export class OpenFile {
  readonly #handle: FileHandle;
  readonly #syncReadBytes: number;

  constructor(handle: FileHandle, syncReadBytes: number) {
    this.#handle = handle;
    this.#syncReadBytes = syncReadBytes;
  }

  async stat(): Promise<FileStat> {
    return toFileStat(await this.#handle.stat({ bigint: true }));
  }

  /** Up to `lengthBytes` bytes at an offset; fewer at the end of the file. */
  async read(offset: number, lengthBytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(lengthBytes);
    let filled = 0;
    while (filled < lengthBytes) {
      const bytesRead = await this.#readInto(buffer, filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #readInto(buffer: Buffer, from: number, position: number): number | Promise<number> {
    const lengthBytes = buffer.length - from;
    if (lengthBytes <= this.#syncReadBytes) return readSync(this.#handle.fd, buffer, from, lengthBytes, position);
    return this.#handle.read(buffer, from, lengthBytes, position).then(({ bytesRead }) => bytesRead);
  }
}

/** Options of {@link FileHandles}. */
export interface FileHandlesOptions {
  readonly maxOpenFiles: number;
  /** Reads of up to this many bytes are synchronous: for a few lines on a local disk, another thread costs more. */
  readonly syncReadBytes: number;
}

/** Files opened for reading, by path, at most `maxOpenFiles`; the least recently used one is closed first. */
export class FileHandles {
  readonly #options: FileHandlesOptions;
  readonly #open = new Map<string, OpenFile>();

  constructor(options: FileHandlesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The file, if it is open. */
  peek(path: string): OpenFile | undefined {
    return this.#open.get(path);
  }

  /** Opens the file unless it is open. Rejects with the error of `open`. */
  async get(path: string): Promise<OpenFile> {
    const present = this.#open.get(path);
    if (present !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, present);
      return present;
    }
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= this.#options.maxOpenFiles && oldest !== undefined) await this.release(oldest);
    const file = new OpenFile(await open(path, READ_FLAGS), this.#options.syncReadBytes);
    this.#open.set(path, file);
    return file;
  }

  /** Keeps an open file under another path. */
  rename(from: string, to: string): void {
    const file = this.#open.get(from);
    if (file === undefined) return;
    this.#open.delete(from);
    this.#open.set(to, file);
  }

  async release(path: string): Promise<void> {
    const file = this.#open.get(path);
    this.#open.delete(path);
    await file?.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.release(path)));
  }
}
