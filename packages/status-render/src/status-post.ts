import type { BoxState } from '@live-status/session-state';

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
