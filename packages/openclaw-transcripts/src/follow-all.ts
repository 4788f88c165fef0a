import { basename, dirname, sep } from 'node:path';
import { type FollowDirectoryOptions, type Follower, followDirectory } from '@live-status/jsonl-tail';
import { parseFileName } from '@live-status/transcript-parser';

/** Directories of OpenClaw without transcripts. */
const NOT_ENTERED = new Set(['node_modules', 'skills-prompts']);

/**
 * Follows the transcripts below a directory and notices their locks and catalogs. An explicit catalog elsewhere gets a
 * follower of its own.
 */
export function followAll(
  root: string,
  catalog: string | undefined,
  options: Pick<FollowDirectoryOptions, 'clock' | 'watch' | 'start'>,
): Follower[] {
  const isCatalog = (name: string): boolean => catalog !== undefined && name === basename(catalog);
  const common = { ...options, followSymlinks: false };
  const transcripts = followDirectory(root, {
    ...common,
    include: (name) => parseFileName(name).kind === 'transcript',
    notice: (name) => isNoticed(name) || isCatalog(name),
    includeDirectory: (name) => !name.startsWith('.') && !NOT_ENTERED.has(name),
  });
  if (catalog === undefined || catalog.startsWith(root + sep)) return [transcripts];
  const nothing = (): boolean => false;
  const beside = followDirectory(dirname(catalog), {
    ...common,
    include: nothing,
    notice: isCatalog,
    includeDirectory: nothing,
  });
  return [transcripts, beside];
}

function isNoticed(name: string): boolean {
  const { kind } = parseFileName(name);
  return kind === 'lock' || kind === 'catalog';
}
