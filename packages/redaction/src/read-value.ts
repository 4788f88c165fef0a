import type { Range } from './range.ts';

/** A value in a command, a header, JSON, YAML or code. */
export interface Value extends Range {
  readonly text: string;
  readonly quoted: boolean;
}

const BARE = /[^\s,;&|"'`<>(){}[\]\\]*/y;
/** References whose own brackets would otherwise end a bare value. */
const BRACKETED =
  /\$\{\{[^{}]{0,200}\}\}|\{\{[^{}]{0,200}\}\}|\$\{[^{}\s]{0,200}\}|\$\([^)\n]{0,200}\)|<[\w -]{1,40}>/y;
const OPENING = /\\{0,3}["'`]/y;

/** Reads the value that starts at `start`. One with an unclosed quote extends to the end of the text. */
export function readValue(text: string, start: number): Value {
  OPENING.lastIndex = start;
  const quote = OPENING.exec(text)?.[0];
  if (quote === undefined) return readBare(text, start);
  const from = start + quote.length;
  const to = findClosing(text, from, quote);
  return { start: from, end: to, text: text.slice(from, to), quoted: true };
}

function readBare(text: string, start: number): Value {
  BRACKETED.lastIndex = start;
  BARE.lastIndex = start;
  const value = BRACKETED.exec(text)?.[0] ?? BARE.exec(text)?.[0] ?? '';
  return { start, end: start + value.length, text: value, quoted: false };
}

function findClosing(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  // Inside plain quotes a backslash escapes the next quote.
  while (quote.length === 1 && at > from && text[at - 1] === '\\' && text[at - 2] !== '\\') {
    at = text.indexOf(quote, at + 1);
  }
  return at === -1 ? text.length : at;
}
