import { toOneLine } from './cut.ts';

/** How untrusted text gets into a post. Every text of a box passes through `text` or `code`. */
export interface Markup {
  /** Words of a sentence. */
  text(words: string): string;
  /** Text to be read literally: commands, names of files. */
  code(words: string): string;
  /** Marked words that stand out. */
  strong(marked: string): string;
  /** Marked words that lead to a plain http address. */
  link(marked: string, url: string): string;
  /** A whole line; called last. */
  line(marked: string): string;
}

/** Zero-width space: keeps the character before it from starting anything. */
const BREAK = '\u200b';

/**
 * Characters that begin or end something in Mattermost's Markdown, wherever they are, and what is written instead.
 * Its web client (a fork of marked) has no escape for `<`, `$` and `&`, so these become entities; its scanners for
 * mentions, hashtags, emoji, e-mail addresses and URLs run after Markdown, where an escape is gone, so these are broken.
 */
const ESCAPES: readonly (readonly [RegExp, string])[] = [
  [/[@#:](?=\S)/g, `$&${BREAK}`],
  // A sentence may put a word right behind it.
  [/[@#]$/, `$&${BREAK}`],
  [/&(?=[#\w])/g, '&amp;'],
  [/</g, `&lt;${BREAK}`],
  [/\$/g, '&#36;'],
  [/\\/g, `\\${BREAK}`],
  [/[*`[\]]/g, '\\$&'],
  [/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_'],
  [/~/g, `\\~${BREAK}`],
  [/;(?=[-)])/g, `;${BREAK}`],
  [/\bx-(?=d\b)/gi, `$&${BREAK}`],
  [/www\d{0,3}(?=\.)/gi, `$&${BREAK}`],
  [/\.(?=\p{L}{2,}\/)/gu, `.${BREAK}`],
];

/** Words that no escape is for. `x-d` and `www.` need what is not in them. */
const NOTHING_TO_ESCAPE = /^[A-Za-z0-9 ]*$/;

/** The beginning of a heading, quote, list, rule, table or fence; a line must not begin like that. */
const BLOCK_START = /^(?:[#>+=|:`-]|\d+[.)])/;

/** Hebrew, Arabic and the other scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Keeps words of another direction from moving what stands beside them: the time would be shown inside the name. */
export function isolate(words: string, marked: string): string {
  return RIGHT_TO_LEFT.test(words) ? `\u2068${marked}\u2069` : marked;
}

/** Markdown as Mattermost's web, desktop and mobile clients and its server read it. */
export const markdown: Markup = {
  text: (words) => {
    if (NOTHING_TO_ESCAPE.test(words)) return toOneLine(words);
    const escaped = ESCAPES.reduce(
      (text, [pattern, replacement]) => text.replace(pattern, replacement),
      toOneLine(words),
    );
    return isolate(words, escaped);
  },
  code: (words) => isolate(words, toCodeSpan(words)),
  strong: (marked) => (marked === '' ? '' : `**${marked}**`),
  // Inside a link's name, brackets lose their escape before Markdown is read once more: they could be an image.
  link: (marked, url) => `[${marked.replaceAll('\\[', '(').replaceAll('\\]', ')')}](${url})`,
  line: (marked) => (BLOCK_START.test(marked) ? BREAK + marked : marked),
};

/** Whether a link may lead to an address: nothing in it ends the link or starts another one. */
export function isSafeUrl(url: string): boolean {
  return /^https?:\/\/[\w.:[\]-]+(?:\/[\w./~%-]*)?$/.test(url);
}

/** Text inside a code fence, where only the end of the line and of the fence mean anything. */
export const plain: Markup = {
  text: (words) => isolate(words, toOneLine(words)),
  code: (words) => isolate(words, toOneLine(words)),
  strong: (marked) => marked,
  link: (marked) => marked,
  line: (marked) => marked,
};

/** A part of a line and how it is to be shown. Its text is to be escaped for wherever it is shown. */
export interface Span {
  /** `code` is to be read literally: a command, the name of a file. `strong` stands out. */
  readonly kind: 'text' | 'code' | 'strong';
  /** One line without control characters. */
  readonly text: string;
}

const MARKS = { code: ['\u0001', '\u0002'], strong: ['\u0003', '\u0004'] } as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters on purpose.
const MARKED_SPAN = /\u0001([^\u0002]*)\u0002|\u0003([^\u0004]*)\u0004/;

/** Marks parts of a line with control characters, which no text of a box keeps; {@link toSpans} reads them. */
export const spans: Markup = {
  ...plain,
  code: (words) => between(MARKS.code, plain.code(words)),
  strong: (marked) => between(MARKS.strong, marked),
};

function between([start, end]: readonly [string, string], text: string): string {
  return text === '' ? '' : `${start}${text}${end}`;
}

/** The parts of a line that was marked by {@link spans}. */
export function toSpans(marked: string): Span[] {
  // Every third part is ordinary text; between two of them stands code or what is strong.
  const parts = marked.split(MARKED_SPAN);
  return parts.flatMap((text = '', index): Span[] =>
    text === '' ? [] : [{ kind: (['text', 'code', 'strong'] as const)[index % 3] ?? 'text', text }],
  );
}

function toCodeSpan(words: string): string {
  const line = toOneLine(words);
  const fence = '`'.repeat(longestBacktickRun(line) + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return line === '' ? '' : `${fence}${padding}${line}${padding}${fence}`;
}

/** A code fence around lines, longer than any run of backticks inside. */
export function toCodeFence(lines: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, 1 + Math.max(...lines.map(longestBacktickRun))));
  return [fence, ...lines, fence];
}

function longestBacktickRun(text: string): number {
  if (!text.includes('`')) return 0;
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}

/** Sentences without Markdown's marks around words, which would be shown literally. */
export function withoutMarks(text: string): string {
  return text
    .replace(/^\s*(?:#{1,6}|[-*>])\s+/, '')
    .replace(/\*\*(?=\S)([^*\n]+)\*\*/g, '$1')
    .replace(/(?<!`)`([^`\n]+)`(?!`)/g, '$1');
}
