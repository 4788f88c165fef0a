import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// By their paths, which needs no build: the tables import nothing.
import { OPENCLAW_SETTINGS, type OpenClawSetting } from '../../../packages/openclaw-config/src/openclaw-settings.ts';
import { SETTINGS, type Setting } from '../../../packages/settings/src/table.ts';

/** A file with a part that is made from a table of settings. */
export interface SettingsDocument {
  /** From the root. */
  readonly file: string;
  /** Where the table is. */
  readonly table: string;
  /** The whole file as it is. */
  readonly text: string;
  /** The whole file as it should be; `undefined` if it lacks the place for that part. */
  readonly wanted: string | undefined;
}

const table: Readonly<Record<string, Setting>> = SETTINGS;

/** Files that do not say what the tables of settings say, one sentence each. */
export function findSettingsProblems(root: string): string[] {
  return readSettingsDocuments(root).flatMap(({ file, table: from, text, wanted }) => {
    if (wanted === undefined)
      return [`${file}: the place for the settings is gone; see tooling/checks/src/check-settings.ts`];
    return wanted === text ? [] : [`${file}: differs from ${from}; run node tooling/checks/src/write-settings.ts`];
  });
}

const OWN_TABLE = 'packages/settings/src/table.ts';
const OPENCLAW_TABLE = 'packages/openclaw-config/src/openclaw-settings.ts';

/**
 * The README, which explains each setting, the gateway hook, which passes on no other variables, and the document that says
 * what is done with settings of OpenClaw.
 */
export function readSettingsDocuments(root: string): readonly SettingsDocument[] {
  const document = (file: string, place: RegExp, part: string, from = OWN_TABLE): SettingsDocument => {
    const text = readFileSync(join(root, file), 'utf8');
    const wanted = place.test(text) ? text.replace(place, (_, before, after) => `${before}${part}${after}`) : undefined;
    return { file, table: from, text, wanted };
  };
  return [
    document(
      'README.md',
      /(\n\| variable \| default \| values \| what it does \|\n\|---\|---\|---\|---\|\n)(?:\|.*\n)+(\n)/,
      readmeRows(table),
    ),
    document('apps/gateway-hook/handler.js', /(\nconst SETTINGS = `\n)[^`]*(`;\n)/, hookNames(table)),
    document(
      'docs/openclaw-versions.md',
      /(\n\| setting of OpenClaw \| decides \| Live Status \|\n\|---\|---\|---\|\n)(?:\|.*\n)*(\n)/,
      openclawRows(OPENCLAW_SETTINGS),
      OPENCLAW_TABLE,
    ),
  ];
}

/** The rows of the table of settings of OpenClaw. */
function openclawRows(settings: Readonly<Record<string, OpenClawSetting>>): string {
  return Object.entries(settings)
    .map(([name, { decides, use, how }]) => {
      const marked = use === 'not followed' ? `**not followed**: ${how}` : how;
      return `| \`${name}\` | ${decides} | ${marked} |\n`;
    })
    .join('');
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
    case 'choice-or-file':
      return `${setting.choices.map(code).join(', ')}; or a path to a JSON file`;
    case 'choices':
      return `a list of ${setting.choices.map(code).join(', ')}; or ${code('off')}`;
    case 'url':
    case 'secret-url':
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
