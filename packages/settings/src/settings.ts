import { join } from 'node:path';
import {
  type Environment,
  locateOpenClaw,
  type OpenClawConfig,
  type OpenClawFiles,
  type OpenClawReading,
  type ReadFile,
  readOpenClawConfig,
  Secret,
} from '@live-status/openclaw-config';
import { parseSetting, type SettingValues } from './parse.ts';
import { SETTINGS, type Setting, type VariableName } from './table.ts';
import { findUnknownVariables } from './unknown-variables.ts';

type Table = typeof SETTINGS;
type Value<S> = S extends { readonly type: infer Type; readonly choices: readonly (infer Choice)[] }
  ? Type extends 'choices'
    ? readonly Choice[]
    : Type extends 'choice'
      ? Choice
      : string
  : S extends { readonly type: infer Type extends keyof SettingValues }
    ? SettingValues[Type]
    : never;
type OptionalName = {
  [Name in VariableName]: Table[Name] extends { readonly optional: true } ? Name : never;
}[VariableName];

/**
 * Everything an operator can set, validated and typed: one property per record of {@link SETTINGS}. Durations are milliseconds,
 * paths are absolute. Frozen.
 */
export type Settings = {
  readonly [Name in Exclude<VariableName, OptionalName> as Table[Name]['field']]: Value<Table[Name]>;
} & {
  readonly [Name in OptionalName as Table[Name]['field']]?: Value<Table[Name]>;
} & {
  /** What openclaw.json says, if there is one. */
  readonly openclaw?: OpenClawConfig;
};

/** Where a value comes from: `environment`, another variable, the path of openclaw.json, `default`, or `unset`. */
export type Origin = string;

/** A variable with its text and where that comes from. */
export interface RawSetting {
  readonly name: VariableName;
  readonly text?: string;
  readonly origin: Origin;
}

/** The settings, or everything that is wrong with them. Sentences name the variable, its value (never a secret) and the fix. */
export type SettingsReading = {
  readonly raw: readonly RawSetting[];
  readonly warnings: readonly string[];
  /** The valid settings, for what needs only some of them. */
  readonly sound: Partial<Settings>;
} & (
  | { readonly settings: Settings; readonly errors: readonly [] }
  | { readonly settings?: undefined; readonly errors: readonly string[] }
);

/** What {@link readSettings} needs to know about the machine. */
export interface SettingsContext {
  /** Home directory of the user, absolute. */
  readonly home: string;
  /** Reads a text file; must reject with `code: 'ENOENT'` where there is none (as `node:fs/promises` does). */
  readonly readFile: ReadFile;
}

const RECORDS: readonly (readonly [VariableName, Setting])[] = Object.entries(SETTINGS) as [VariableName, Setting][];

/**
 * Reads all settings from the environment, and what it leaves open from openclaw.json. Problems are collected, never
 * thrown: `settings` is set if `errors` is empty. An empty variable counts as not set.
 */
export async function readSettings(env: Environment, context: SettingsContext): Promise<SettingsReading> {
  const files = locateOpenClaw(env, context.home);
  const openclaw = await readOpenClawConfig(env, files, context);
  const raw: RawSetting[] = [];
  const errors: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of RECORDS) {
    const found = findText(name, setting, { env, files, openclaw });
    raw.push(found);
    if (found.text === undefined) {
      if (!setting.optional)
        errors.push(`${name} is not set: set it, or ${setting.openclaw?.path} in ${files.configPath}`);
      continue;
    }
    const parsed = parseSetting(setting, found.text, context.home);
    if (parsed.ok) values[setting.field] = parsed.value;
    else errors.push(`${shown(found)}: ${parsed.rule}`);
  }
  if (openclaw.config) values.openclaw = openclaw.config;
  const warnings = [
    ...findUnknownVariables(Object.keys(env).filter((name) => env[name])),
    ...openclaw.warnings,
    ...unresolvedWarnings(openclaw, raw),
  ];
  const sound = Object.freeze(values) as Partial<Settings>;
  if (errors.length > 0) return { raw, errors, warnings, sound };
  // Every setting that is not optional has a valid value.
  return { raw, settings: sound as Settings, errors: [], warnings, sound };
}

/** The errors of a reading that concern one of these variables. */
export function errorsOf(reading: SettingsReading, names: readonly VariableName[]): readonly string[] {
  return reading.errors.filter((error) => names.some((name) => error.startsWith(`${name} is `)));
}

/**
 * One entry per variable for people: `name`, `value` (`***` for a secret, empty if unset), `origin`.
 *
 * @param reading what {@link readSettings} returned, with or without errors
 */
export function describeSettings(
  reading: Pick<SettingsReading, 'raw'>,
): readonly { readonly name: VariableName; readonly value: string; readonly origin: Origin }[] {
  return reading.raw.map(({ name, text, origin }) => ({ name, value: shownText(name, text ?? ''), origin }));
}

/** The text that counts: the environment's, else OpenClaw's, else the default. */
function findText(
  name: VariableName,
  setting: Setting,
  { env, files, openclaw }: { env: Environment; files: OpenClawFiles; openclaw: OpenClawReading },
): RawSetting {
  const { config, lookup } = openclaw;
  const configured = setting.openclaw && config?.[setting.openclaw.field as keyof OpenClawConfig];
  const configuredFrom = name === 'OPENCLAW_GATEWAY_URL' ? config?.gatewayUrlOrigin : files.configPath;
  // OpenClaw's own variables are for its account `default`, which need not be the one that is used.
  const alias = (config?.defaultAccountId ?? 'default') === 'default' ? setting.alias : undefined;
  const candidates: readonly (readonly [string | undefined, Origin])[] = [
    [env[name]?.trim(), 'environment'],
    [alias && lookup(alias), alias ?? ''],
    [configured instanceof Secret ? configured.reveal() : (configured as string | undefined), configuredFrom ?? ''],
    [setting.openclawEnvironment && lookup(name), "OpenClaw's environment"],
    [setting.openclawFolder && join(files.stateDir, setting.openclawFolder), 'default'],
    [setting.default, 'default'],
  ];
  const [text, origin] = candidates.find(([candidate]) => candidate) ?? [undefined, 'unset'];
  return text === undefined ? { name, origin } : { name, text, origin };
}

/** `<name> is <value>`, with the origin unless it is the environment. */
function shown({ name, text = '', origin }: RawSetting): string {
  return `${name} is ${shownText(name, text)}${origin === 'environment' ? '' : ` (from ${origin})`}`;
}

/** The text of a variable as it may be printed. A URL that is not plain may contain credentials. */
function shownText(name: VariableName, text: string): string {
  if (text === '') return '';
  const { type } = SETTINGS[name];
  if (type === 'secret' || type === 'password' || type === 'secret-url') return '***';
  return type === 'url' && /[@?#]/.test(text) ? '*** (it may contain a secret)' : text;
}

/** A reference that could not be resolved matters only if nothing else gave the value. */
function unresolvedWarnings(openclaw: OpenClawReading, raw: readonly RawSetting[]): readonly string[] {
  return openclaw.unresolved
    .filter(({ variable }) => raw.some(({ name, text }) => name === variable && text === undefined))
    .map(({ warning }) => warning);
}
