/** Fields that may be undefined become optional; the others stay as they are. */
type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The same fields without the undefined ones, as `exactOptionalPropertyTypes` wants optional fields: absent rather than
 * undefined.
 */
export function compact<T extends object>(fields: T): Compact<T> {
  const kept: Record<string, unknown> = {};
  for (const name in fields) {
    if (fields[name] !== undefined) kept[name] = fields[name];
  }
  return kept as Compact<T>;
}
