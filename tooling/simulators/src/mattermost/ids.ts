import { randomBytes } from 'node:crypto';

const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769';

/** A new id as the server makes them: 26 characters of z-base-32. */
export function newId(): string {
  return Array.from(randomBytes(26), (byte) => ALPHABET[byte % 32]).join('');
}

/** Whether `value` has the form of an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-zA-Z0-9]{26}$/.test(value);
}
