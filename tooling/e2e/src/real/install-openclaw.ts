import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An OpenClaw from npm, ready to run. */
export interface OpenClaw {
  readonly version: string;
  /** Its program, for Node. */
  readonly program: string;
  /** The Mattermost plugin where it is a package of its own, else undefined: bundled. */
  readonly pluginDir: string | undefined;
}

/** OpenClaw could not be installed or started. The message carries the cure. */
export class OpenClawFailedError extends Error {
  override readonly name = 'OpenClawFailedError';
  readonly code = 'OPENCLAW_FAILED';
}

/** Where installs are kept: `.tools/e2e` of the checkout, which git ignores. */
export const CACHE_DIR: string = fileURLToPath(new URL('../../../../.tools/e2e', import.meta.url));
/** Up to here the Mattermost plugin is part of OpenClaw. */
const LAST_BUNDLED = '2026.4.29';
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

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
  const hasPlugin = version.localeCompare(LAST_BUNDLED, 'en', { numeric: true }) > 0;
  if (!existsSync(home)) {
    const wanted = [`openclaw@${version}`, ...(hasPlugin ? [`@openclaw/mattermost@<=${version}`] : [])];
    await install(wanted, { home, cacheDir });
  }
  const modules = join(home, 'node_modules');
  return {
    version,
    program: join(modules, 'openclaw', 'openclaw.mjs'),
    pluginDir: hasPlugin ? join(modules, '@openclaw', 'mattermost') : undefined,
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
    if (code !== 0) throw new OpenClawFailedError(`npm could not install ${wanted.join(' ')}. See its words above.`);
    await rename(staging, to.home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
