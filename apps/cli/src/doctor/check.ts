import { Secret } from '@live-status/openclaw-config';
import type { SettingsReading } from '@live-status/settings';

const MARKS = { ok: '✓', warn: '!', fail: '✗' } as const;
const NAME_WIDTH = 16;

/** What one check found. */
export interface CheckResult {
  /** What was checked, one to three words. */
  readonly name: string;
  /** `warn`: it works, but not as well as it could. */
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found; never a secret. */
  readonly found: string;
  /** What to do about it; always set for `warn` and `fail`. */
  readonly fix?: string;
}

/** Nothing to do. */
export function ok(name: string, found: string): CheckResult {
  return { name, state: 'ok', found };
}

/** It works, but not as well as it could. */
export function warn(name: string, found: string, fix: string): CheckResult {
  return { name, state: 'warn', found, fix };
}

/** It does not work. */
export function fail(name: string, found: string, fix: string): CheckResult {
  return { name, state: 'fail', found, fix };
}

/** Lines for people: each finding with its fix below, and a count of each kind at the end. */
export function describeChecks(results: readonly CheckResult[]): readonly string[] {
  const count = (state: CheckResult['state']): number => results.filter((result) => result.state === state).length;
  const lines = results.flatMap(({ name, state, found, fix }) => [
    `${MARKS[state]} ${name.padEnd(NAME_WIDTH)} ${found}`,
    ...(fix === undefined ? [] : [`  ${' '.repeat(NAME_WIDTH)} -> ${fix}`]),
  ]);
  const warnings = count('warn') === 1 ? '1 warning' : `${count('warn')} warnings`;
  return [...lines, '', `${count('ok')} ok, ${warnings}, ${count('fail')} failed`];
}

/** The last line of defence: no finding should contain a secret, and none gets out. */
export function hideSecrets(line: string, { sound }: SettingsReading): string {
  const values = [...Object.values(sound), ...Object.values(sound.openclaw ?? {})];
  const secrets = values.filter((value) => value instanceof Secret);
  return secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), '***'), line);
}
