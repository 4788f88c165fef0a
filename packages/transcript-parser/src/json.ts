import { type JsonObject, numberOf, objectOf } from '@live-status/basics';

/** The value if it is a boolean. */
export function flagOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** Milliseconds since the epoch of an ISO timestamp or a number; `undefined` for anything else. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? numberOf(Date.parse(value)) : numberOf(value);
}

/** Parses text as a JSON object; `undefined` when it is not one. Never throws. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
