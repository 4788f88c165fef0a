/** Numbers from 0 to below 1. */
export type Random = () => number;

/** A small seeded generator (mulberry32), so that a run can be repeated as far as time allows. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number between two others. */
export function between(random: Random, [from, to]: readonly [number, number]): number {
  return from + random() * (to - from);
}

/** One of several; `weight` makes some more likely than others. */
export function pick<T>(random: Random, from: readonly T[], weight: (item: T) => number = () => 1): T {
  let left = random() * from.reduce((sum, item) => sum + weight(item), 0);
  const picked = from.find((item) => {
    left -= weight(item);
    return left < 0;
  });
  return picked ?? (from.at(-1) as T);
}

/** The same items in another order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
