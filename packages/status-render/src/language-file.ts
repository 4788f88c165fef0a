import { countChars, cutMiddle } from './cut.ts';
import { LanguageError } from './errors.ts';
import { type LabelText, Language, type LanguageTexts, type Sentence } from './language.ts';
import de from './languages/de.json' with { type: 'json' };
import en from './languages/en.json' with { type: 'json' };
import es from './languages/es.json' with { type: 'json' };
import fr from './languages/fr.json' with { type: 'json' };
import ja from './languages/ja.json' with { type: 'json' };
import pt from './languages/pt.json' with { type: 'json' };
import zh from './languages/zh.json' with { type: 'json' };
import { markdown } from './markup.ts';
import { LABEL_PHRASES } from './phrases.ts';

/** Languages that are built in, by their code. */
const BUILT_IN = { en, de, fr, es, pt, ja, zh };

/** Codes of the languages that are built in. */
export const LANGUAGES: readonly string[] = Object.keys(BUILT_IN);

/** Longest sentence, code points. */
const MAX_SENTENCE_CHARS = 120;
/** Places for words of others: with a letter right behind, `:` at their end would begin an address or an emoji. */
const WORD_BEHIND = /\{(?:reason|model|name|host|question|command|call|child|waiting)\}(?=[A-Za-z\d])/;
/** Longest unit of time, code points. */
const MAX_UNIT_CHARS = 8;
/** Longest value in a problem, code points. */
const MAX_SHOWN_CHARS = 80;
/** Counts that posts show: each must have its plural form. */
const USUAL_COUNTS = Array.from({ length: 200 }, (_, count) => count);
/** Categories of `Intl.PluralRules`. */
const FORMS: readonly string[] = ['zero', 'one', 'two', 'few', 'many', 'other'];
const PARTS = ['name', 'extends', 'locale', 'units', 'words', 'reasons', 'labels'];

/**
 * A language that is built in, by its code (`de`), or one of the texts of a file, as parsed from JSON, which is merged
 * over the language it `extends` (default: English):
 *
 * `{"extends": "de", "words": {"head": {"thinking": "Denkt nach..."}}, "labels": {"Reading {}": "Liest {}"}}`
 *
 * What a file has beyond the texts there are is ignored, with a warning.
 *
 * @throws LanguageError with everything that is wrong, each with the name of the text, its value and the fix
 */
export function createLanguage(source: unknown = 'en'): Language {
  if (typeof source === 'string') {
    const texts = builtIn(source);
    if (texts === undefined)
      throw new LanguageError([`"${source}" is not built in: use one of ${LANGUAGES.join(', ')}`]);
    return new Language(texts);
  }
  const reading = new LanguageReading(source);
  if (reading.problems.length > 0) throw new LanguageError(reading.problems);
  return new Language(reading.texts, reading.warnings);
}

/** What a language file lacks that English has: names of its texts. */
export function missingTexts(file: unknown): string[] {
  const { words, reasons, labels } = objectOf(file);
  const lacks = (part: unknown, names: Iterable<string>, shown: string): string[] =>
    [...names].filter((name) => !Object.hasOwn(objectOf(part), name)).map((name) => `${shown}.${name}`);
  return [
    ...Object.entries(en.words).flatMap(([group, sentences]) =>
      lacks(objectOf(words)[group], Object.keys(sentences), `words.${group}`),
    ),
    ...lacks(reasons, Object.keys(en.reasons), 'reasons'),
    ...lacks(labels, LABEL_PHRASES, 'labels'),
  ];
}

function builtIn(code: string): LanguageTexts | undefined {
  if (!Object.hasOwn(BUILT_IN, code)) return undefined;
  return { labels: {}, ...BUILT_IN[code as keyof typeof BUILT_IN] };
}

/** The default. */
export const ENGLISH: Language = createLanguage();

/** Checks the texts of a file and merges them over those of another language. */
class LanguageReading {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  readonly texts: LanguageTexts;

