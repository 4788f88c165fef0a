import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { HOOK_NAME } from '@live-status/operations';
import { disableHook, type Enabling, enableHook, runsAllHooks } from './hook-config.ts';
import { hasComments, readJson5 } from './json5-text.ts';
import type { Places } from './places.ts';
import { InstallError, runProgram, step, type Work } from './work.ts';

/** OpenClaw's own command has this effect, too, up to 2026.7. */
const OTHER_HOOKS =
  '! hooks.internal.enabled is new there: OpenClaw now also runs the hooks it brings along (session-memory, command-logger …); "openclaw hooks list" shows them, "openclaw hooks disable NAME" switches one off';
const AGAIN = 'run install.sh again';

/** The text of openclaw.json, or why there is none: a sentence with the cure. */
type ConfigText = { readonly text: string } | { readonly missing: true } | { readonly why: string };

const READ_CURES: Readonly<Record<string, string>> = {
  EISDIR: 'a folder is where the file must be; move it away',
  ENOENT: 'it is a link to a file that is not there; correct or remove it',
  ELOOP: 'it is a link that leads in a circle; correct or remove it',
};

function readConfig(configPath: string): ConfigText {
  if (!lstatSync(configPath, { throwIfNoEntry: false })) return { missing: true };
  try {
    return { text: readFileSync(configPath, 'utf8') };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { why: `it cannot be read (${code}): ${READ_CURES[code] ?? 'let this user read and write it'}` };
  }
}

/** What could be done with a configuration: that of {@link enableHook}, also where there is no text. */
function lookAt(configPath: string): Enabling | { readonly kind: 'missing' } {
  const config = readConfig(configPath);
  if ('missing' in config) return { kind: 'missing' };
  return 'why' in config ? { kind: 'unusable', why: config.why } : enableHook(config.text);
}

/**
 * Makes sure, before anything is done, that the hook can be enabled where there is a configuration.
 *
 * @throws {InstallError} when nothing can be inserted into it
 */
export function requireUsableConfig({ configPath }: Places): void {
  const look = lookAt(configPath);
  if (look.kind === 'unusable') throw new InstallError(`${configPath}: ${look.why}; correct it and ${AGAIN}`);
}

/** Enables the hook. Returns the hash of the file as it was left, when it was changed. */
export function enableInConfig(places: Places, work: Work): string | undefined {
  const { configPath, backupPath } = places;
  if (!existsSync(configPath)) {
    work.say(`! the hook is not enabled: there is no ${configPath}; set OpenClaw up and ${AGAIN}`);
    return undefined;
  }
  const before = readFileSync(configPath, 'utf8');
  const enabling = enableHook(before);
  if (enabling.kind === 'off') work.say(`! the hook is not enabled in ${configPath}: ${enabling.why}`);
  if (enabling.kind !== 'changed') return undefined;
  step(work, `enable the hook in ${configPath} (backup: ${backupPath})`, () => {
    copyFileSync(configPath, backupPath);
    chmodSync(backupPath, 0o600);
    if (!enableByOpenClaw(before, places, work)) replaceFile(configPath, enabling.text);
  });
  const after = work.dryRun ? enabling.text : readFileSync(configPath, 'utf8');
  if (runsAllHooks(after) && !runsAllHooks(before)) work.say(OTHER_HOOKS);
  return work.dryRun ? undefined : hashOf(after);
}

/** Whether the gateway runs the hook with its next start. */
export function isEnabledInConfig({ configPath }: Places): boolean {
  return lookAt(configPath).kind === 'already';
}

/** Takes the hook out of the configuration: byte for byte where nobody has changed it since. */
export function disableInConfig({ configPath, backupPath }: Places, left: string | undefined, work: Work): void {
  const look = lookAt(configPath);
  // Somebody else's entry, which was never changed here.
  const isForeign = look.kind === 'off' && left === undefined;
  if (look.kind === 'missing' || isForeign) return;
  if (look.kind === 'unusable') {
    work.say(
      `! ${configPath} cannot be edited: ${look.why}; correct it, and take ${HOOK_NAME} out of hooks.internal.entries in it`,
    );
    return;
  }
  const now = readFileSync(configPath, 'utf8');
  const original = existsSync(backupPath) ? readFileSync(backupPath, 'utf8') : undefined;
  const restored = original !== undefined && hashOf(now) === left ? original : disableHook(now, original);
  if (restored === now) return;
  step(work, `take the hook out of ${configPath}`, () => replaceFile(configPath, restored));
}

/** OpenClaw's own command writes the file anew; one with comments would lose them and is edited instead. */
function enableByOpenClaw(before: string, { configPath }: Places, { env }: Work): boolean {
  const file = readJson5(before);
  const inPath = (env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'openclaw')));
  if (!inPath || !file || hasComments(file)) return false;
  const { exitCode } = runProgram('openclaw', ['hooks', 'enable', HOOK_NAME], { env });
  return exitCode === 0 && enableHook(readFileSync(configPath, 'utf8')).kind === 'already';
}

/** In one rename; a link stays a link, and the mode stays. */
function replaceFile(path: string, text: string): void {
  const target = realpathSync(path);
  const next = `${target}.live-status-next`;
  writeFileSync(next, text, { mode: 0o600 });
  chmodSync(next, statSync(target).mode & 0o777);
  renameSync(next, target);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
