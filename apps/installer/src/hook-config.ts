import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ObjectNode } from '@humanwhocodes/momoa';
import { findInstalledVersion, HOOK_NAME, writesTranscripts } from '@live-status/openclaw-config';
import { replaceFileSync } from '@live-status/resilience';
import {
  findMember,
  hasComments,
  insertMember,
  type Json5Text,
  nameOf,
  readJson5,
  removeMember,
} from './json5-edit.ts';
import type { InstallPaths } from './paths.ts';
import { InstallError, runProgram, step, type Task } from './task.ts';

/** What enabling the hook does to a configuration. */
export type Enabling =
  | { readonly kind: 'already' }
  | { readonly kind: 'changed'; readonly text: string }
  /** Somebody switched it off, which is respected; `why` says what to do. */
  | { readonly kind: 'off'; readonly why: string }
  /** It cannot be edited; `why` is a sentence. */
  | { readonly kind: 'unusable'; readonly why: string };

const NOT_AN_OBJECT = 'is not an object that can be edited';
const OFF = (what: string): string =>
  `${what} is false in it: somebody switched it off; set it to true, or let a service run the daemon`;

/**
 * Enables the hook in the text of openclaw.json without changing anything else. Both `hooks.internal.enabled` and the
 * entry are set: OpenClaw up to 2026.3 loads nothing without the first, 2026.9 nothing without the second.
 */
export function enableHook(text: string): Enabling {
  const file = readJson5(text);
  if (!file) return { kind: 'unusable', why: `it ${NOT_AN_OBJECT}` };
  const path = walk(file.root, ['hooks', 'internal', 'entries', HOOK_NAME]);
  if (path.notObject !== undefined) return { kind: 'unusable', why: `${path.notObject} in it ${NOT_AN_OBJECT}` };
  const [, , internal, , entry] = path.objects;
  if (internal && isFalse(internal, 'enabled')) return { kind: 'off', why: OFF('hooks.internal.enabled') };
  if (entry && isFalse(entry, 'enabled')) return { kind: 'off', why: OFF(`the entry ${HOOK_NAME} of its hooks`) };
  const changed = withSwitch(withEntry(file, path));
  return changed === text ? { kind: 'already' } : { kind: 'changed', text: changed };
}

const ALL_HOOKS =
  '! hooks.internal.enabled is new there: up to 2026.7, OpenClaw then also loads the hooks it brings along (session-memory, command-logger …); "openclaw hooks list" shows them, "openclaw hooks disable NAME" switches one off';
const ONLY_NAMED_HOOKS =
  '! live-status is the first hook named there: from 2026.8 on, OpenClaw then loads only the hooks that are named, no longer all it finds; "openclaw hooks list" shows them, "openclaw hooks enable NAME" names one';

/**
 * What a changed configuration means for other hooks. Up to 2026.7, OpenClaw loads all hooks with
 * `hooks.internal.enabled`. From 2026.8 on it loads all only while none is named and no folder of hooks is added.
 *
 * @param version of OpenClaw; everything that may be true is said when it is not known
 */
export function noteOnOtherHooks(before: string, after: string, version: string | undefined): string | undefined {
  const [past, present] = [selectionIn(before), selectionIn(after)];
  const isOlder = writesTranscripts(version);
  if (isOlder !== false && !past.enabled && present.enabled) return ALL_HOOKS;
  if (isOlder !== true && past.enabled && !past.named && !past.added && present.named) return ONLY_NAMED_HOOKS;
  return undefined;
}

/** Which hooks a configuration selects. */
function selectionIn(text: string): Readonly<Record<'enabled' | 'named' | 'added', boolean>> {
  const file = readJson5(text);
  const internal = file && walk(file.root, ['hooks', 'internal']).objects[2];
  const enabled = internal && findMember(internal, 'enabled')?.value;
  const load = internal && findMember(internal, 'load')?.value;
  const folders = load?.type === 'Object' ? findMember(load, 'extraDirs')?.value : undefined;
  return {
    enabled: enabled?.type === 'Boolean' && enabled.value,
    named: entryNames(text).length > 0,
    added: folders?.type === 'Array' && folders.elements.length > 0,
  };
}

