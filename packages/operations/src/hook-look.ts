import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HOOK_NAME, type HookLook } from './checks/hook.ts';
import { record, texts } from './json-value.ts';
import type { OpenClawConfig } from './openclaw-config.ts';
import { expandHome, type OpenClawFiles } from './openclaw-files.ts';

/** Looks for the hook where the gateway does: in folders of its own folder and of each extra one. Never throws. */
export function lookForHook(openclaw: OpenClawConfig | undefined, files: OpenClawFiles, home: string): HookLook {
  const extra = (openclaw?.hooks?.extraDirs ?? []).map((dir) => expandHome(dir, home));
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
  const manifest = attempt(() => record(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))));
  return texts(record(manifest?.openclaw)?.hooks);
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
