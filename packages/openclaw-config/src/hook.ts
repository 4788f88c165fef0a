import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compact, objectOf } from '@live-status/basics';
import { expandHome, type OpenClawFiles } from './paths.ts';
import { textsOf } from './values.ts';

/** Name of the Live Status hook in OpenClaw's folder and configuration. */
export const HOOK_NAME = 'live-status';

/** `hooks.internal`. */
export interface GatewayHooks {
  readonly enabled?: boolean;
  /** Whether an entry is on, by name; one that does not say so is. */
  readonly entries: Readonly<Record<string, boolean>>;
  /** `load.extraDirs`: folders of hooks beside OpenClaw's own, as written. */
  readonly extraDirs: readonly string[];
  /** Hooks of each pack that OpenClaw installed; a pack that names none loads all it has. */
  readonly packs: readonly (readonly string[])[];
}

/** Where the hook was searched and found. */
export interface HookLocation {
  /** Folders that the gateway searches, its own first. */
  readonly searched: readonly string[];
  /** Folder of the hook; `undefined` if it is in none of these. */
  readonly directory: string | undefined;
}

/** Reads `hooks` of openclaw.json; `undefined` if it says nothing about internal hooks. */
export function readHooks(hooks: unknown): GatewayHooks | undefined {
  const internal = objectOf(objectOf(hooks)?.internal);
  if (!internal) return undefined;
  const entries = Object.entries(objectOf(internal.entries) ?? {}).flatMap(([name, entry]) => {
    const fields = objectOf(entry);
    return fields ? [[name, fields.enabled !== false] as const] : [];
  });
  return {
    ...compact({ enabled: typeof internal.enabled === 'boolean' ? internal.enabled : undefined }),
    entries: Object.fromEntries(entries),
    extraDirs: textsOf(objectOf(internal.load)?.extraDirs),
    packs: Object.values(objectOf(internal.installs) ?? {}).map((pack) => textsOf(objectOf(pack)?.hooks)),
  };
}

/**
 * Whether the gateway loads the hook once it is found (resolveConfiguredInternalHookNames of OpenClaw 2026.7.1): because
 * of an entry, of the pack it came with, or because all hooks are on, which any extra folder also turns on.
 */
export function isHookEnabled({ enabled, entries, extraDirs, packs }: GatewayHooks): boolean {
  if (enabled === false || entries[HOOK_NAME] === false) return false;
  const all = enabled === true || extraDirs.length > 0;
  return all || entries[HOOK_NAME] === true || packs.some((pack) => pack.length === 0 || pack.includes(HOOK_NAME));
}

/** Searches for the hook where the gateway does: below its own hooks folder and each extra one. Never throws. */
export function findHook(hooks: GatewayHooks | undefined, files: OpenClawFiles, home: string): HookLocation {
  const extra = (hooks?.extraDirs ?? []).map((dir) => expandHome(dir, home));
  const searched = [join(files.stateDir, 'hooks'), ...extra];
  return { searched, directory: searched.flatMap(hookFolders).find(isHook) };
}

/** Folders of hooks: each folder, or those that its package.json names. */
function hookFolders(root: string): readonly string[] {
  const folders = attempt(() => readdirSync(root, { withFileTypes: true })) ?? [];
  return folders
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const folder = join(root, name);
      const hooks = hooksOfPackage(folder);
      return hooks.length === 0 ? [folder] : hooks.map((path) => join(folder, path));
    });
}

function hooksOfPackage(folder: string): readonly string[] {
  const manifest = attempt(() => objectOf(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))));
  return textsOf(objectOf(manifest?.openclaw)?.hooks);
}

/** The front matter of HOOK.md names the hook, else its folder does. */
function isHook(folder: string): boolean {
  const text = attempt(() => readFileSync(join(folder, 'HOOK.md'), 'utf8'));
  if (text === undefined) return false;
  const frontMatter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? '';
  const name = /^name:\s*["']?([^"'\r\n]*?)["']?\s*$/m.exec(frontMatter)?.[1];
  return (name || basename(folder)) === HOOK_NAME;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
