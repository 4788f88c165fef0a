import type { DaemonProgram } from '@live-status/daemon-control';
import { writeFix } from '@live-status/instance-lock';
import { describeSettings, type Settings, type SettingsReading } from '@live-status/settings';
import { type CheckResult, fail, ok, warn } from './check.ts';

const SUPPORTED = '22.22 or newer of 22, 24, or 26 and newer';

/** Whether Live Status supports this version of Node (`v24.21.0`). */
export function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isSupported = (major === 22 && minor >= 22) || major === 24 || major >= 26;
  return isSupported ? ok('Node', version) : fail('Node', `${version} is not supported`, `use Node ${SUPPORTED}`);
}

/** Whether there is a daemon to start. */
export function checkBuild(program: DaemonProgram | undefined): CheckResult {
  if (program) return ok('build', [program.command, ...program.args].find((part) => part.includes('daemon')) ?? '');
  const fix = 'build it (npm run build), or install @live-status/daemon beside this program';
  return fail('build', 'there is no daemon beside this program or in PATH', fix);
}

/** Every setting with the origin of its value: problems first, then each one that is set, then the defaults together. */
export function checkSettings(reading: SettingsReading): readonly CheckResult[] {
  const settings = describeSettings(reading);
  const chosen = settings.filter(({ origin }) => origin !== 'default' && origin !== 'unset');
  const defaults = settings.filter(({ origin }) => origin === 'default');
  const unset = settings.filter(({ origin }) => origin === 'unset');
  const broken = (name: string): boolean => reading.errors.some((error) => error.startsWith(`${name} is `));
  return [
    ...reading.errors.map((error) => fail('settings', ...splitFix(error))),
    ...reading.warnings.map((warning) => warn('settings', ...splitFix(warning))),
    ...chosen
      .filter(({ name }) => !broken(name))
      .map(({ name, value, origin }) => ok('settings', `${name} = ${value} (${origin})`)),
    ok('settings', `by default: ${defaults.map(({ name, value }) => `${name} = ${value}`).join(', ')}`),
    ok('settings', `not set: ${unset.map(({ name }) => name).join(', ') || 'none'}`),
  ];
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
): readonly CheckResult[] {
  const results: CheckResult[] = [];
  if (sessionsJson !== undefined) results.push(checkSessionsJson(sessionsJson, isReadable));
  if (toolLabelsFile !== undefined) results.push(checkLabels(toolLabelsFile, isReadable));
  return results;
}

/** Without this catalog the daemon uses those beside the transcripts. */
function checkSessionsJson(path: string, isReadable: (path: string) => boolean): CheckResult {
  if (isReadable(path)) return ok('SESSIONS_JSON', path);
  const fix = 'unset it: every sessions.json beside transcripts is found without it';
  return warn('SESSIONS_JSON', `${path} cannot be read`, fix);
}

function checkLabels(path: string, isReadable: (path: string) => boolean): CheckResult {
  if (isReadable(path)) return ok('TOOL_LABELS_FILE', path);
  return fail(
    'TOOL_LABELS_FILE',
    `${path} cannot be read, so the daemon does not start`,
    'correct the path, or unset it',
  );
}

/**
 * Whether the daemon can write its state directory.
 *
 * @param problem error code of an attempt to write, `undefined` if it succeeded
 */
export function checkStateDir(stateDir: string, problem: string | undefined): CheckResult {
  if (problem === undefined) return ok('state', `${stateDir} is writable`);
  return fail('state', `${stateDir} cannot be written (${problem})`, writeFix(problem));
}
