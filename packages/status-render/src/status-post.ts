import type { BoxState } from '@live-status/session-state';
import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';

const STATES: Readonly<Record<BoxState, true>> = {
  active: true,
  waiting: true,
  done: true,
  error: true,
  aborted: true,
  interrupted: true,
  timeout: true,
};

/** State and, in most styles, the marks before it. */
const HEAD = /^\W{0,8}\[([A-Z]{1,16})\](?:\W|$)/;

/** The state that a status post shows: what its first line begins with, in any style. `undefined` for other text. */
export function postStateOf(text: string): BoxState | undefined {
  const word = markOf(text);
  return Object.hasOwn(STATES, word) ? (word as BoxState) : undefined;
}

/** Whether a text is a status post as {@link renderBox} writes it, in any style, or one that goes on in a newer post. */
export function isStatusPost(text: string): boolean {
  return postStateOf(text) !== undefined || markOf(text) === 'continued';
}

function markOf(text: string): string {
  return HEAD.exec(text)?.[1]?.toLowerCase() ?? '';
}

/**
 * A status post in a language without the times in it: what is left of two posts is the same when only their clocks
 * differ. Code is kept as it is, but for a post in style `fence`, which is all code.
 */
export function withoutTimes(text: string, language: Language = ENGLISH): string {
  const time = ` ?(?:${language.times.source})`;
  if (/\n`{3}/.test(text)) return text.replace(new RegExp(time, 'g'), '');
  const codeOrTime = new RegExp(`(?<!\\\\)(\`+)(?!\`)[^\n]*?(?<!\`)\\1(?!\`)|${time}`, 'g');
  return text.replace(codeOrTime, (found, ticks?: string) => (ticks === undefined ? '' : found));
}
