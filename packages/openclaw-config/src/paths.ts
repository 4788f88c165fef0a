import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where OpenClaw keeps what Live Status reads. */
export interface OpenClawFiles {
  /** OpenClaw's state directory; `~/.openclaw` unless moved. */
  readonly stateDir: string;
  /** Its configuration, JSON5. */
  readonly configPath: string;
}

/** Names of the state directory and the configuration before the program was called OpenClaw; still read by 2026.9.6. */
const FORMER_STATE_DIR = '.clawdbot';
const FORMER_CONFIG = 'clawdbot.json';

/**
 * Finds OpenClaw's directory and configuration as OpenClaw does (docs/help/environment.md of OpenClaw):
 * `OPENCLAW_CONFIG_PATH`, else `openclaw.json` in `OPENCLAW_STATE_DIR`, else in `.openclaw` of `OPENCLAW_HOME` or the
 * home directory. With `OPENCLAW_PROFILE`, the directory of that profile if there is one: `--profile` puts its path into
 * the environment of the gateway, a shell has only the name.
 *
 * @param exists whether there is a file or directory; default: in the file system
 */
export function locateOpenClaw(
  env: Environment,
  home: string,
  exists: (path: string) => boolean = existsSync,
): OpenClawFiles {
  const openclawHome = homeOfOpenClaw(env, home);
  const override = env.OPENCLAW_STATE_DIR?.trim();
  const stateDir = override ? expandHome(override, openclawHome) : defaultStateDir(env, openclawHome, exists);
  const configured = env.OPENCLAW_CONFIG_PATH?.trim();
  if (configured) return { stateDir, configPath: expandHome(configured, openclawHome) };
  const configPath = join(stateDir, 'openclaw.json');
  const former = join(stateDir, FORMER_CONFIG);
  return { stateDir, configPath: !exists(configPath) && exists(former) ? former : configPath };
}

function defaultStateDir(env: Environment, openclawHome: string, exists: (path: string) => boolean): string {
  const profile = env.OPENCLAW_PROFILE?.trim() ?? '';
  const ofProfile = join(openclawHome, `.openclaw-${profile}`);
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/i.test(profile) && !/^default$/i.test(profile) && exists(ofProfile)) return ofProfile;
  const usual = join(openclawHome, '.openclaw');
  const former = join(openclawHome, FORMER_STATE_DIR);
  return !exists(usual) && exists(former) ? former : usual;
}

/** The home directory that OpenClaw's own paths start from: `OPENCLAW_HOME`, else the user's. */
export function homeOfOpenClaw(env: Environment, home: string): string {
  const named = env.OPENCLAW_HOME?.trim();
  return named && named !== 'undefined' && named !== 'null' ? expandHome(named, home) : home;
}

/** An absolute path; a leading `~` is the home directory (service managers do not expand it). */
export function expandHome(path: string, home: string): string {
  const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
  return resolve(expanded);
}

/** The global `.env` beside the configuration, from which OpenClaw fills in missing variables. */
export function dotEnvPath(files: OpenClawFiles): string {
  return join(files.stateDir, '.env');
}

/** A path from the configuration; relative ones start at the directory of the configuration. */
export function configuredPath(path: string, files: OpenClawFiles, home: string): string {
  return path.startsWith('~') ? expandHome(path, home) : resolve(dirname(files.configPath), path);
}

/** The certificate of the gateway: a path of the configuration, or `default` for the one that it makes by itself. */
export function certificatePath(path: string, files: OpenClawFiles, home: string): string {
  if (path === 'default') return join(files.stateDir, 'gateway', 'tls', 'gateway-cert.pem');
  return configuredPath(path, files, home);
}
