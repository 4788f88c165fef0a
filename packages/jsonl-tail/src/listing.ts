import { type BigIntStats, lstatSync, realpathSync, statSync } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { type FileSight, isSameInode, toFileSight } from './file-sight.ts';
import { isMissing } from './problems.ts';

/** What a name in a directory stands for; `nothing`: a link that leads nowhere (yet). */
export type NameKind = 'file' | 'directory' | 'other' | 'nothing';

/** The names of a directory. */
export type Listing = ReadonlyMap<string, NameKind>;

/** A stat of a path; undefined when nothing stands there. Rejects with every other error. */
export async function statIfPresent(path: string, followSymlinks: boolean): Promise<BigIntStats | undefined> {
  try {
    return await (followSymlinks ? stat(path, { bigint: true }) : lstat(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The same without waiting: on a local disk it takes a few microseconds, handing it to another thread a hundred and more.
 * Throws with every error but a missing file.
 */
export function statNow(path: string, followSymlinks: boolean): BigIntStats | undefined {
  try {
    return (followSymlinks ? statSync : lstatSync)(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A stat without waiting, for long lists; undefined for everything that is not a readable regular file. */
export function sightNow(path: string): FileSight | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() === true ? toFileSight(stats) : undefined;
  } catch {
    return undefined;
  }
}

/** Lists a directory. Links count as what they lead to, or as `other` when they are not followed. */
export async function readListing(directory: string, followSymlinks: boolean): Promise<Listing> {
  const listing = new Map<string, NameKind>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isFile()) listing.set(entry.name, 'file');
    else if (entry.isDirectory()) listing.set(entry.name, 'directory');
    else if (entry.isSymbolicLink() && !followSymlinks) listing.set(entry.name, 'other');
    else listing.set(entry.name, await kindOf(join(directory, entry.name), followSymlinks));
  }
  return listing;
}

/** A directory of which one name is of interest: its listing without reading the directory. */
export async function readOneName(directory: string, name: string, followSymlinks: boolean): Promise<Listing> {
  const kind = await kindOf(join(directory, name), followSymlinks);
  return new Map(kind === 'other' ? [] : [[name, kind]]);
}

/** The path, among some names of a directory, that is the given device and inode. */
export function findInode(directory: string, names: Iterable<string>, wanted: FileSight): string | undefined {
  for (const name of names) {
    const sight = sightNow(join(directory, name));
    if (sight !== undefined && isSameInode(sight, wanted)) return join(directory, name);
  }
  return undefined;
}

/** True for a symbolic link to the directory it stands in or to one above. */
export function isLinkToAncestor(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  return `${realpathSync(dirname(path))}${sep}`.startsWith(`${realpathSync(path)}${sep}`);
}

async function kindOf(path: string, followSymlinks: boolean): Promise<NameKind> {
  try {
    const stats = await statIfPresent(path, followSymlinks);
    if (stats === undefined) return 'nothing';
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'directory' : 'other';
  } catch {
    // The look at the name itself will say why it cannot be read.
    return 'file';
  }
}
