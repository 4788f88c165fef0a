// @ts-check
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixFor, SetupFailure, withoutHosts } from './failure.mjs';
import { run } from './run.mjs';

/** @typedef {{ name: string, version: string, integrity: string, bin?: Record<string, string> }} PinnedPackage */

/** What `npm start --flag` or a personal npmrc may set that would turn a plain install of one package into something else. */
const PLAIN_INSTALL = [
  '--global=false',
  '--workspaces=false',
  '--dry-run=false',
  '--package-lock=true',
  '--package-lock-only=false',
  '--bin-links=true',
  '--force=false',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--loglevel=error',
];

/** npm's setting → the name pnpm reads it by. pnpm reads the user's npmrc itself, but not npm's environment nor its global npmrc. */
const SHARED_SETTINGS = ['registry', 'https-proxy', 'proxy', 'noproxy', 'cafile', 'strict-ssl'];

/**
 * The npm that runs this, else the one on the PATH. Other package managers that run scripts name themselves in `npm_execpath` too.
 * @returns {{ program: string, args: string[] }}
 */
function npmCommand() {
  const npmCli = process.env.npm_execpath;
  return npmCli?.endsWith('npm-cli.js') ? { program: process.execPath, args: [npmCli] } : { program: 'npm', args: [] };
}

/**
 * @param {readonly string[]} args
 * @param {{ cwd: string, signal: AbortSignal }} options
 * @returns {Promise<{ code: number, output: string }>}
 * @throws {SetupFailure} when npm cannot be run
 */
async function npm(args, { cwd, signal }) {
  const command = npmCommand();
  try {
    return await run(command.program, [...command.args, ...args], { cwd, env: process.env, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SetupFailure('npm could not be run.', 'Install npm 8 or newer, or run `npm start` with npm itself.', {
      cause: error,
    });
  }
}

/**
 * Installs exactly one package without dependencies from npm into a folder of its own; nothing is done when it is there.
 * Its pinned hash is checked by npm, its scripts never run, and it appears in one step, so an interrupted fetch leaves nothing behind.
 * @param {PinnedPackage} pinned
 * @param {{ toolsDir: string, signal: AbortSignal }} options
 * @returns {Promise<string>} the folder of the package
 * @throws {SetupFailure} when npm fails
 */
export async function fetchPackage(pinned, { toolsDir, signal }) {
  const home = packageHome(pinned, toolsDir);
  if (!existsSync(home)) {
    const staging = join(toolsDir, 'tmp', randomUUID());
    mkdirSync(staging, { recursive: true });
    try {
      await install(pinned, { staging, signal });
      renameSync(staging, home);
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
  }
  return join(home, 'node_modules', pinned.name);
}

/**
 * @param {PinnedPackage} pinned
 * @param {string} toolsDir
 * @returns {string} where `fetchPackage` puts a package
 */
export function packageHome({ name, version }, toolsDir) {
  return join(toolsDir, `${name}-${version}`);
}

/**
 * @param {PinnedPackage} pinned
 * @param {{ staging: string, signal: AbortSignal }} options
 */
async function install({ name, ...pinned }, { staging, signal }) {
  const root = { name: 'tools', version: '0.0.0', private: true, dependencies: { [name]: pinned.version } };
  // Without an address in the lockfile npm asks the configured registry, and still checks the hash.
  const lock = {
    name: root.name,
    version: root.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, [`node_modules/${name}`]: pinned },
  };
  writeFileSync(join(staging, 'package.json'), JSON.stringify(root));
  writeFileSync(join(staging, 'package-lock.json'), JSON.stringify(lock));
  const { code, output } = await npm(['ci', `--prefix=${staging}`, ...PLAIN_INSTALL], { cwd: staging, signal });
  if (code !== 0) {
    throw new SetupFailure(`npm could not fetch ${name}@${pinned.version}.`, fixFor(output), {
      details: withoutHosts(output),
    });
  }
}

/**
 * The environment variables that make pnpm use the registry, proxy and certificates npm is configured with.
 * @param {{ cwd: string, signal: AbortSignal }} options
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function npmSettingsForPnpm({ cwd, signal }) {
  const { code, output } = await npm(['config', 'get', ...SHARED_SETTINGS, '--loglevel=silent'], { cwd, signal });
  if (code !== 0)
    throw new SetupFailure('npm could not read its configuration.', fixFor(output), { details: withoutHosts(output) });
  /** @type {NodeJS.ProcessEnv} */
  const env = {};
  for (const line of output.split('\n')) {
    const [name = '', ...rest] = line.split('=');
    const value = rest.join('=').trim();
    if (SHARED_SETTINGS.includes(name) && value && value !== 'null' && value !== 'undefined') {
      env[`pnpm_config_${name.replaceAll('-', '_')}`] = value;
    }
  }
  return env;
}