/** The version that OpenClaw writes to its configuration when it changes it. */
function versionIn(text: string): string | undefined {
  const file = readJson5(text);
  const meta = file && walk(file.root, ['meta']).objects[1];
  const version = meta && findMember(meta, 'lastTouchedVersion')?.value;
  return version?.type === 'String' ? version.value : undefined;
}

/** The text of openclaw.json without the hook, and without the objects around it that `original` did not have. */
export function disableHook(text: string, original: string | undefined): string {
  const steps = [
    ['hooks', 'internal', 'entries', HOOK_NAME],
    ['hooks', 'internal', 'entries'],
  ];
  const entriesGone = steps.reduce((now, path) => removeAt(now, path, original), text);
  const known = new Set(entryNames(original ?? ''));
  const ours = entryNames(entriesGone).every((name) => known.has(name));
  const switchGone = ours ? removeAt(entriesGone, ['hooks', 'internal', 'enabled'], original) : entriesGone;
  return [['hooks', 'internal'], ['hooks']].reduce((now, path) => removeAt(now, path, original), switchGone);
}

interface Path {
  /** Root, then one object per name, as far as they exist. */
  readonly objects: readonly ObjectNode[];
  /** The path of a value that is not an object. */
  readonly notObject?: string;
}

function walk(root: ObjectNode, names: readonly string[]): Path {
  const objects = [root];
  for (const [index, name] of names.entries()) {
    const value = findMember(objects.at(-1) ?? root, name)?.value;
    if (!value) break;
    if (value.type !== 'Object') return { objects, notObject: names.slice(0, index + 1).join('.') };
    objects.push(value);
  }
  return { objects };
}

function withEntry(file: Json5Text, { objects }: Path): string {
  const [root = file.root, hooks, internal, entries, entry] = objects;
  if (entry) return findMember(entry, 'enabled') ? file.text : insertMember(file, entry, 'enabled', true);
  const on = { enabled: true };
  if (entries) return insertMember(file, entries, HOOK_NAME, on);
  if (internal) return insertMember(file, internal, 'entries', { [HOOK_NAME]: on });
  const block = { enabled: true, entries: { [HOOK_NAME]: on } };
  return hooks ? insertMember(file, hooks, 'internal', block) : insertMember(file, root, 'hooks', { internal: block });
}

function withSwitch(text: string): string {
  const file = readJson5(text);
  const internal = file && walk(file.root, ['hooks', 'internal']).objects[2];
  return file && internal && !findMember(internal, 'enabled') ? insertMember(file, internal, 'enabled', true) : text;
}

/** Removes the member at a path that the original does not have; an object other than the hook's own only when it is empty. */
function removeAt(text: string, path: readonly string[], original: string | undefined): string {
  const file = readJson5(text);
  const parent = file && walk(file.root, path.slice(0, -1)).objects[path.length - 1];
  const name = path.at(-1) ?? '';
  const member = parent && findMember(parent, name);
  if (!file || !parent || !member) return text;
  const isHook = name === HOOK_NAME;
  if (!isHook && (original === undefined || hasAt(original, path))) return text;
  if (!isHook && member.value.type === 'Object' && member.value.members.length > 0) return text;
  return removeMember(file, parent, member);
}

function entryNames(text: string): readonly string[] {
  const file = readJson5(text);
  return file ? (walk(file.root, ['hooks', 'internal', 'entries']).objects[3]?.members.map(nameOf) ?? []) : [];
}

function hasAt(text: string, path: readonly string[]): boolean {
  const file = readJson5(text);
  const parent = file && walk(file.root, path.slice(0, -1)).objects[path.length - 1];
  return parent?.members.some((member) => nameOf(member) === path.at(-1)) ?? false;
}

function isFalse(object: ObjectNode, name: string): boolean {
  const value = findMember(object, name)?.value;
  return value?.type === 'Boolean' && !value.value;
}

const RUN_AGAIN = 'run install.sh again';

/** The text of openclaw.json, or a sentence that says why there is none and what to do. */
type ConfigText = { readonly text: string } | { readonly missing: true } | { readonly why: string };

