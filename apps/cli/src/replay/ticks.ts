/** Something that time alone changes. */
interface Due {
  /** When it changes next, milliseconds since the epoch; `undefined`: not by itself. */
  nextDeadline(): number | undefined;
}

/** Lets time pass until `at`: yields what a tick at each deadline brings about, in their order. */
export function* ticksUntil<T>(due: Due, at: number, tick: (at: number) => Iterable<T>): Generator<T> {
  for (let next = due.nextDeadline(); next !== undefined && next <= at; next = due.nextDeadline()) yield* tick(next);
}
