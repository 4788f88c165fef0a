import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Environment, expandHome, HOOK_NAME, locateOpenClaw } from '@live-status/openclaw-config';

/** Every path that an installation reads or writes, absolute. */
export interface InstallPaths {
  /** The checkout that is installed from. */
  readonly checkout: string;
  readonly openclawDir: string;
  readonly configPath: string;
  /** The backup of openclaw.json, which uninstalling leaves behind. */
  readonly backupPath: string;
  readonly hookDir: string;
  readonly prefix: string;
  /** Next to the prefix, so that programs appear and disappear in one rename. */
  readonly nextPrefix: string;
  readonly lastPrefix: string;
  /** What was installed, and how the configuration was left. */
  readonly receiptPath: string;
  /** Ledger, lock, log. */
  readonly stateDir: string;
}

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Variables that name a file or a folder. */
const PATH_VARIABLES = [
  'STATE_DIR',
  'OPENCLAW_HOME',
  'OPENCLAW_STATE_DIR',
  'OPENCLAW_CONFIG_PATH',
  'TRANSCRIPT_DIR',
  'SESSIONS_JSON',
  'CHANNEL_RULES',
  'TOOL_LABELS_FILE',
  'PID_FILE',
] as const;
/** A variable that names a file or a language. */
const LANGUAGE = 'STATUS_LANGUAGE';

/**
 * The environment with absolute paths, so that they mean the same in every program that is run: a person's relative path
 * is relative to `PWD`, but this program runs in the checkout. A leading `~` stays; the program that reads it expands it.
 */
export function withAbsolutePaths(env: Environment): Environment {
  const names = /[/\\]|\.json$/.test(env[LANGUAGE] ?? '') ? [...PATH_VARIABLES, LANGUAGE] : PATH_VARIABLES;
  const absolute = names.map((name) => [name, env[name] && resolveFromPwd(env, env[name])] as const);
  return { ...env, ...Object.fromEntries(absolute.filter(([, path]) => path)) };
}

function resolveFromPwd({ PWD = '' }: Environment, path: string): string {
  return /^~(\/|$)/.test(path) ? path : resolve(PWD, path);
}

/** Paths of an installation, from an environment of {@link withAbsolutePaths} and `--prefix`. */
export function installPaths(
  env: Environment,
  { prefix }: { readonly prefix?: string | undefined } = {},
): InstallPaths {
  const { stateDir: openclawDir, configPath } = locateOpenClaw(env, homedir());
  const chosen = expandHome(resolveFromPwd(env, prefix ?? join(openclawDir, 'live-status', 'app')), homedir());
  return {
    checkout: CHECKOUT,
    openclawDir,
    configPath,
    backupPath: `${configPath}.live-status-backup`,
    hookDir: join(openclawDir, 'hooks', HOOK_NAME),
    prefix: chosen,
    nextPrefix: `${chosen}.live-status-next`,
    lastPrefix: `${chosen}.live-status-last`,
    receiptPath: join(chosen, 'receipt.json'),
    stateDir: expandHome(env.STATE_DIR || join(openclawDir, 'live-status'), homedir()),
  };
}

/** Path of a program of an installation. */
export function programAt(prefix: string, name: 'live-status' | 'live-status-daemon'): string {
  return join(prefix, 'bin', name);
}

/** The folder of an installation's programs. */
export function binDirOf(prefix: string): string {
  return dirname(programAt(prefix, 'live-status'));
}
