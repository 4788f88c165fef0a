import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchPackage } from '../../bootstrap/src/npm.mjs';
import { repositoryRoot } from './repository.ts';

/** A Node in npm, pinned by its hash. */
export type PinnedNode = Parameters<typeof fetchPackage>[0];

const LINES: Readonly<Record<string, readonly PinnedNode[]>> = JSON.parse(
  readFileSync(new URL('node-lines.json', import.meta.url), 'utf8'),
);

/** `linux-x64`: the machine as npm's packages of Node name it. */
export const platform: string = `${process.platform}-${process.arch}`;

/**
 * The oldest Node of each supported line that npm has for this machine, or the newest where the line has no floor.
 * Empty where npm has none.
 */
export const nodeLines: readonly PinnedNode[] = LINES[platform] ?? [];

/** Fetches a Node into `.tools`, where it stays. Gives its path. */
export async function fetchNode(pinned: PinnedNode, signal: AbortSignal): Promise<string> {
  const home = await fetchPackage(pinned, { toolsDir: join(repositoryRoot, '.tools'), signal });
  return join(home, 'bin', 'node');
}
