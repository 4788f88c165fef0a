import type { ObjectNode } from '@humanwhocodes/momoa';
import { HOOK_NAME } from '@live-status/operations';
import { findMember, insertMember, type Json5Text, nameOf, readJson5, removeMember } from './json5-text.ts';

/** What enabling the hook makes of a configuration. */
export type Enabling =
  | { readonly kind: 'already' }
  | { readonly kind: 'changed'; readonly text: string }
  /** Somebody switched it off, which counts: a sentence with the cure. */
  | { readonly kind: 'off'; readonly why: string }
  /** Nothing can be inserted into it: a sentence. */
  | { readonly kind: 'unusable'; readonly why: string };

const NOT_AN_OBJECT = 'is not an object that can be edited';
const OFF = (what: string): string =>
  `${what} is false in it: somebody switched it off; set it to true, or let a service run the daemon`;

/**
 * Enables the hook in the text of openclaw.json and changes nothing else in it. Both `hooks.internal.enabled` and the
 * entry are set: OpenClaw up to 2026.3 loads nothing without the first, 2026.9 nothing without the second.
 */
export function enableHook(text: string): Enabling {
  const file = readJson5(text);
  if (!file) return { kind: 'unusable', why: `it ${NOT_AN_OBJECT}` };
  const path = walk(file.root, ['hooks', 'internal', 'entries', HOOK_NAME]);
  if (path.odd !== undefined) return { kind: 'unusable', why: `${path.odd} in it ${NOT_AN_OBJECT}` };
  const [, , internal, , entry] = path.objects;
  if (internal && isFalse(internal, 'enabled')) return { kind: 'off', why: OFF('hooks.internal.enabled') };
  if (entry && isFalse(entry, 'enabled')) return { kind: 'off', why: OFF(`the entry ${HOOK_NAME} of its hooks`) };
  const changed = withSwitch(withEntry(file, path));
  return changed === text ? { kind: 'already' } : { kind: 'changed', text: changed };
}

/**
 * Whether OpenClaw runs all hooks it knows. It does with `hooks.internal.enabled`; from 2026.7 on an entry without it
 * runs that one hook alone, which earlier versions never load.
 */
export function runsAllHooks(text: string): boolean {
  const file = readJson5(text);
  const internal = file && walk(file.root, ['hooks', 'internal']).objects[2];
  const value = internal && findMember(internal, 'enabled')?.value;
  return value?.type === 'Boolean' && value.value;
}

/** The text of openclaw.json without the hook, and without what surrounded it if `original` had none of that. */
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
  /** Root, then one object per name, as far as they are there. */
  readonly objects: readonly ObjectNode[];
  /** The name of what is there, but no object. */
  readonly odd?: string;
}

function walk(root: ObjectNode, names: readonly string[]): Path {
  const objects = [root];
  for (const [index, name] of names.entries()) {
    const value = findMember(objects.at(-1) ?? root, name)?.value;
    if (!value) break;
    if (value.type !== 'Object') return { objects, odd: names.slice(0, index + 1).join('.') };
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

/** Removes the member at a path that the original does not have, an object only when it is empty but for the hook itself. */
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
