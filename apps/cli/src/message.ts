import { text as readAll } from 'node:stream/consumers';
import { EXIT } from '@live-status/daemon-control';
import { CommandError } from './command-error.ts';

const ELLIPSIS = '…';
/** No argument of a process can hold it. */
const TEXT_MARK = '\0';

/**
 * Arguments in which a text that begins with a dash (`- [x] tests`, as agents write lists) is told from an option by its
 * white space. {@link readMessage} gives it back as it was.
 */
export function markTexts(args: readonly string[]): string[] {
  return args.map((arg) => (/^-[^=\s]*\s/.test(arg) ? `${TEXT_MARK}${arg}` : arg));
}

/**
 * The message in the arguments: joined by spaces, or standard input for a single `-`, without line ends at its end.
 *
 * @throws {CommandError} when it is empty: Mattermost takes no empty post
 */
export async function readMessage(words: readonly string[], input: AsyncIterable<Buffer>): Promise<string> {
  const fromInput = words.length === 1 && words[0] === '-';
  const message = (fromInput ? await readAll(input) : words.join(' ').replaceAll(TEXT_MARK, '')).trimEnd();
  if (message.trim() !== '') return message;
  const where = fromInput ? 'on standard input' : 'in TEXT';
  throw new CommandError(`There is no message ${where}: give a text that is not empty`, { exitCode: EXIT.usage });
}

/** At most `maxChars` code points, well-formed; what was cut is shown by `…` at the end. */
export function cutMessage(message: string, maxChars: number): string {
  const wellFormed = message.toWellFormed();
  if (wellFormed.length <= maxChars) return wellFormed;
  const points = Array.from(wellFormed);
  return points.length <= maxChars ? wellFormed : `${points.slice(0, maxChars - 1).join('')}${ELLIPSIS}`;
}