  constructor(content: unknown) {
    const file = this.#object('', content);
    for (const part of Object.keys(file)) {
      if (!PARTS.includes(part)) this.warnings.push(`${part} is ignored: a language has ${PARTS.join(', ')}`);
    }
    const base = this.#base(file.extends);
    const locale = this.#locale(file.locale) ?? base.locale;
    this.texts = {
      locale,
      units: { ...base.units, ...this.#units(file.units) },
      words: this.#words(file.words, base.words, locale),
      reasons: { ...base.reasons, ...this.#reasons(file.reasons) },
      labels: { ...base.labels, ...this.#labels(file.labels) },
    };
  }

  #base(code: unknown): LanguageTexts {
    const base = typeof code === 'string' ? builtIn(code) : undefined;
    if (code !== undefined && base === undefined)
      this.#problem('extends', code, `must be one of ${LANGUAGES.join(', ')}`);
    return base ?? { labels: {}, ...en };
  }

  #locale(tag: unknown): string | undefined {
    if (tag === undefined) return undefined;
    try {
      if (typeof tag === 'string') return Intl.getCanonicalLocales(tag)[0];
    } catch {
      // Reported below, like everything else that is not a tag.
    }
    this.#problem('locale', tag, 'must be a language tag such as pl or pt-BR');
    return undefined;
  }

  #units(value: unknown): Record<string, string> {
    const units: Record<string, string> = {};
    for (const [name, unit] of this.#known('units', value, Object.keys(en.units))) {
      const isUnit = typeof unit === 'string' && unit.trim() !== '' && isPlain(`1${unit}1`) && !/[\d{}]/.test(unit);
      if (isUnit && countChars(unit) <= MAX_UNIT_CHARS) units[name] = unit;
      else this.#problem(`units.${name}`, unit, 'must be what stands after a number of them, such as "m " or "分"');
    }
    return units;
  }

  #words(value: unknown, base: LanguageTexts['words'], locale: string): LanguageTexts['words'] {
    const groups: Record<string, Record<string, Sentence>> = {};
    const given = Object.fromEntries(this.#known('words', value, Object.keys(en.words)));
    for (const [group, english] of Object.entries<Record<string, Sentence>>(en.words)) {
      const sentences: Record<string, Sentence> = { ...base[group] };
      for (const [name, sentence] of this.#known(`words.${group}`, given[group], Object.keys(english))) {
        const checked = this.#sentence(`words.${group}.${name}`, sentence, english[name] ?? '', locale);
        if (checked !== undefined) sentences[name] = checked;
      }
      groups[group] = sentences;
    }
    return groups;
  }

