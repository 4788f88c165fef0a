/** A part of a text that holds a secret, in UTF-16 units; `end` is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

const MASK = '***';

/** Replaces each part by `***`; parts that overlap or touch become one. */
export function mask(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let masked = '';
  let position = 0;
  let openUntil = -1;
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start > openUntil) {
      masked += text.slice(position, start) + MASK;
      openUntil = end;
    }
    openUntil = Math.max(openUntil, end);
    position = openUntil;
  }
  return masked + text.slice(position);
}
