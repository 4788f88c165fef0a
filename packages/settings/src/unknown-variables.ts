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
/** Words of settings that settings of other programs are made of as well: alone they do not say that ours is meant. */
const GENERIC_WORDS: readonly string[] =
  `ACTIVE BOT CHANNEL DEFAULT DELAY DIR DURATION FILE GATEWAY HEALTH HOST IDLE JSON
  LEVEL LOG MATTERMOST MAX MESSAGE MM OPENCLAW PASSWORD PID PORT RULE SESSION SHUTDOWN SOURCE STATE TIMEOUT TOKEN UPDATE
  URL`.split(/\s+/);
/** Other words for words of settings. Cut words (`LANG`, `PASS`) are understood without. */
const SYNONYMS: Readonly<Record<string, string>> = {
  CHARACTER: 'CHAR',
  DIRECTORY: 'DIR',
  FOLDER: 'DIR',
  LOCALE: 'LANGUAGE',
  MAXIMUM: 'MAX',
  MSG: 'MESSAGE',
  PASSWD: 'PASSWORD',
  PATH: 'DIR',
  PWD: 'PASSWORD',
};
/** What people call a server, its address and its token; other words name other things (`MATTERMOST_WEBHOOK_URL`). */
const OF_ADDRESSES: readonly string[] = ['ACCESS', 'API', 'AUTH', 'BASE', 'BOT', 'SERVER', 'SITE'];
/** Shorter words are not taken for the beginning of a longer one. */
const MIN_CUT = 4;
/** What people put before a name to say whose it is. */
const OWN_PREFIX = /^(?:LIVE_?STATUS|STATUS_WATCHER|MM)_+/;
/** systemd sets these. */
const OF_SYSTEMD = /^(?:STATE|CACHE|LOGS|RUNTIME|CONFIGURATION)_DIRECTORY$/;
/** Words of which settings are made. */
const KNOWN_WORDS: ReadonlySet<string> = new Set(KNOWN.flatMap(({ stem }) => stem.map(plainWord)));
/** Shorter names are too often similar to one of ours by chance; from the longer length on two letters may differ. */
const MIN_LETTERS = 6;
const MIN_LETTERS_FOR_TWO = 9;

/**
 * Names that look like a setting but are not one: an unknown `MM_…`, a setting with a letter, word or unit too many, too few or
 * mistaken. One sentence each, values are not shown.
 */
export function findUnknownVariables(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (KNOWN.some((known) => known.name === name) || SERVER_SETTING.test(name) || OF_SYSTEMD.test(name)) return [];
    const similar = (mostSimilar(nameOf(name)) ?? meantWithoutPrefix(name) ?? meantByWords(nameOf(name)))?.name;
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

/** A setting with the name of this program before it. */
function meantWithoutPrefix(name: string): Name | undefined {
  const bare = name.toUpperCase().replace(OWN_PREFIX, '');
  return bare === name.toUpperCase() ? undefined : KNOWN.find((known) => known.name === bare);
}

/**
 * The one setting whose words these are: one of them cut or another word for it, in another order, or with one word of the
 * setting missing. Undefined when several could be meant, or another program's.
 */
function meantByWords({ stem }: Name): Name | undefined {
  const words = stem.map(plainWord);
  if (words.length < 2) return undefined;
  const meant = KNOWN.filter((known) => {
    const own = known.stem.map(plainWord);
    return isSameInOtherWords(words, own) || (isDistinctive(words) && isWithoutOneWord(words, own));
  });
  return meant.length === 1 ? meant[0] : undefined;
}

/** Without the plural, and as settings call it. */
function plainWord(word: string): string {
  const singular = word.length > MIN_CUT ? word.replace(/S$/, '') : word;
  return SYNONYMS[singular] ?? singular;
}

function isSameInOtherWords(words: readonly string[], own: readonly string[]): boolean {
  if (words.length !== own.length) return false;
  // Two common words, of which one is another word for ours (`STATE_PATH`), are another program's.
  if (words.join() === own.join()) return own.length > 2 || isDistinctive(words);
  if (words.toSorted().join() === own.toSorted().join()) return true;
  const different = words.flatMap((word, at) => (word === own[at] ? [] : [[word, own[at] ?? ''] as const]));
  const [[cut = '', whole = ''] = []] = different;
  return different.length === 1 && cut.length >= MIN_CUT && whole.startsWith(cut);
}

function isWithoutOneWord(words: readonly string[], own: readonly string[]): boolean {
  return words.length === own.length - 1 && own.some((_, at) => own.toSpliced(at, 1).join() === words.join());
}

function isDistinctive(words: readonly string[]): boolean {
  return words.some((word) => !GENERIC_WORDS.includes(word) && KNOWN_WORDS.has(word));
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
  const isShorter = words.length < known.length;
  if (first === 'MATTERMOST' && !isShorter && !words.some((word) => OF_ADDRESSES.includes(word))) return false;
  if (words[0] !== first || words.at(-1) !== known.at(-1)) return false;
  const [longer, shorter] = words.length > known.length ? [words, known] : [known, words];
  if (longer.length === shorter.length) return longer.filter((word, at) => word !== shorter[at]).length === 1;
  return (
    longer.length === shorter.length + 1 && longer.some((_, at) => longer.toSpliced(at, 1).join() === shorter.join())
  );
}
