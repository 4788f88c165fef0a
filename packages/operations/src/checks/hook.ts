import type { OpenClawConfig } from '../openclaw-config.ts';
import type { GatewayHooks } from '../openclaw-fields.ts';
import { type CheckResult, ok, warn } from './check.ts';

/** Name of the hook in OpenClaw's folder and configuration. */
export const HOOK_NAME = 'live-status';

/** What a look for the hook gave. */
export interface HookLook {
  /** Folders that the gateway searches, its own first. */
  readonly searched: readonly string[];
  /** Folder of the hook; `undefined` when it is in none of these. */
  readonly directory: string | undefined;
}

/** Whether the gateway starts the daemon. Another way to start it, a service for one, is as good. */
export function checkHook(openclaw: OpenClawConfig | undefined, { searched, directory }: HookLook): CheckResult {
  const name = 'gateway hook';
  const elsewhere = 'unless a service starts the daemon';
  if (directory === undefined) {
    return warn(name, `not installed in ${searched.join(', ')}`, `install it (bash install.sh), ${elsewhere}`);
  }
  if (openclaw?.hooks && isLoaded(openclaw.hooks)) return ok(name, `installed and enabled in ${directory}`);
  const cure = `run "openclaw hooks enable ${HOOK_NAME}", ${elsewhere}`;
  return warn(name, `installed in ${directory}, but not enabled in openclaw.json (hooks.internal)`, cure);
}

/**
 * Whether a hook that was found is loaded (resolveConfiguredInternalHookNames of OpenClaw 2026.7.1): by an entry, by the
 * pack that brought it, or with all hooks, which also any extra folder turns on.
 */
function isLoaded({ enabled, entries, extraDirs, packs }: GatewayHooks): boolean {
  if (enabled === false || entries[HOOK_NAME] === false) return false;
  const all = enabled === true || extraDirs.length > 0;
  return all || entries[HOOK_NAME] === true || packs.some((pack) => pack.length === 0 || pack.includes(HOOK_NAME));
}
