import { cutEnd } from './cut.ts';
import { findWith } from './finder.ts';
import { mask } from './range.ts';
import { PLACES } from './secret-places.ts';
import { TOKENS } from './secret-tokens.ts';
import { toVisible } from './visible.ts';

/** Options of {@link redactText} and {@link redactLine}. */
export interface RedactTextOptions {
  /** Longest result in code points, including the `…` of a cut. Default 4096. */
  readonly maxChars?: number;
}

const DEFAULT_MAX_CHARS = 4096;
/** How far to read beyond the cut, so that a secret across it is still recognized by its whole shape. UTF-16 units. */
const LOOKAHEAD = 2048;
/** Masking and cutting can bring pieces together that look like a secret again; in practice the second round finds none. */
const MAX_ROUNDS = 5;
/** Too short and simple to contain a secret; most names of tools and arguments are. */
export const PLAIN_WORD: RegExp = /^\w{1,15}$/;

/**
 * Masks secrets with `***` (the name, flag, header or host beside them stays), removes control and invisible characters,
 * and cuts the end to `maxChars` code points with `…`. Reads only as much of the text as it can show, so texts of any
 * length are safe. Redacting a result again changes nothing.
 */
export function redactText(text: string, { maxChars = DEFAULT_MAX_CHARS }: RedactTextOptions = {}): string {
  if (PLAIN_WORD.test(text)) return cutEnd(text, maxChars);
  return settle(toVisible(text.slice(0, 2 * maxChars + LOOKAHEAD)), (current) =>
    cutEnd(maskSecrets(current), maxChars),
  );
}

/** Like {@link redactText}, on one line: each run of white space becomes one space, and the ends are trimmed. */
export function redactLine(text: string, { maxChars = DEFAULT_MAX_CHARS }: RedactTextOptions = {}): string {
  if (PLAIN_WORD.test(text)) return cutEnd(text, maxChars);
  return settle(toVisible(text.slice(0, 2 * maxChars + LOOKAHEAD)), (current) =>
    cutEnd(toOneLine(maskSecrets(current)), maxChars),
  );
}

const FINDERS = [...TOKENS, ...PLACES];

function maskSecrets(text: string): string {
  return mask(text, findWith(FINDERS, text));
}

function toOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function settle(text: string, step: (text: string) => string): string {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = step(current);
    if (next === current) break;
    current = next;
  }
  return current;
}
