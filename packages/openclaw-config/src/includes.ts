import { dirname, resolve } from 'node:path';
import { objectOf } from '@live-status/basics';

/** As deep as OpenClaw goes; this also stops a file that includes itself. */
const MAX_DEPTH = 10;

/** Reads a file of the configuration as a value; `undefined` if there is no usable one. */
export type ReadValue = (path: string) => Promise<unknown>;

/**
 * Replaces `$include` with the content of the files it names, as OpenClaw does (docs/gateway/config-secrets-env.md of
 * OpenClaw): paths are relative to the including file; later files override earlier ones, and the keys beside `$include`
 * override all of them.
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

/** The second overrides the first: objects are merged by key, lists are concatenated, anything else is replaced. */
function merge(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over)) return [...under, ...over];
  const [below, above] = [objectOf(under), objectOf(over)];
  if (below === undefined || above === undefined) return over === undefined ? under : over;
  const merged = Object.entries(above).map(([key, value]) => [key, merge(below[key], value)]);
  return { ...below, ...Object.fromEntries(merged) };
}
