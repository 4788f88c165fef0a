import type { OpenClawConfig } from '../openclaw-config.ts';
import { type CheckResult, ok, warn } from './check.ts';

/** Name of the hook in OpenClaw's folder and configuration. */
export const HOOK_NAME = 'live-status';

/** Whether the gateway starts the daemon. Another way to start it, a service for one, is as good. */
export function checkHook(
  openclaw: OpenClawConfig | undefined,
  { directory, installed }: { readonly directory: string; readonly installed: boolean },
): CheckResult {
  const name = 'gateway hook';
  const elsewhere = 'unless a service starts the daemon';
  if (!installed) return warn(name, `not installed in ${directory}`, `install it (bash install.sh), ${elsewhere}`);
  const { enabled, entries = {} } = openclaw?.hooks ?? {};
  if (enabled !== false && (entries[HOOK_NAME] ?? enabled === true))
    return ok(name, `installed and enabled in ${directory}`);
  const cure = `run "openclaw hooks enable ${HOOK_NAME}", ${elsewhere}`;
  return warn(name, `installed, but not enabled in openclaw.json (hooks.internal)`, cure);
}
