import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { findInstance } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import { describeSettings, readSettings } from '@live-status/settings';
import { enableInConfig, isEnabledInConfig, requireUsableConfig } from './hook-config.ts';
import { installHook, readCreatedFolders, recordCreatedFolders, removeEmptyFolders } from './hook-folder.ts';
import { type InstallPaths, programAt } from './paths.ts';
import {
  claimPrefix,
  findForeign,
  installPrograms,
  readReceipt,
  removePrograms,
  versionOf,
  writeReceipt,
} from './prefix.ts';
import { restartDaemon } from './restart-daemon.ts';
import { runProgram, step, type Task } from './task.ts';

/**
 * Installs or upgrades. Every step can be repeated, and an interrupted run continues where it stopped. An installation
 * at the paths `before` with another prefix is moved.
 */
export async function install(paths: InstallPaths, task: Task, before: InstallPaths): Promise<void> {
  const { prefix, hookDir, receiptPath } = paths;
  requireUsableConfig(paths);
  claimPrefix(paths, task);
  const isMoved = before.prefix !== prefix && existsSync(before.prefix);
  const last = readReceipt(isMoved ? before.receiptPath : receiptPath);
  const receipt = { ...last, version: versionOf(paths) };
  if (!task.dryRun) recordCreatedFolders(paths);
  step(task, `${describeVersions(last?.version, receipt.version)}: ${prefix}`, () => installPrograms(paths, receipt));
  step(task, `put the gateway hook into ${hookDir}`, () => installHook(paths));
  if (isMoved) removePreviousPrefix(before, task);
  if (!task.dryRun) removeEmptyFolders(readCreatedFolders(paths));
  const configSha256 = enableInConfig(paths, task);
  if (configSha256 !== undefined) writeReceipt(receiptPath, { ...receipt, configSha256 });
  const settings = await reportSettings(task.env);
  for (const line of settings.found) task.say(line);
  if (task.dryRun) {
    for (const problem of settings.problems) task.say(`! missing or wrong: ${problem}`);
    return;
  }
  if (last) restartDaemon(paths, task);
  const doctor = runProgram(programAt(prefix, 'live-status'), ['doctor'], { env: task.env });
  const [, firstStep] = NEXT_STEP.exec(doctor.output) ?? [];
  task.say(`\nlive-status doctor:\n${doctor.output.replace(NEXT_STEP, '')}\n`);
  task.say(`For agents and scripts that call live-status: add ${prefix}/bin to their PATH.`);
  task.say(describeNextStep(paths, doctor.exitCode === 0 ? undefined : firstStep));
}

/** The doctor's own last line is left out: the installer knows more, and there must be one next step. */
const NEXT_STEP = /\nNext: (.*)\s*$/;
/** The doctor's next step where nothing is wrong but that no daemon runs. */
const ONLY_START = /^run "live-status-daemon start"/;

/** Removes the programs of the previous prefix, unless somebody put other files among them. */
function removePreviousPrefix(before: InstallPaths, task: Task): void {
  const foreign = findForeign(before);
  if (foreign === undefined) removePrograms(before, task);
  else task.say(`! ${before.prefix} stays: it also holds ${foreign}; remove what is not needed of it by hand`);
}

function describeVersions(last: string | undefined, next: string): string {
  if (last === undefined) return `install version ${next}`;
  return last === next ? `reinstall version ${next}` : `upgrade from version ${last} to ${next}`;
}

/** What the daemon would find if it were started from here: names and origins, never values. */
interface SettingsReport {
  readonly found: readonly string[];
  /** Why a daemon could not start with the environment of this shell; empty if it could. */
  readonly problems: readonly string[];
}

async function reportSettings(env: Environment): Promise<SettingsReport> {
  const reading = await readSettings(env, { home: homedir(), readFile: (path) => readFile(path, 'utf8') });
  const described = describeSettings(reading).filter(({ origin }) => origin !== 'default' && origin !== 'unset');
  const groups = Map.groupBy(described, ({ origin }) => origin);
  const found = [...groups].map(([origin, settings]) => {
    const names = settings.map(({ name }) => name).join(', ');
    return origin === 'environment' ? `set in this environment: ${names}` : `found in ${origin}: ${names}`;
  });
  const hint = described.some(({ name }) => name === 'DEFAULT_CHANNEL')
    ? []
    : ['not set: DEFAULT_CHANNEL (work of cron, hooks and the CLI is shown nowhere)'];
  return { found: [...found, ...hint], problems: reading.errors };
}

/** The one thing that is left to do, or that nothing is. `repair`: what the doctor says must be repaired first. */
function describeNextStep(paths: InstallPaths, repair: string | undefined): string {
  const running = findInstance(paths.stateDir);
  const isEnabled = isEnabledInConfig(paths);
  const byHand = 'The hook is not enabled (see above), so the gateway does not start it.';
  if (running) {
    const runs = `The daemon runs (pid ${running.pid}).`;
    return isEnabled ? `${runs} Nothing is left to do: the gateway starts it from now on.` : `${runs} ${byHand}`;
  }
  if (!existsSync(paths.configPath)) {
    return 'Next: set OpenClaw up (or change to the user that runs it), and run install.sh again. A demo needs no OpenClaw: npm start -- --demo';
  }
  const start = `${programAt(paths.prefix, 'live-status-daemon')} start`;
  const first = repair === undefined || ONLY_START.test(repair) ? '' : `${repair}; then `;
  return isEnabled
    ? `Next: ${first}openclaw gateway restart, which starts the daemon (without a restart: ${start})`
    : `Next: ${first}${start}. ${byHand}`;
}
