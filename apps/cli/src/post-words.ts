import type { Machine } from '@live-status/daemon-control';
import { EXIT } from '@live-status/daemon-control/exit-code';
import { errorsOf, readSettings } from '@live-status/settings';
import { type PostWords, readPostWords } from '@live-status/status-render';
import { CommandError } from './command-error.ts';

/**
 * The words of posts as the daemon would write them with these settings.
 *
 * @throws CommandError with everything that is wrong with the two settings and their files
 */
export async function postWordsOf(machine: Machine): Promise<PostWords> {
  const settings = await readSettings(machine.env, machine);
  const words = await readPostWords(settings.sound, machine.readFile);
  const problems = [...errorsOf(settings, ['STATUS_LANGUAGE']), ...(words.ok ? [] : words.problems)];
  if (!words.ok || problems.length > 0) throw new CommandError(problems.join('\n'), { exitCode: EXIT.usage });
  return words.words;
}
