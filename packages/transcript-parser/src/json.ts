/** A JSON object with unchecked fields. */
export type JsonObject = { readonly [field: string]: unknown };

/** True for an object that is neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, neither null nor an array. */
export function objectOf(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The value if it is a string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value if it is a finite number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

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

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The same fields without the undefined ones: optional fields are absent rather than undefined. */
export function compact<T extends object>(fields: T): Partial<Defined<T>> {
  const kept: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept as Partial<Defined<T>>;
}
