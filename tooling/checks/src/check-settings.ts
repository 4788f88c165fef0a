import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// By its path, which needs no build: the table imports nothing.
import { SETTINGS, type Setting } from '../../../packages/settings/src/table.ts';

/** A file with a part that is made from the table of settings. */
export interface SettingsDocument {
  /** From the root. */
  readonly file: string;
  /** The whole file as it is. */
  readonly text: string;
  /** The whole file as it should be; `undefined` if it lacks the place for that part. */
  readonly wanted: string | undefined;
}

const table: Readonly<Record<string, Setting>> = SETTINGS;

/** Files that do not say what the table of settings says, one sentence each. */
export function findSettingsProblems(root: string): string[] {
  return readSettingsDocuments(root).flatMap(({ file, text, wanted }) => {
    if (wanted === undefined)
      return [`${file}: the place for the settings is gone; see tooling/checks/src/check-settings.ts`];
    return wanted === text
      ? []
      : [`${file}: differs from packages/settings/src/table.ts; run node tooling/checks/src/write-settings.ts`];
  });
}

/** The README, which explains each setting, and the gateway hook, which passes on no other variables. */
export function readSettingsDocuments(root: string): readonly SettingsDocument[] {
  const document = (file: string, place: RegExp, part: string): SettingsDocument => {
    const text = readFileSync(join(root, file), 'utf8');
    const wanted = place.test(text) ? text.replace(place, (_, before, after) => `${before}${part}${after}`) : undefined;
    return { file, text, wanted };
  };
  return [
    document(
      'README.md',
      /(\n\| variable \| default \| values \| what it does \|\n\|---\|---\|---\|---\|\n)(?:\|.*\n)+(\n)/,
      readmeRows(table),
    ),
    document('apps/gateway-hook/handler.js', /(\nconst SETTINGS = `\n)[^`]*(`;\n)/, hookNames(table)),
  ];
}

/** The rows of the table in the README. */
export function readmeRows(settings: Readonly<Record<string, Setting>>): string {
  return Object.entries(settings)
    .map(([name, setting]) => `| \`${name}\` | ${defaultOf(setting)} | ${valuesOf(setting)} | ${setting.about} |\n`)
    .join('');
}

/** The names that the hook passes on, one a line. */
export function hookNames(settings: Readonly<Record<string, Setting>>): string {
  const names = Object.entries(settings).flatMap(([name, { alias }]) => (alias === undefined ? [name] : [name, alias]));
  return names.map((name) => `  ${name}\n`).join('');
}

function defaultOf({ default: text, alias, openclaw, openclawFolder }: Setting): string {
  if (text !== undefined) return /^\d+$/.test(text) ? text : code(text);
  if (openclawFolder !== undefined) return `${code(openclawFolder)} in OpenClaw's directory`;
  if (openclaw === undefined) return 'none';
  return alias === undefined ? `from ${code('openclaw.json')}` : `${code(alias)}, else ${code(openclaw.path)}`;
}

function valuesOf(setting: Setting): string {
  switch (setting.type) {
    case 'integer':
    case 'seconds':
    case 'port':
      return `${setting.min} to ${setting.max}`;
    case 'choice':
      return setting.choices.map(code).join(', ');
    case 'choices':
      return `a list of ${setting.choices.map(code).join(', ')}; or ${code('off')}`;
    case 'url':
      return `a URL like ${code(setting.example)}`;
    case 'secret':
      return 'a token';
    case 'password':
      return 'a password';
    case 'path':
      return 'a path';
    case 'address':
      return 'an address';
    case 'channel':
      return `a channel id, ${code('team/channel-name')} or ${code('@user')}`;
    case 'words':
      return 'a list';
  }
}

function code(text: string): string {
  return `\`${text}\``;
}
