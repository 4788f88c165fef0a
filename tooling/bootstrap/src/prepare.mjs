// @ts-check
import fs, { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixFor, SetupFailure, withoutHosts } from './failure.mjs';
import { withLock } from './lock.mjs';
import { fetchPackage, npmSettingsForPnpm, packageHome } from './npm.mjs';
import { createProgress } from './progress.mjs';
import { run } from './run.mjs';
import { satisfies } from './supported-node.mjs';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
const toolsDir = join(root, '.tools');
/** For Node, pnpm and the packages in this checkout; npm's and pnpm's caches need more, wherever they are. */
const NEEDED_MB = 500;

/**
 * @typedef {object} Prepared
 * @property {string} node path of the Node that runs the project
 * @property {NodeJS.ProcessEnv} env environment in which `node` and `pnpm` are the prepared ones
 */

/**
 * Prepares the checkout: a supported Node, pnpm, the packages of the lockfile and, if wanted, the build. What is up to date is
 * not touched.
 * @param {{ build: boolean, signal: AbortSignal, print: (line: string) => void }} options
 * @returns {Promise<Prepared>}
 * @throws {SetupFailure} that says what to do
 */
export async function prepare({ build, signal, print }) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const step = createProgress(print);
  requireSpace();
  mkdirSync(toolsDir, { recursive: true });
  const onWait = () => print('Another run is preparing this checkout; waiting for it.');
  return withLock(join(toolsDir, 'lock'), { signal, onWait }, async () => {
    rmSync(join(toolsDir, 'tmp'), { recursive: true, force: true });
    const node = await findNode(manifest.engines.node, { step, signal });
    const pnpm = pinnedPnpm(manifest.packageManager);
    const pnpmDir = await step(`pnpm ${pnpm.version} from npm`, () => fetchPackage(pnpm, { toolsDir, signal }));
    const env = environment({ node, pnpmDir, settings: await npmSettingsForPnpm({ cwd: root, signal }) });
    const tools = { node, env, step, signal };
    const pnpmCli = join(pnpmDir, 'bin', 'pnpm.mjs');
    await tool('Packages of the lockfile', [pnpmCli, 'install', '--frozen-lockfile', '--reporter=append-only'], tools);
    if (build) await tool('Build', [join(root, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', 'build'], tools);
    return { node, env };
  });
}

/** On a full disk npm may leave a truncated file behind without an error, so the free space is checked first. */
function requireSpace() {
  if (existsSync(join(root, 'node_modules', '.modules.yaml'))) return;
  // Node has this since 18.15.
  const space = fs.statfsSync?.(root);
  const freeMb = space ? Math.floor((space.bavail * space.bsize) / 1e6) : Number.POSITIVE_INFINITY;
  if (freeMb < NEEDED_MB)
    throw new SetupFailure(`${root}: only ${freeMb} MB are free, ${NEEDED_MB} MB are needed.`, fixFor('ENOSPC'));
}

/**
 * @param {string} range
 * @param {{ step: import('./progress.mjs').Step, signal: AbortSignal }} options
 * @returns {Promise<string>} path of a Node in the range: the running one, else one from npm
 */
async function findNode(range, { step, signal }) {
  if (satisfies(process.versions.node, range)) return process.execPath;
  const packages = JSON.parse(readFileSync(new URL('node-packages.json', import.meta.url), 'utf8'));
  const platform = `${process.platform}-${process.arch}`;
  const pinned = packages[platform];
  const needed = `Node ${process.versions.node} is running, ${range} is needed`;
  const ownFix = 'Install Node 24 (from nodejs.org or your system) and run the command again.';
  if (!pinned) throw new SetupFailure(`${needed}, and npm has none for ${platform}.`, ownFix);
  const node = join(packageHome(pinned, toolsDir), 'node_modules', pinned.name, 'bin', 'node');
  if (existsSync(node)) return node;
  await step(`Node ${pinned.version} from npm (${needed})`, async () => {
    await fetchPackage(pinned, { toolsDir, signal });
    const { code, output } = await run(node, ['--version'], { cwd: root, env: process.env, signal }).catch((error) => {
      signal.throwIfAborted();
      return { code: 1, output: String(error) };
    });
    if (code === 0) return;
    rmSync(packageHome(pinned, toolsDir), { recursive: true, force: true });
    throw new SetupFailure(`${needed}, and the one from npm does not run on this system.`, ownFix, {
      details: output,
    });
  });
  return node;
}

/**
 * @param {string} packageManager like `pnpm@11.28.11+sha512.<hex>`
 * @returns {import('./npm.mjs').PinnedPackage}
 */
function pinnedPnpm(packageManager) {
  const match = /^pnpm@([\d.]+)\+sha512\.([\da-f]+)$/.exec(packageManager);
  if (!match?.[1] || !match[2])
    throw new SetupFailure(
      `package.json: packageManager is "${packageManager}".`,
      'Write it as pnpm@VERSION+sha512.HASH.',
    );
  const integrity = `sha512-${Buffer.from(match[2], 'hex').toString('base64')}`;
  return { name: 'pnpm', version: match[1], integrity, bin: { pnpm: 'bin/pnpm.mjs' } };
}

/**
 * @param {{ node: string, pnpmDir: string, settings: NodeJS.ProcessEnv }} tools
 * @returns {NodeJS.ProcessEnv}
 */
function environment({ node, pnpmDir, settings }) {
  const binDirs = [dirname(node), join(pnpmDir, '..', '.bin')];
  return {
    ...process.env,
    ...settings,
    PATH: [...binDirs, process.env.PATH ?? ''].join(delimiter),
    ...storeOfPackages(),
    // A changed lockfile may require reinstalling node_modules; without a terminal pnpm would stop to ask.
    pnpm_config_confirm_modules_purge: 'false',
    pnpm_config_update_notifier: 'false',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  };
}

/**
 * Installed packages stay with the store they came from: with another store pnpm would reinstall all of them, and without
 * a terminal it refuses to.
 * @returns {NodeJS.ProcessEnv}
 */
function storeOfPackages() {
  const file = join(root, 'node_modules', '.modules.yaml');
  const store = existsSync(file) && /^ *"storeDir": "(.*)",?$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return store ? { pnpm_config_store_dir: dirname(store) } : {};
}

/** @typedef {{ node: string, env: NodeJS.ProcessEnv, step: import('./progress.mjs').Step, signal: AbortSignal }} Tools */

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @param {Tools} tools
 */
async function tool(name, args, { node, env, step, signal }) {
  await step(name, async (note) => {
    const onLine = (/** @type {string} */ line) => note(withoutHosts(line));
    const { code, output } = await run(node, args, { cwd: root, env, signal, onLine });
    if (code !== 0) throw new SetupFailure(`${name}: failed.`, fixFor(output), { details: withoutHosts(output) });
  });
}
