import { cutEnd } from './cut.ts';
import { redactLine, redactText } from './redact-text.ts';
import { secretStart } from './secret-commands.ts';
import { isReference, secretNameStrength } from './secret-name.ts';

/** Options of {@link redactValue}. */
export interface RedactValueOptions {
  /** Largest result, in bytes of its JSON as UTF-8. Default 1024. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 1024;
const MASK = '***';
const CUT = '…';
const MAX_KEY_CHARS = 64;
/** How much of an argument is read to find where a password begins in it. */
const MAX_ARGUMENT_CHARS = 256;
const SHORT_FLAG = /^-[a-zA-Z]/;

interface Limits {
  /** Code points of one string. */
  readonly chars: number;
  /** Members of one object or array. */
  readonly members: number;
  readonly depth: number;
  /** Values in total; also what ends a cycle. */
  readonly left: { values: number };
}

/**
 * A copy of tool arguments that is safe to keep and to show: strings redacted as by {@link redactText}, values under
 * names of secrets masked, and strings, members and depth cut (`…`) until the whole fits into `maxBytes`. Takes any value,
 * including cycles and accessors that throw; the copy contains only plain objects, arrays, strings, finite numbers,
 * booleans and null.
 */
export function redactValue(value: unknown, { maxBytes = DEFAULT_MAX_BYTES }: RedactValueOptions = {}): unknown {
  for (let chars = maxBytes; chars >= 8; chars = Math.floor(chars / 2)) {
    const limits = { chars, members: Math.min(32, chars), depth: 6, left: { values: 200 } };
    const copy = copyValue(value, limits);
    if (fits(copy, maxBytes)) return copy;
  }
  return CUT;
}

function copyValue(value: unknown, limits: Limits): unknown {
  limits.left.values -= 1;
  switch (typeof value) {
    case 'string':
      return redactText(value, { maxChars: limits.chars });
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return cutEnd(String(value), limits.chars);
    case 'object':
      return copyObject(value, limits);
    default:
      return null;
  }
}

function copyObject(value: object | null, limits: Limits): unknown {
  if (value === null) return null;
  if (limits.depth === 0 || limits.left.values <= 0) return CUT;
  const inner = { ...limits, depth: limits.depth - 1 };
  return Array.isArray(value) ? copyArray(value, inner) : copyMembers(value, inner);
}

function copyArray(items: readonly unknown[], limits: Limits): unknown[] {
  const shown = items.slice(0, limits.members).map((item, index) => {
    // `["--token", "x"]`: a flag and its value as two arguments.
    const before = items[index - 1];
    const secret = typeof before === 'string' && before.startsWith('-') && secretNameStrength(before) !== undefined;
    return secret ? maskValue(item, limits) : copyValue(maskArgument(items.slice(0, index), item), limits);
  });
  return items.length > shown.length ? [...shown, CUT] : shown;
}

/** `["docker", "login", "-p", "x"]`, `["mysql", "-px"]`: the command decides which short flags take a password. */
function maskArgument(before: readonly unknown[], item: unknown): unknown {
  const isFlag = (arg: unknown): boolean => typeof arg === 'string' && SHORT_FLAG.test(arg);
  if (typeof item !== 'string' || !(isFlag(before.at(-1)) || isFlag(item))) return item;
  const args = before.map((arg) => (typeof arg === 'string' ? arg.slice(0, MAX_KEY_CHARS) : ''));
  const start = secretStart(args, item.slice(0, MAX_ARGUMENT_CHARS));
  return start === undefined ? item : item.slice(0, start) + MASK;
}

function copyMembers(value: object, limits: Limits): object {
  const names = Object.keys(value);
  const shown = names.slice(0, limits.members).map((name): [string, unknown] => {
    const member = readMember(value, name);
    const secret = secretNameStrength(name) !== undefined || (name === 'value' && isSecretPair(value));
    return [
      redactLine(name, { maxChars: MAX_KEY_CHARS }),
      secret ? maskValue(member, limits) : copyValue(member, limits),
    ];
  });
  // Always own properties: `__proto__` must not become a prototype.
  return Object.fromEntries(names.length > shown.length ? [...shown, [CUT, names.length - shown.length]] : shown);
}

/** `{ "name": "TOKEN", "value": "x" }` */
function isSecretPair(value: object): boolean {
  const name = readMember(value, 'name') ?? readMember(value, 'key');
  return typeof name === 'string' && secretNameStrength(name) !== undefined;
}

function readMember(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function maskValue(value: unknown, limits: Limits): unknown {
  if (typeof value === 'string') return isReference(value) ? copyValue(value, limits) : MASK;
  return value === null || typeof value === 'boolean' || value === undefined ? copyValue(value, limits) : MASK;
}

const utf8 = new TextEncoder();
/** Most bytes that a UTF-16 unit takes as UTF-8. */
const BYTES_PER_UNIT = 3;

function fits(copy: unknown, maxBytes: number): boolean {
  const json = JSON.stringify(copy);
  return json.length * BYTES_PER_UNIT <= maxBytes || utf8.encode(json).length <= maxBytes;
}
