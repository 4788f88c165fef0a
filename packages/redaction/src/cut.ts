/** The mark of a cut; counts as one code point. */
const ELLIPSIS = '…';

/** The first `maxChars` code points of a text; a longer one ends with `…` inside that budget. */
export function cutEnd(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const points = Array.from(text.slice(0, 2 * maxChars + 2));
  if (points.length <= maxChars) return text;
  return maxChars > 0 ? points.slice(0, maxChars - 1).join('') + ELLIPSIS : '';
}
