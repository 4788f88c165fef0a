import { type CheckResult, Secret, type SettingsReading } from '@live-status/operations';

const MARKS = { ok: '✓', warn: '!', fail: '✗' } as const;
const NAME_WIDTH = 16;

/** Lines for people: what was found, below it what helps, at the end how many of which kind. */
export function describeChecks(results: readonly CheckResult[]): readonly string[] {
  const count = (state: CheckResult['state']): number => results.filter((result) => result.state === state).length;
  const lines = results.flatMap(({ name, state, found, cure }) => [
    `${MARKS[state]} ${name.padEnd(NAME_WIDTH)} ${found}`,
    ...(cure === undefined ? [] : [`  ${' '.repeat(NAME_WIDTH)} -> ${cure}`]),
  ]);
  return [...lines, '', `${count('ok')} fine, ${count('warn')} to look at, ${count('fail')} broken`];
}

/** The last line of defence: no finding should hold a secret, and none gets out. */
export function hideSecrets(line: string, { sound }: SettingsReading): string {
  const values = [...Object.values(sound), ...Object.values(sound.openclaw ?? {})];
  const secrets = values.filter((value) => value instanceof Secret);
  return secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), '***'), line);
}
