import { dirname, resolve } from 'node:path';
import { objectOf } from '@live-status/basics';

/** As deep as OpenClaw goes; a file that includes itself ends there. */
const MAX_DEPTH = 10;

/** Reads a file of the configuration as a value; `undefined` where there is none that can be used. */
export type ReadValue = (path: string) => Promise<unknown>;

/**
 * Puts the content of files that `$include` names in its place, as OpenClaw does (docs/gateway/config-secrets-env.md of
 * OpenClaw): paths count from the including file; of several files later ones go over earlier ones, and the keys beside
 * `$include` over all of them.
 */
export async function withIncludes(value: unknown, path: string, read: ReadValue, depth = 0): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((one) => withIncludes(one, path, read, depth)));
  const object = objectOf(value);
  if (object === undefined) return value;
  const { $include: named, ...beside } = object;
  const entries = Object.entries(beside).map(async ([key, one]) => [key, await withIncludes(one, path, read, depth)]);
  const own: unknown = Object.fromEntries(await Promise.all(entries));
  if (named === undefined || depth === MAX_DEPTH) return own;
  const paths = (Array.isArray(named) ? named : [named]).filter((one) => typeof one === 'string');
  const files = paths.map(async (one) => {
    const included = resolve(dirname(path), one);
    return withIncludes(await read(included), included, read, depth + 1);
  });
  const values = [...(await Promise.all(files)), ...(Object.keys(beside).length === 0 ? [] : [own])];
  return values.reduce(merge, undefined);
}

/** The second over the first: objects key by key, lists one after the other, all else as it is. */
function merge(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over)) return [...under, ...over];
  const [below, above] = [objectOf(under), objectOf(over)];
  if (below === undefined || above === undefined) return over === undefined ? under : over;
  const merged = Object.entries(above).map(([key, value]) => [key, merge(below[key], value)]);
  return { ...below, ...Object.fromEntries(merged) };
}
