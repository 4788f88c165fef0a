import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every path below a folder with what it is: mode and hash of a file, mode of a folder, target of a link. */
export type Snapshot = ReadonlyMap<string, string>;

/** Looks at everything below a folder. */
export function takeSnapshot(directory: string): Snapshot {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const seen = entries.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    const mode = (lstatSync(path).mode & 0o777).toString(8);
    if (entry.isSymbolicLink()) return [relative(directory, path), `link to ${readlinkSync(path)}`];
    if (entry.isFile()) return [relative(directory, path), `file ${mode} ${hashOf(path)}`];
    return [relative(directory, path), `${entry.isDirectory() ? 'folder' : 'other'} ${mode}`];
  });
  return new Map(seen);
}

/** What differs, one line each: `+ new`, `- gone`, `~ changed`, sorted by path. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    if (!before.has(path)) return [`+ ${path}`];
    if (!after.has(path)) return [`- ${path}`];
    return before.get(path) === after.get(path) ? [] : [`~ ${path}`];
  });
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
