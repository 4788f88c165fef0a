const ELLIPSIS = '…';

/** Most texts: ASCII words with single spaces between them. */
const PLAIN_LINE = /^[!-~]+(?: [!-~]+)*$/;

/** Code points, as Mattermost counts its limits. */
export function countChars(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * One visible line: no line ends, no control characters, none that change the direction of what follows, no space at the
 * ends, well-formed. U+2424 (the picture of a newline) counts as one: Mattermost's fork of marked turns it into one,
 * which would end a code span.
 */
export function toOneLine(text: string): string {
  if (PLAIN_LINE.test(text)) return text;
  return text
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}\u2424]+/gu, ' ')
    .toWellFormed()
    .trim();
}

/** The first `maxChars` code points; a longer text ends with `…` inside that budget. */
export function cutEnd(text: string, maxChars: number): string {
  const points = Array.from(text.slice(0, 2 * maxChars + 2));
  if (points.length <= maxChars) return text;
  if (maxChars < 1) return '';
  const kept = points.slice(0, maxChars - 1).join('');
  return `${kept.trimEnd()}${ELLIPSIS}`;
}

/** At most `maxChars` code points, the middle replaced by `…`: the start says what, the end often which. */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = Array.from(text.slice(0, 2 * maxChars));
  const tail = Array.from(text.slice(-2 * maxChars));
  if (text.length <= 2 * maxChars && head.length <= maxChars) return text;
  const kept = Math.ceil(maxChars * 0.6);
  return `${head.slice(0, kept).join('')}${ELLIPSIS}${tail.slice(kept + 1 - maxChars).join('')}`;
}
