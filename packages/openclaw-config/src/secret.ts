import { inspect } from 'node:util';

const MASK = '***';
/** Below this many characters a secret is only hidden as a word of its own: a password `a` is in most words. */
const SHORT_SECRET = 4;

/** Replaces a secret by `***` wherever it occurs in a text. */
export function hideSecret(text: string, secret: string): string {
  if (secret.length >= SHORT_SECRET) return text.replaceAll(secret, MASK);
  const literal = secret.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return secret === '' ? text : text.replaceAll(new RegExp(`(?<!\\w)${literal}(?!\\w)`, 'g'), MASK);
}

/**
 * A value that must not be printed. Text conversion, JSON and `util.inspect` show `***`; only {@link Secret.reveal}
 * returns the value, so every use of it can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  /** Whether the other secret has the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  static {
    // Not a method, because a declaration file cannot name the key.
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => MASK });
  }
}
