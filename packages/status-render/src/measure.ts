import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';
import { toSpans } from './markup.ts';
import { RecentCache } from './recent-cache.ts';

/** Characters of ordinary text in one line on a phone of 390 px (looked at in Mattermost's clients); nested items hold less. */
const PHONE_COLUMNS = 40;
const NESTED_COLUMNS = 4;

/** Characters that take the room of a little more than two, looked at in Chromium. */
const WIDE_COLUMNS = 2.1;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]|\p{Emoji_Presentation}/u;

/** Letters of Japanese and Chinese. */
const BREAKING = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u;
/**
 * A word in the pieces that stay in one line: Japanese and Chinese break after any letter, but not before what closes or
 * after what opens.
 */
const PIECES =
  /[（「『【《]*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー][、。，．：；！？）」』】》…]*|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー（「『【《]+|[（「『【《]+/gu;

/** Most lines are measured again for every change of a box: those of 20 busy boxes are remembered. */
const REMEMBERED_LINES = 500;
const MEASURED = new WeakMap<Language, RecentCache<string, number>>();

/** How many lines a list item takes on a phone, wrapped between words; `depth` counts from 0. */
export function countItemLines(marked: string, depth: number, language: Language): number {
  let measured = MEASURED.get(language);
  if (measured === undefined) {
    measured = new RecentCache(REMEMBERED_LINES);
    MEASURED.set(language, measured);
  }
  const key = `${depth} ${marked}`;
  const known = measured.get(key);
  if (known !== undefined) return known;
  const lines = countLines(marked, Math.max(12, PHONE_COLUMNS - depth * NESTED_COLUMNS), language);
  measured.set(key, lines);
  return lines;
}

/** How many lines the head takes on a phone. */
export function countHeadLines(marked: string, language: Language = ENGLISH): number {
  return countLines(marked, PHONE_COLUMNS, language);
}

function countLines(marked: string, columns: number, language: Language): number {
  let lines = 1;
  let used = 0;
  const visible = toVisible(marked, language);
  const breaksInWords = BREAKING.test(visible);
  for (const word of visible.split(' ')) {
    let gap = used === 0 ? 0 : 1;
    for (const piece of (breaksInWords ? word.match(PIECES) : undefined) ?? [word]) {
      const width = widthOf(piece);
      if (width <= columns - used - gap) used += gap + width;
      else {
        if (used > 0) lines += 1;
        // A piece longer than a line is broken.
        lines += Math.max(0, Math.ceil(width / columns) - 1);
        used = width > columns ? width % columns || columns : width;
      }
      gap = 0;
    }
  }
  return lines;
}

/** What is left of the marks of a line once it is drawn. */
function toVisible(marked: string, { times, widestTime }: Language): string {
  return toSpans(marked.replace(times, widestTime).replace(/[\u200b\u2066-\u2069]/g, ''))
    .map(({ kind, text }) => (kind === 'code' ? widened(text) : text))
    .join('')
    .replace(/\]\([^()\s]*\)/g, '')
    .replace(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, (_span, _ticks, code: string) => widened(code))
    .replace(/&(?:amp|lt|#36);/g, '$')
    .replace(/\\([*`[\]_~\\])/g, '$1')
    .replace(/\*\*|`+/g, '');
}

/** The letters of code are a fifth wider. */
function widened(code: string): string {
  return code.replace(/\S{5}/g, '$&m');
}

function widthOf(word: string): number {
  let width = 0;
  for (const char of word) width += WIDE.test(char) ? WIDE_COLUMNS : 1;
  return width;
}
