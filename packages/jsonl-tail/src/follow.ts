import { basename, dirname, resolve } from 'node:path';
import type { Follower } from './follower.ts';
import { type FollowDirectoryOptions, type FollowFileOptions, resolveOptions } from './options.ts';
import { TreeFollower } from './tree-follower.ts';
import { watchWithChokidar } from './watcher.ts';

/** A follower of one file. */
export type FileFollower = Follower;

/** A follower of a directory tree. */
export type DirectoryFollower = Follower;

/**
 * Follows one file, which need not exist yet, through appends, rewrites, rotation and re-creation.
 * Throws a RangeError for an option out of range; trouble with the file is reported as `problem` events.
 *
 * @example
 * for await (const event of followFile('/var/log/app.jsonl', { signal })) {
 *   if (event.type === 'line') console.log(event.startOffset, event.text());
 * }
 */
export function followFile(path: string, options: FollowFileOptions = {}): FileFollower {
  const file = resolve(path);
  const only = basename(file);
  const narrowed = { ...options, include: (name: string) => name === only, includeDirectory: () => false };
  return new TreeFollower({ root: dirname(file), only, watchDirectory: watchWithChokidar }, resolveOptions(narrowed));
}

/**
 * Follows all files of a directory tree that `include` accepts. Files and directories may appear later, the root
 * too. Throws a RangeError for an option out of range; trouble with files is reported as `problem` events.
 */
export function followDirectory(directory: string, options: FollowDirectoryOptions = {}): DirectoryFollower {
  return new TreeFollower({ root: resolve(directory), watchDirectory: watchWithChokidar }, resolveOptions(options));
}
