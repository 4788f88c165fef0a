// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const COLOR = /\u001b\[[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/**
 * A text that others chose, for a terminal: one line in which nothing controls the terminal. The time is linear, unlike that
 * of `stripVTControlCharacters` of node:util, which needs seconds for 100 KB of escapes that do not end.
 */
export function printableLine(text: string): string {
  return text.replace(COLOR, '').replace(CONTROL, ' ');
}