  #sentence(key: string, value: unknown, english: Sentence, locale: string): Sentence | undefined {
    const places = placesOf(typeof english === 'string' ? english : (english.other ?? ''));
    const example = typeof english === 'string' ? english : english.other;
    if (typeof value === 'string') return this.#text(key, value, places) ? value : undefined;
    if (!isObject(value)) {
      this.#problem(key, value, `must be a text such as "${example}"`);
      return undefined;
    }
    if (typeof english === 'string') {
      this.#problem(key, value, `must be one text such as "${example}": it has no count`);
      return undefined;
    }
    const needed = formsOf(locale);
    const missing = needed.filter((form) => !Object.hasOwn(value, form));
    if (missing.length > 0)
      this.#problem(
        key,
        value,
        `must also have ${missing.join(', ')}: the forms of ${locale} are ${needed.join(', ')}`,
      );
    for (const [form, text] of this.#known(key, value, FORMS)) {
      // "one file" needs no number.
      this.#text(`${key}.${form}`, text, places, form === 'other' ? [] : ['count']);
    }
    return value as Sentence;
  }

  #reasons(value: unknown): Record<string, string> {
    const given = this.#known('reasons', value, Object.keys(en.reasons));
    return Object.fromEntries(given.filter(([name, text]) => this.#text(`reasons.${name}`, text, []))) as Record<
      string,
      string
    >;
  }

  #labels(value: unknown): Record<string, LabelText> {
    const labels: Record<string, LabelText> = {};
    for (const [phrase, label] of this.#known('labels', value, LABEL_PHRASES)) {
      const key = `labels.${phrase}`;
      const [text, alone, ...others] = Array.isArray(label) ? (label as unknown[]) : [label];
      const isWhole = this.#label(key, text, placesOf(phrase).length);
      if (others.length > 0) this.#problem(key, label, 'must be a text, or a list of it and a text for no value');
      else if (isWhole && (alone === undefined || this.#label(key, alone, 0))) labels[phrase] = label as LabelText;
    }
    return labels;
  }

  /** It is escaped when it is shown, so it need not be plain. */
  #label(key: string, text: unknown, places: number): boolean {
    const found = typeof text === 'string' ? text.split('{}').length - 1 : 0;
    if (typeof text === 'string' && text.trim() !== '' && found === places && !/[{}]/.test(text.replace('{}', '')))
      return true;
    this.#problem(
      key,
      text,
      places === 0 ? 'must be a text without {}' : 'must be a text with one {}, for what it is about',
    );
    return false;
  }

  /** A text in one line that means nothing to Mattermost, with these places and no others. */
  #text(key: string, text: unknown, places: readonly string[], optional: readonly string[] = []): boolean {
    const before = this.problems.length;
    if (typeof text !== 'string' || text.trim() === '') this.#problem(key, text, 'must be a text');
    else {
      const found = placesOf(text);
      const missing = places.filter((place) => !found.includes(place) && !optional.includes(place));
      const unknown = found.filter((place) => !places.includes(place));
      if (missing.length > 0) this.#problem(key, text, `must contain ${missing.map(inBraces).join(', ')}`);
      if (unknown.length > 0) {
        const known = places.length === 0 ? 'it has no places' : `it has ${places.map(inBraces).join(', ')}`;
        this.#problem(key, text, `must not contain ${unknown.map(inBraces).join(', ')}: ${known}`);
      }
      if (!isPlain(text.replace(/\{\w*\}/g, 'x')))
        this.#problem(
          key,
          text,
          'must be plain words in one line, without space at the ends or what Mattermost reads as a mention, link or format',
        );
      const [joined] = WORD_BEHIND.exec(text) ?? [];
      if (joined !== undefined) this.#problem(key, text, `must not have a letter or digit right behind ${joined}`);
      if (countChars(text) > MAX_SENTENCE_CHARS)
        this.#problem(key, text, `must have at most ${MAX_SENTENCE_CHARS} characters`);
    }
    return this.problems.length === before;
  }

  /** The entries of an object that are among `names`. */
  #known(key: string, value: unknown, names: readonly string[]): [string, unknown][] {
    if (value === undefined) return [];
    return Object.entries(this.#object(key, value)).filter(([name]) => {
      if (names.includes(name)) return true;
      this.warnings.push(`${key}.${name} is ignored: no text has this name`);
      return false;
    });
  }

  #object(key: string, value: unknown): Record<string, unknown> {
    if (isObject(value)) return value;
    if (key === '') this.problems.push(`The file must have an object such as {"extends": "de"}, not ${shown(value)}`);
    else this.#problem(key, value, 'must be an object');
    return {};
  }

  #problem(key: string, value: unknown, rule: string): void {
    this.problems.push(`${key} is ${shown(value)}: it ${rule}`);
  }
}

/** Whether Mattermost shows words as they are, also in the middle of a line. */
function isPlain(words: string): boolean {
  const spaced = words.replace(/[\u00a0\u202f]/g, ' ');
  const marked = markdown.line(markdown.text(spaced)).replace(/[\u2068\u2069]/g, '');
  return marked === spaced && !spaced.includes('|');
}

/** The plural forms of whole numbers as posts show them. */
function formsOf(locale: string): string[] {
  const rules = new Intl.PluralRules(locale);
  const used = new Set<string>(USUAL_COUNTS.map((count) => rules.select(count)));
  return FORMS.filter((form) => used.has(form));
}

function placesOf(text: string): string[] {
  return Array.from(text.matchAll(/\{(\w*)\}/g), ([, place = '']) => place);
}

function inBraces(place: string): string {
  return `{${place}}`;
}

function shown(value: unknown): string {
  return cutMiddle(JSON.stringify(value) ?? 'missing', MAX_SHOWN_CHARS);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
