import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { describeSettings, type Environment, readSettings } from '@live-status/operations';

/** What the daemon would find when started from here: names and origins, never values. */
export interface SettingsReport {
  readonly lines: readonly string[];
  /** Whether a daemon could start with the environment of this shell. */
  readonly complete: boolean;
}

/** Which variables are set, which were found in OpenClaw's configuration, and what is wrong or missing. */
export async function reportSettings(env: Environment): Promise<SettingsReport> {
  const reading = await readSettings(env, { home: homedir(), readFile: (path) => readFile(path, 'utf8') });
  const described = describeSettings(reading).filter(({ origin }) => origin !== 'default' && origin !== 'unset');
  const groups = Map.groupBy(described, ({ origin }) => origin);
  const found = [...groups].map(([origin, settings]) => {
    const names = settings.map(({ name }) => name).join(', ');
    return origin === 'environment' ? `set in this environment: ${names}` : `found in ${origin}: ${names}`;
  });
  const problems = reading.errors.map((problem) => `! missing or wrong: ${problem}`);
  const hint = described.some(({ name }) => name === 'DEFAULT_CHANNEL')
    ? []
    : ['not set: DEFAULT_CHANNEL (work of cron, hooks and the CLI is shown nowhere)'];
  return { lines: [...found, ...problems, ...hint], complete: reading.errors.length === 0 };
}
