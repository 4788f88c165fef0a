import {
  formatCost,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRemaining,
  type TimeUnits,
} from './amounts.ts';
import { isolate } from './markup.ts';
import type { WordKey } from './word-keys.ts';

/** The texts of a language: one JSON file. */
export interface LanguageTexts {
  /** BCP 47 tag that decides how numbers and plural forms are written. */
  readonly locale: string;
  readonly units: TimeUnits;
  /** Sentences by group and name. */
  readonly words: Readonly<Record<string, Readonly<Record<string, Sentence>>>>;
  /** Reasons that sources and the fold give in English. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Labels of tools by their English phrase. */
  readonly labels: Readonly<Record<string, LabelText>>;
}

/** A text with `{places}`, or one for each plural form of its count, by the categories of `Intl.PluralRules`. */
export type Sentence = string | Readonly<Record<string, string>>;

/** How a phrase reads with what stands in `{}`; in a list, second, how it reads alone, if that is not the same without `{}`. */
export type LabelText = string | readonly string[];

/** What is put into the places of a sentence: marked text, or numbers. `count` also decides the plural form. */
export type Values = Readonly<Record<string, string | number>>;

/** A text cut at its places: every second piece is the name of one. */
type Pieces = readonly string[];

/** The words, numbers and times of one language. Made by `createLanguage`. */
export class Language {
  /** BCP 47 tag: `en`, `de`, `pt`. */
  readonly locale: string;
  /**
   * Times that change as the clock ticks, and the words for them. The renderer counts all of them as equally wide, so
   * that no line comes or goes because the clock ticks.
   */
  readonly times: RegExp;
  /** The widest usual time, which stands for all others when lines are measured. */
  readonly widestTime: string;
  /** What was ignored in the file that it was made from. */
  readonly warnings: readonly string[];
  readonly #texts: LanguageTexts;
  readonly #sentences = new Map<WordKey, (values: Values) => string>();

  constructor(texts: LanguageTexts, warnings: readonly string[] = []) {
    this.locale = texts.locale;
    this.warnings = warnings;
    this.times = timesOf(texts);
    this.widestTime = `00${texts.units.minutes}00${texts.units.seconds}`;
    this.#texts = texts;
  }

  /** A sentence with its places filled. Text must be marked before; numbers are written as the language does. */
  say(key: WordKey, values: Values = {}): string {
    let fill = this.#sentences.get(key);
    if (fill === undefined) {
      const [group = '', name = ''] = key.split('.');
      fill = this.#compile(this.#texts.words[group]?.[name] ?? '');
      this.#sentences.set(key, fill);
    }
    return fill(values);
  }

  /** A reason in this language; one that is not known stays as it is. */
  reason(english: string): string {
    return Object.hasOwn(this.#texts.reasons, english) ? (this.#texts.reasons[english] ?? english) : english;
  }

  /** The label for an English phrase such as `Reading {}`; `undefined` for one that reads the same in all languages. */
  label(phrase: string): LabelText | undefined {
    return Object.hasOwn(this.#texts.labels, phrase) ? this.#texts.labels[phrase] : undefined;
  }

  /** `38s`, `2m 05s`, `1h 02m`, from milliseconds. */
  duration(ms: number): string {
    return formatDuration(ms, this.#texts.units);
  }

  /** Time that is left, coarse: `45s`, `27m`, `1h`, from milliseconds. */
  remaining(ms: number): string {
    return formatRemaining(ms, this.#texts.units);
  }

  /** `950`, `12.4k`. */
  shortCount(count: number): string {
    return formatCount(count, this.locale);
  }

  /** `$0.08`; `undefined` for an unknown, negligible or impossible cost. */
  cost(usd: number | undefined): string | undefined {
    return formatCost(usd, this.locale);
  }

  /** `83%`, from a part of 1. */
  percent(part: number): string {
    return formatPercent(part, this.locale);
  }

  #compile(sentence: Sentence): (values: Values) => string {
    if (typeof sentence === 'string') return this.#compileText(sentence);
    const plurals = new Intl.PluralRules(this.locale);
    const forms = new Map(Object.entries(sentence).map(([category, text]) => [category, this.#compileText(text)]));
    const other = forms.get('other') ?? forms.values().next().value;
    return (values) => (forms.get(plurals.select(Number(values.count))) ?? other)?.(values) ?? '';
  }

  #compileText(text: string): (values: Values) => string {
    const pieces: Pieces = text.split(/\{(\w+)\}/);
    const words = pieces.filter((_, index) => index % 2 === 0).join('');
    return (values) =>
      isolate(words, pieces.map((piece, index) => (index % 2 === 0 ? piece : this.#show(values[piece]))).join(''));
  }

  #show(value: string | number | undefined): string {
    return typeof value === 'number' ? formatNumber(value, this.locale) : (value ?? '');
  }
}

/** Finds the phrases that tell a time, then durations: `ends in 27m`, `now`, `2m 05s`. */
function timesOf({ units: { hours, minutes, seconds }, words }: LanguageTexts): RegExp {
  const units = [hours, minutes, seconds];
  const [h, m, s] = units.map(escapeForRegExp);
  const [hour, minute, second] = units.map((unit) => escapeForRegExp(unit.trimEnd()));
  // Whole words only, where letters have words: Japanese and Chinese have no spaces between them.
  const end = units.every((unit) => /\w\s*$/.test(unit)) ? '\\b' : '';
  const left = `\\b\\d+(?:${hour}|${minute}|${second})${end}`;
  const duration = `\\b\\d+(?:${h}\\d\\d${minute}|${m}\\d\\d${s}|${hour}|${minute}|${second})${end}`;
  const phrases = ['endsIn', 'in', 'isUp', 'now'].flatMap((name) => {
    const phrase = words.time?.[name];
    return typeof phrase === 'string' ? [bounded(phrase, left)] : [];
  });
  return new RegExp([...phrases, duration].join('|'), 'g');
}

function bounded(phrase: string, time: string): string {
  const pattern = phrase.split('{time}').map(escapeForRegExp).join(time);
  return `${/^\w/.test(phrase) ? '\\b' : ''}${pattern}${/\w$/.test(phrase) ? '\\b' : ''}`;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
