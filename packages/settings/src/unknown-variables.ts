import { distance } from 'fastest-levenshtein';
import { SETTINGS, type Setting } from './table.ts';

/** A name with the forms in which it is compared. */
interface Name {
  readonly name: string;
  /** Capital letters and digits only: `MM_URL_` and `mm-url` are `MMURL`. */
  readonly letters: string;
  /** Its words without units: those of `POST_DELAY_MS` are `POST` and `DELAY`. */
  readonly stem: readonly string[];
}

/** Settings of a Mattermost server on the same machine (`MM_SERVICESETTINGS_SITEURL`). */
const SERVER_SETTING = /^MM_[A-Z]+SETTINGS_/;
const UNITS = /^(MS|S|SECS?|SECONDS?|MILLIS|MILLISECONDS?|PER)$/;
const KNOWN: readonly Name[] = Object.entries(SETTINGS).flatMap(([name, { alias }]: [string, Setting]) =>
  (alias === undefined ? [name] : [name, alias]).map(nameOf),
);
/** Settings of other programs begin with these words, too: only their letters are compared. */
const COMMON_WORDS: readonly string[] = ['HEALTH', 'LOG', 'OPENCLAW', 'PID', 'SOURCE', 'STATE'];
/** Shorter names are too often similar to one of ours by chance; from the longer length on two letters may differ. */
const MIN_LETTERS = 6;
const MIN_LETTERS_FOR_TWO = 9;

/**
 * Names that look like a setting but are not one: an unknown `MM_…`, a setting with a letter, word or unit too many, too few or
 * mistaken. One sentence each, values are not shown.
 */
export function findUnknownVariables(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (KNOWN.some((known) => known.name === name) || SERVER_SETTING.test(name)) return [];
    const similar = mostSimilar(nameOf(name))?.name;
    // A name beside a setting that is set is not a misspelling of it.
    if (similar && !names.includes(similar)) return [`${name} is not a setting: did you mean ${similar}?`];
    return name.startsWith('MM_') ? [`${name} is not a setting and has no effect`] : [];
  });
}

function nameOf(name: string): Name {
  const words = name.toUpperCase().match(/[A-Z0-9]+/g) ?? [];
  return { name, letters: words.join(''), stem: words.filter((word) => !UNITS.test(word)) };
}

function mostSimilar(name: Name): Name | undefined {
  return KNOWN.map((known) => ({ known, away: difference(name, known) }))
    .filter(({ away }) => Number.isFinite(away))
    .sort((a, b) => a.away - b.away)[0]?.known;
}

/** How much a name differs from a setting; infinite if it may well be another program's. */
function difference(name: Name, known: Name): number {
  const letters = Math.min(
    lettersAway(name, known, name.letters, known.letters),
    lettersAway(name, known, name.stem.join(''), known.stem.join('')),
  );
  return Number.isFinite(letters) || !hasAnotherWord(name.stem, known.stem) ? letters : MIN_LETTERS;
}

function lettersAway(name: Name, known: Name, a: string, b: string): number {
  if (a === b) return 0;
  const maximum = lettersThatMayDiffer(name, known, a, b);
  // The distance takes long to compute, and is at least the difference of the lengths.
  if (maximum === 0 || Math.abs(a.length - b.length) > maximum) return Number.POSITIVE_INFINITY;
  const away = distance(a, b);
  return away <= maximum ? away : Number.POSITIVE_INFINITY;
}

function lettersThatMayDiffer(name: Name, known: Name, a: string, b: string): number {
  // `MM` is short: `MY_TOKEN` is as close to `MM_TOKEN` as a misspelling.
  if (known.name.startsWith('MM_')) return name.name.startsWith('MM_') ? 2 : 0;
  if (a[0] !== b[0]) return 0;
  const length = Math.min(a.length, b.length);
  return length >= MIN_LETTERS_FOR_TWO ? 2 : length >= MIN_LETTERS ? 1 : 0;
}

/** Whether two names begin and end with the same words and differ by one in between (`MAX_LINES`, `MATTERMOST_SERVER_URL`). */
function hasAnotherWord(words: readonly string[], known: readonly string[]): boolean {
  const [first = ''] = known;
  if (words.length < 2 || COMMON_WORDS.includes(first)) return false;
  if (words[0] !== first || words.at(-1) !== known.at(-1)) return false;
  const [longer, shorter] = words.length > known.length ? [words, known] : [known, words];
  if (longer.length === shorter.length) return longer.filter((word, at) => word !== shorter[at]).length === 1;
  return (
    longer.length === shorter.length + 1 && longer.some((_, at) => longer.toSpliced(at, 1).join() === shorter.join())
  );
}
