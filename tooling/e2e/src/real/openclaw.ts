import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// The same pinned Node as the project's own set-up fetches.
import { fetchPackage } from '../../../bootstrap/src/npm.mjs';

/** An OpenClaw from npm, ready to run. */
export interface OpenClaw {
  readonly version: string;
  /** Its program, for Node. */
  readonly program: string;
  /** How its Mattermost plugin gets there: part of it, a directory that is linked, or a package OpenClaw itself installs. */
  readonly plugin: 'bundled' | 'linked' | 'installed';
  /** The plugin's package, unless it is bundled. */
  readonly pluginDir: string | undefined;
}

/** OpenClaw could not be installed or started. The message says what to do. */
export class OpenClawFailedError extends Error {
  override readonly name = 'OpenClawFailedError';
  readonly code = 'OPENCLAW_FAILED';
}

/** Where installs are kept: `.tools/e2e` of the checkout, which git ignores. */
const CACHE_DIR: string = fileURLToPath(new URL('../../../../.tools/e2e', import.meta.url));
/** Up to here the Mattermost plugin is part of OpenClaw. */
const LAST_BUNDLED = '2026.4.29';
/** From here on OpenClaw writes no transcripts, and trusts a channel plugin only if it installed it from npm itself. */
const FIRST_GATEWAY = '2026.8.1';
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Whether version `a` is `b` or newer. */
export function isAtLeast(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) >= 0;
}

/** Whether sessions of this version of OpenClaw are followed through its gateway. */
export function isGatewayVersion(version: string): boolean {
  return isAtLeast(version, FIRST_GATEWAY);
}

/**
 * Installs an OpenClaw and its Mattermost plugin from npm without running any script, or finds the one installed before.
 * It appears in one step, so an interrupted install leaves nothing behind.
 * @throws {OpenClawFailedError} when npm fails.
 */
export async function installOpenClaw(
  version: string,
  options: { readonly cacheDir?: string } = {},
): Promise<OpenClaw> {
  const { cacheDir = CACHE_DIR } = options;
  const home = join(cacheDir, `openclaw-${version}`);
  const isBundled = isAtLeast(LAST_BUNDLED, version);
  if (!existsSync(home)) {
    const wanted = [`openclaw@${version}`, ...(isBundled ? [] : [`@openclaw/mattermost@<=${version}`])];
    await install(wanted, { home, cacheDir });
  }
  const modules = join(home, 'node_modules');
  return {
    version,
    program: join(modules, 'openclaw', 'openclaw.mjs'),
    plugin: isBundled ? 'bundled' : isGatewayVersion(version) ? 'installed' : 'linked',
    pluginDir: isBundled ? undefined : join(modules, '@openclaw', 'mattermost'),
  };
}

async function install(
  wanted: readonly string[],
  to: { readonly home: string; readonly cacheDir: string },
): Promise<void> {
  await mkdir(to.cacheDir, { recursive: true });
  const staging = await mkdtemp(join(to.cacheDir, 'tmp-'));
  try {
    await writeFile(join(staging, 'package.json'), JSON.stringify({ name: 'openclaw-under-test', private: true }));
    const npm = spawn('npm', ['install', ...FLAGS, ...wanted], {
      cwd: staging,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(npm, 'close')) as [number | null];
    if (code !== 0) throw new OpenClawFailedError(`npm could not install ${wanted.join(' ')}. See its output above.`);
    await rename(staging, to.home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

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
  const fix = 'Run this with a Node that its package.json names under "engines".';
  if (!pinned) throw new OpenClawFailedError(`OpenClaw ${openclaw.version} needs another Node. ${fix}`);
  const node = join(await fetchPackage(pinned, { toolsDir: CACHE_DIR, signal }), 'bin', 'node');
  if (await starts(node, openclaw, signal)) return node;
  throw new OpenClawFailedError(
    `OpenClaw ${openclaw.version} starts neither under Node ${process.versions.node} nor ${pinned.version}. ${fix}`,
  );
}

async function starts(node: string, { program }: OpenClaw, signal: AbortSignal): Promise<boolean> {
  const child = spawn(node, [program, '--version'], { stdio: 'ignore', signal });
  const [code] = (await once(child, 'close', { signal })) as [number | null];
  return code === 0;
}
