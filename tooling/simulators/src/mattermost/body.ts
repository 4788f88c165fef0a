import { invalidBody } from './errors.ts';

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/** The body as an object. Throws 400 for anything else. */
export function objectBody(body: unknown, name: string): Fields {
  if (!isFields(body)) throw invalidBody(name);
  return body;
}

/** Whether `value` is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that must be a string where given. Throws 400 naming `subject`, as Go's decoder makes the server do. */
export function text(fields: Fields, key: string, subject: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidBody(subject);
  return value;
}

/** A string field that must be there and not empty. Throws 400 naming the field. */
export function requiredText(fields: Fields, key: string): string {
  const value = text(fields, key, key);
  if (!value) throw invalidBody(key);
  return value;
}
