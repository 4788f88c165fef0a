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

/**
 * Finds OpenClaw's directory and configuration as OpenClaw does (docs/help/environment.md of OpenClaw):
 * `OPENCLAW_CONFIG_PATH`, else `openclaw.json` in `OPENCLAW_STATE_DIR`, else in `.openclaw` of `OPENCLAW_HOME` or the
 * home directory.
 */
export function locateOpenClaw(env: Environment, home: string): OpenClawFiles {
  const openclawHome = env.OPENCLAW_HOME ? expandHome(env.OPENCLAW_HOME, home) : home;
  const stateDir = env.OPENCLAW_STATE_DIR
    ? expandHome(env.OPENCLAW_STATE_DIR, openclawHome)
    : join(openclawHome, '.openclaw');
  const configPath = env.OPENCLAW_CONFIG_PATH
    ? expandHome(env.OPENCLAW_CONFIG_PATH, openclawHome)
    : join(stateDir, 'openclaw.json');
  return { stateDir, configPath };
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
