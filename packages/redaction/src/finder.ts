import type { Range } from './range.ts';

/** One way to find secrets. Most texts contain none of its kind; `may` rules them out in a fraction of the time. */
export interface Finder {
  /** False only for a text in which `find` finds nothing. */
  readonly may: (text: string) => boolean;
  readonly find: (text: string) => Range[];
}

/** Everything that the finders find in a text. */
export function findWith(finders: readonly Finder[], text: string): Range[] {
  const found: Range[] = [];
  for (const { may, find } of finders) if (may(text)) for (const range of find(text)) found.push(range);
  return found;
}

/** All matches of a global pattern. `matchAll` would compile the pattern again for each text. */
export function matchesOf(text: string, pattern: RegExp): RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) matches.push(match);
  return matches;
}
