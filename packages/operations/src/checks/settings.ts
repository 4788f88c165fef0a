import { describeSettings } from '../raw-settings.ts';
import type { SettingsReading } from '../settings.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Every setting with where its value came from: those somebody set one by one, defaults together, problems first. */
export function checkSettings(reading: SettingsReading): readonly CheckResult[] {
  const settings = describeSettings(reading);
  const chosen = settings.filter(({ origin }) => origin !== 'default' && origin !== 'unset');
  const defaults = settings.filter(({ origin }) => origin === 'default');
  const unset = settings.filter(({ origin }) => origin === 'unset');
  const broken = (name: string): boolean => reading.errors.some((error) => error.startsWith(`${name} is `));
  return [
    ...reading.errors.map((error) => fail('settings', ...splitCure(error))),
    ...reading.warnings.map((warning) => warn('settings', ...splitCure(warning))),
    ...chosen
      .filter(({ name }) => !broken(name))
      .map(({ name, value, origin }) => ok('settings', `${name} = ${value} (${origin})`)),
    ok('settings', `by default: ${defaults.map(({ name, value }) => `${name} = ${value}`).join(', ')}`),
    ok('settings', `not set: ${unset.map(({ name }) => name).join(', ') || 'none'}`),
  ];
}

/** Sentences about settings are `<what>: <cure>`; one without a colon names its cure by saying what is wrong. */
function splitCure(sentence: string): [string, string] {
  const at = sentence.lastIndexOf(': ');
  return at === -1 ? [sentence, 'correct or remove it'] : [sentence.slice(0, at), sentence.slice(at + 2)];
}
