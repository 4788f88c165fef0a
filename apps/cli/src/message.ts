import { text as readAll } from 'node:stream/consumers';
import { EXIT } from '@live-status/daemon-control/exit-code';
import { CommandError } from './command-error.ts';

const ELLIPSIS = '…';
/** Cannot be part of an argument of a process. */
const TEXT_MARK = '\0';

/**
 * Marks arguments that begin with a dash but contain white space (`- [x] tests`, as agents write lists): they are text, not
 * options. {@link readMessage} removes the mark.
 */
export function markTexts(args: readonly string[]): string[] {
  return args.map((arg) => (/^-[^=\s]*\s/.test(arg) ? `${TEXT_MARK}${arg}` : arg));
}

/**
 * The message in the arguments: joined by spaces, or standard input for a single `-`, without trailing line ends.
 *
 * @throws {CommandError} if it is empty: Mattermost does not accept empty posts
 */
export async function readMessage(words: readonly string[], input: AsyncIterable<Buffer>): Promise<string> {
  const fromInput = words.length === 1 && words[0] === '-';
  const message = (fromInput ? await readAll(input) : words.join(' ').replaceAll(TEXT_MARK, '')).trimEnd();
  if (message.trim() !== '') return message;
  throw new CommandError(`${fromInput ? 'Standard input' : 'TEXT'} is empty`, { exitCode: EXIT.usage });
}

/** At most `maxChars` code points, well-formed; what was cut is shown by `…` at the end. */
export function cutMessage(message: string, maxChars: number): string {
  const wellFormed = message.toWellFormed();
  if (wellFormed.length <= maxChars) return wellFormed;
  const points = Array.from(wellFormed);
  return points.length <= maxChars ? wellFormed : `${points.slice(0, maxChars - 1).join('')}${ELLIPSIS}`;
}
