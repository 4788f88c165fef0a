import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
// The same pinned Node as the project's own set-up fetches.
import { fetchPackage } from '../../../bootstrap/src/npm.mjs';
import { CACHE_DIR, type OpenClaw, OpenClawFailedError } from './install-openclaw.ts';

const PACKAGES = new URL('../../../bootstrap/src/node-packages.json', import.meta.url);

type NodePackages = Readonly<Record<string, Parameters<typeof fetchPackage>[0]>>;

/**
 * The Node that runs this if OpenClaw starts under it, else a pinned one from npm.
 * @throws {OpenClawFailedError} when OpenClaw starts under neither.
 */
export async function findNodeFor(openclaw: OpenClaw, signal: AbortSignal): Promise<string> {
  if (await starts(process.execPath, openclaw, signal)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const pinned = (JSON.parse(await readFile(PACKAGES, 'utf8')) as NodePackages)[platform];
  const cure = 'Run this with a Node that its package.json names under "engines".';
  if (!pinned) throw new OpenClawFailedError(`OpenClaw ${openclaw.version} needs another Node. ${cure}`);
  const node = join(await fetchPackage(pinned, { toolsDir: CACHE_DIR, signal }), 'bin', 'node');
  if (await starts(node, openclaw, signal)) return node;
  throw new OpenClawFailedError(
    `OpenClaw ${openclaw.version} starts neither under Node ${process.versions.node} nor ${pinned.version}. ${cure}`,
  );
}

async function starts(node: string, { program }: OpenClaw, signal: AbortSignal): Promise<boolean> {
  const child = spawn(node, [program, '--version'], { stdio: 'ignore', signal });
  const [code] = (await once(child, 'close', { signal })) as [number | null];
  return code === 0;
}