const READ_FIXES: Readonly<Record<string, string>> = {
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
    return { why: `it cannot be read (${code}): ${READ_FIXES[code] ?? 'let this user read and write it'}` };
  }
}

/** What {@link enableHook} would do to the configuration, which may be missing or unreadable. */
function inspect(configPath: string): Enabling | { readonly kind: 'missing' } {
  const config = readConfig(configPath);
  if ('missing' in config) return { kind: 'missing' };
  return 'why' in config ? { kind: 'unusable', why: config.why } : enableHook(config.text);
}

/**
 * Checks, before anything is changed, that the hook can be enabled if there is a configuration.
 *
 * @throws {InstallError} when nothing can be inserted into it
 */
export function requireUsableConfig({ configPath }: InstallPaths): void {
  const state = inspect(configPath);
  if (state.kind === 'unusable') throw new InstallError(`${configPath}: ${state.why}; correct it and ${RUN_AGAIN}`);
}

/** Enables the hook. Returns the hash of the changed file; `undefined` when it was not changed. */
export function enableInConfig(paths: InstallPaths, task: Task): string | undefined {
  const { configPath, backupPath } = paths;
  if (!existsSync(configPath)) {
    task.say(`! the hook is not enabled: there is no ${configPath}; set OpenClaw up and ${RUN_AGAIN}`);
    return undefined;
  }
  const before = readFileSync(configPath, 'utf8');
  const enabling = enableHook(before);
  if (enabling.kind === 'off') task.say(`! the hook is not enabled in ${configPath}: ${enabling.why}`);
  if (enabling.kind !== 'changed') return undefined;
  step(task, `enable the hook in ${configPath} (backup: ${backupPath})`, () => {
    copyFileSync(configPath, backupPath);
    chmodSync(backupPath, 0o600);
    if (!enableByOpenClaw(before, paths, task)) replaceConfig(configPath, enabling.text);
  });
  const after = task.dryRun ? enabling.text : readFileSync(configPath, 'utf8');
  const version = findInstalledVersion(task.env.PATH ?? '') ?? versionIn(before);
  const note = noteOnOtherHooks(before, after, version);
  if (note) task.say(note);
  return task.dryRun ? undefined : hashOf(after);
}

/** Whether the gateway will run the hook at its next start. */
export function isEnabledInConfig({ configPath }: InstallPaths): boolean {
  return inspect(configPath).kind === 'already';
}

/** Takes the hook out of the configuration; a file that nobody has changed since is restored byte for byte. */
export function disableInConfig({ configPath, backupPath }: InstallPaths, left: string | undefined, task: Task): void {
  const state = inspect(configPath);
  // Somebody else's entry: no installation changed it.
  const isForeign = state.kind === 'off' && left === undefined;
  if (state.kind === 'missing' || isForeign) return;
  if (state.kind === 'unusable') {
    task.say(
      `! ${configPath} cannot be edited: ${state.why}; correct it, and take ${HOOK_NAME} out of hooks.internal.entries in it`,
    );
    return;
  }
  const now = readFileSync(configPath, 'utf8');
  const original = existsSync(backupPath) ? readFileSync(backupPath, 'utf8') : undefined;
  const restored = original !== undefined && hashOf(now) === left ? original : disableHook(now, original);
  if (restored === now) return;
  step(task, `take the hook out of ${configPath}`, () => replaceConfig(configPath, restored));
}

/** OpenClaw's own command rewrites the file, so one with comments, which would be lost, is edited instead. */
function enableByOpenClaw(before: string, { configPath }: InstallPaths, { env }: Task): boolean {
  const file = readJson5(before);
  const inPath = (env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'openclaw')));
  if (!inPath || !file || hasComments(file)) return false;
  const { exitCode } = runProgram('openclaw', ['hooks', 'enable', HOOK_NAME], { env });
  return exitCode === 0 && enableHook(readFileSync(configPath, 'utf8')).kind === 'already';
}

/** Replaces a file in one rename; a symbolic link and the file mode are kept. */
function replaceConfig(path: string, text: string): void {
  const target = realpathSync(path);
  replaceFileSync(target, text, { mode: statSync(target).mode & 0o777 });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
