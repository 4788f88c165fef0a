import { join } from 'node:path';
import type { OpenClawReading } from './openclaw-config.ts';
import type { Environment, OpenClawFiles } from './openclaw-files.ts';
import { FIXED_DEFAULTS, SECRET_VARIABLES, VARIABLES, type VariableName } from './variables.ts';

/** Where a value comes from: `environment`, the path of openclaw.json, `default`, or `unset`. */
export type Origin = string;

/** A variable with its text and where that comes from. */
export interface RawSetting {
  readonly name: VariableName;
  readonly text?: string;
  readonly origin: Origin;
}

/** Every variable with the text that counts: the environment's, else OpenClaw's, else the default. */
export function collectSettings(
  env: Environment,
  files: OpenClawFiles,
  { config, lookup }: OpenClawReading,
): RawSetting[] {
  const derived: Partial<Record<VariableName, readonly (readonly [string | undefined, Origin])[]>> = {
    MM_TOKEN: [
      [lookup('MATTERMOST_BOT_TOKEN'), 'MATTERMOST_BOT_TOKEN'],
      [config?.mattermostToken?.reveal(), files.configPath],
    ],
    MM_URL: [
      [lookup('MATTERMOST_URL'), 'MATTERMOST_URL'],
      [config?.mattermostUrl, files.configPath],
    ],
    OPENCLAW_GATEWAY_URL: [[config?.gatewayUrl, config?.gatewayUrlOrigin ?? 'default']],
    OPENCLAW_GATEWAY_TOKEN: [
      [config?.gatewayToken?.reveal(), files.configPath],
      [lookup('OPENCLAW_GATEWAY_TOKEN'), "OpenClaw's environment"],
    ],
    TRANSCRIPT_DIR: [[join(files.stateDir, 'agents'), 'default']],
    STATE_DIR: [[join(files.stateDir, 'live-status'), 'default']],
  };
  return (Object.keys(VARIABLES) as VariableName[]).map((name) => {
    const candidates = [
      [env[name]?.trim(), 'environment'] as const,
      ...(derived[name] ?? []),
      [FIXED_DEFAULTS[name], 'default'] as const,
    ];
    const [text, origin] = candidates.find(([candidate]) => candidate) ?? [undefined, 'unset'];
    return text === undefined ? { name, origin } : { name, text, origin };
  });
}

/**
 * One line per variable for people: `name`, `value` (`***` for a secret, empty when unset), `origin`.
 *
 * @param reading what {@link readSettings} gave, with or without errors
 */
export function describeSettings(reading: {
  readonly raw: readonly RawSetting[];
}): readonly { readonly name: string; readonly value: string; readonly origin: Origin }[] {
  return reading.raw.map(({ name, text, origin }) => ({ name, value: shownText(name, text ?? ''), origin }));
}

/** The text of a variable as it may be printed. A URL that is not plain may hold credentials. */
export function shownText(name: VariableName, text: string): string {
  if (text === '') return '';
  if (SECRET_VARIABLES.has(name)) return '***';
  return name.endsWith('_URL') && /[@?#]/.test(text) ? '*** (it may hold a secret)' : text;
}
