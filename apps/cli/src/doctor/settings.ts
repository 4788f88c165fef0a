import { compact } from '@live-status/basics';
import { describeSettings, type Settings, type SettingsReading } from '@live-status/settings';
import { type PostWordsSettings, readPostWords } from '@live-status/status-render';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';
import { isReadable } from './probe-files.ts';

const VALUES: About = { id: 'settings.values', name: 'settings' };
const PROBLEM: About = { id: 'settings.problem', name: 'setting' };
const HINT: About = { id: 'settings.hint', name: 'setting' };

/** Every setting, and the files that settings name. */
export const SETTINGS_CHECKS: readonly Check[] = [
  {
    ...VALUES,
    run: async ({ machine, reading }) => [
      ...checkSettings(reading),
      ...checkFiles(reading.sound, isReadable),
      ...(await checkPostWords(withReadableLabels(reading.sound), machine.readFile)),
    ],
  },
];

/** Problems first, then each setting with the origin of its value: those that somebody chose, the defaults, the unset ones. */
export function checkSettings(reading: SettingsReading): readonly Finding[] {
  const settings = describeSettings(reading).filter(({ name }) => !isBroken(name, reading));
  const byOrigin = [isChosen, isDefault, isUnset].flatMap((belongs) => settings.filter(belongs));
  const counted = countOrigins(settings);
  return [
    ...reading.errors.map((error) => fail(PROBLEM, ...splitFix(error))),
    ...reading.warnings.map((warning) => warn(HINT, ...splitFix(warning))),
    { ...ok(VALUES, counted, counted), details: byOrigin.map(describeSetting) },
  ];
}

type Described = ReturnType<typeof describeSettings>[number];

const isDefault = ({ origin }: Described): boolean => origin === 'default';
const isUnset = ({ origin }: Described): boolean => origin === 'unset';
const isChosen = (setting: Described): boolean => !isDefault(setting) && !isUnset(setting);

function isBroken(name: string, { errors }: SettingsReading): boolean {
  return errors.some((error) => error.startsWith(`${name} is `));
}

function describeSetting(setting: Described): string {
  const { name, value, origin } = setting;
  return isUnset(setting) ? `${name} is not set` : `${name} = ${value} (${origin})`;
}

/** `1 from the environment, 2 from /home/op/.openclaw/openclaw.json, 26 by default`. */
function countOrigins(settings: readonly Described[]): string {
  const origins = settings.filter(isChosen).map(({ origin }) => origin);
  const counts = [...new Set(origins)].map(
    (origin) => `${origins.filter((each) => each === origin).length} from ${inWords(origin)}`,
  );
  return [...counts, `${settings.filter(isDefault).length} by default`].join(', ');
}

function inWords(origin: string): string {
  return origin === 'environment' ? 'the environment' : origin;
}

/** Sentences about settings are `<what>: <fix>`; without a colon, what is wrong says enough. */
function splitFix(sentence: string): [string, string] {
  const at = sentence.lastIndexOf(': ');
  return at === -1 ? [sentence, 'correct or remove it'] : [sentence.slice(0, at), sentence.slice(at + 2)];
}

/** Whether the files that settings name can be read. Nothing about those that are not set. */
export function checkFiles(
  { sessionsJson, toolLabelsFile }: Partial<Settings>,
  isReadable: (path: string) => boolean,
): readonly Finding[] {
  return [
    ...(sessionsJson === undefined ? [] : [checkSessionsJson(sessionsJson, isReadable)]),
    ...(toolLabelsFile === undefined ? [] : [checkLabels(toolLabelsFile, isReadable)]),
  ];
}

/** Without this catalog the daemon uses those beside the transcripts. */
function checkSessionsJson(path: string, isReadable: (path: string) => boolean): Finding {
  const about: About = { id: 'settings.sessions-json', name: 'SESSIONS_JSON' };
  if (isReadable(path)) return ok(about, path);
  const fix = 'unset it: every sessions.json beside transcripts is found without it';
  return warn(about, `${path} cannot be read`, fix);
}

function checkLabels(path: string, isReadable: (path: string) => boolean): Finding {
  const about: About = { id: 'settings.tool-labels-file', name: 'TOOL_LABELS_FILE' };
  if (isReadable(path)) return ok(about, path);
  return fail(about, `${path} cannot be read, so the daemon does not start`, 'correct the path, or unset it');
}

/** Labels that cannot be read are reported before. */
function withReadableLabels({ statusLanguage, toolLabelsFile = '' }: Partial<Settings>): PostWordsSettings {
  return compact({ statusLanguage, toolLabelsFile: isReadable(toolLabelsFile) ? toolLabelsFile : undefined });
}

/** Whether the daemon can use the files of the language and of the labels. */
export async function checkPostWords(
  settings: PostWordsSettings,
  readFile: (path: string) => Promise<string>,
): Promise<readonly Finding[]> {
  const language: About = { id: 'settings.status-language', name: 'STATUS_LANGUAGE' };
  const labels: About = { id: 'settings.tool-labels-file', name: 'TOOL_LABELS_FILE' };
  const words = await readPostWords(settings, readFile);
  if (words.ok)
    return words.warnings.map((warning) => warn(language, withoutName(warning), 'correct the name, or remove it'));
  return words.problems.map((problem) => {
    const about = problem.startsWith(labels.name) ? labels : language;
    return fail(about, withoutName(problem), `correct the file, or unset ${about.name}: the daemon does not start`);
  });
}

/** A finding begins with the name of the setting. */
function withoutName(sentence: string): string {
  return sentence.replace(/^[A-Z_]+ is /, '');
}
