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
const OPENING = /(?:[NEnefrbu@$]|[rR][bB])?(\\{0,3}["'`])/y;
/** A comma belongs to a value when more of it follows, and not the next name. */
const COMMA = /,(?![\s"'`]|$|[\w.-]{1,60}\\{0,3}["']?\s{0,3}[=:])/y;
/** `Pwd={Pa;ss12}` in connection strings; braces in it are doubled. */
const BRACES = /\{((?:[^{}\n]|\}\}|\{\{){1,200})\}(?=[;\s"']|$)/y;

/** Reads the value that starts at `start`. One with an unclosed quote extends to the end of the text. */
export function readValue(text: string, start: number): Value {
  OPENING.lastIndex = start;
  const opening = OPENING.exec(text);
  const quote = opening?.[1];
  if (opening === null || quote === undefined) return readBare(text, start);
  const from = start + opening[0].length;
  const to = findClosing(text, from, quote);
  return { start: from, end: to, text: text.slice(from, to), quoted: true };
}

/** A value in the braces of a connection string, or `undefined` when they enclose code. */
export function readBraces(text: string, start: number): Value | undefined {
  BRACES.lastIndex = start;
  const value = BRACES.exec(text)?.[1];
  if (value === undefined || /^[A-Za-z_$][\w$.]*(?:\(|$)|=>|^["'`]/.test(value)) return undefined;
  return { start: start + 1, end: start + 1 + value.length, text: value, quoted: true };
}

function readBare(text: string, start: number): Value {
  BRACKETED.lastIndex = start;
  const reference = BRACKETED.exec(text)?.[0];
  let end = start + (reference?.length ?? 0);
  while (reference === undefined) {
    BARE.lastIndex = end;
    end += BARE.exec(text)?.[0].length ?? 0;
    COMMA.lastIndex = end;
    if (end === start || !COMMA.test(text)) break;
    end += 1;
  }
  return { start, end, text: text.slice(start, end), quoted: false };
}

function findClosing(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  // Inside plain quotes a backslash escapes the next quote, and two single quotes are one in SQL.
  while (quote.length === 1 && at > from) {
    if (isEscaped(text, at)) at = text.indexOf(quote, at + 1);
    else if (quote === "'" && text[at + 1] === quote) at = text.indexOf(quote, at + 2);
    else break;
  }
  return at === -1 ? text.length : at;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}
