import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseFileName } from '@live-status/transcript-parser';
import type { SessionFolders } from './session-folders.ts';

/** The folders are listed again after this time: a copy is younger than the folder of its original. Milliseconds. */
const LISTED_MS = 5_000;

/**
 * Recognises copies of transcripts by their first line: one that was copied together with its directory has the same as
 * the file of its name in another folder, one that was copied under another name has the id of the file beside it.
 */
export class CopiedTranscripts {
  readonly #folders: readonly SessionFolders[];
  #known: readonly string[] = [];
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(folders: readonly SessionFolders[]) {
    this.#folders = folders;
  }

  /** Whether the transcript at this path is a copy, rather than the original. `id`: the session id in its first line. */
  isCopy(
    path: string,
    { firstLine, id }: { readonly firstLine: Uint8Array; readonly id: string | undefined },
  ): boolean {
    const own = statOf(path);
    if (own === undefined) return false;
    const namesake = id === undefined ? path : join(dirname(path), `${basename(id)}.jsonl`);
    if (namesake !== path && isNotAfter(id, path) && statOf(namesake) !== undefined) return true;
    const others = this.#all().filter((folder) => folder !== dirname(path));
    return others.some((folder) => isOriginal(join(folder, basename(path)), { path, own, firstLine }));
  }

  #all(): readonly string[] {
    const now = performance.now();
    if (now - this.#listedAt > LISTED_MS) {
      this.#listedAt = now;
      this.#known = this.#folders.flatMap((folders) => [...below(folders, folders.root)]);
    }
    return this.#known;
  }
}

function* below(folders: SessionFolders, directory: string): Generator<string, void> {
  if (folders.has(directory)) yield directory;
  if (!folders.isAbove(directory)) return;
  for (const name of namesIn(directory)) {
    if (folders.leadsTo(name, directory)) yield* below(folders, join(directory, name));
  }
}

/** Whether a transcript is not called after its session. */
function isNotAfter(id: string | undefined, path: string): boolean {
  const name = parseFileName(basename(path));
  return name.kind === 'transcript' && name.sessionId !== id;
}

/** What is written on is the original; of equal files, the older one. */
function isOriginal(
  path: string,
  copy: { readonly path: string; readonly own: Stats; readonly firstLine: Uint8Array },
): boolean {
  const stats = statOf(path);
  const { own, firstLine } = copy;
  if (stats === undefined || (stats.dev === own.dev && stats.ino === own.ino)) return false;
  if (!beginsWith(path, firstLine)) return false;
  if (stats.size !== own.size) return stats.size > own.size;
  if (stats.birthtimeMs !== own.birthtimeMs) return stats.birthtimeMs < own.birthtimeMs;
  return path < copy.path;
}

function beginsWith(path: string, firstLine: Uint8Array): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const bytes = new Uint8Array(firstLine.length);
    return readSync(fd, bytes, 0, bytes.length, 0) === bytes.length && Buffer.compare(bytes, firstLine) === 0;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
