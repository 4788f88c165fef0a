import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { findInstance } from '@live-status/instance-lock';
import { expandHome } from '@live-status/openclaw-config';
import { findPairedDevice } from '@live-status/openclaw-gateway/device';
import { disableInConfig } from './hook-config.ts';
import { readCreatedFolders, removeEmptyFolders, removeHook } from './hook-folder.ts';
import { type InstallPaths, programAt } from './paths.ts';
import { claimPrefix, readReceipt, removePrograms } from './prefix.ts';
import { type ProgramResult, runProgram, step, type Task } from './task.ts';

/** Our files in the state directory; anything else there is not ours. */
const STATE_FILES = /^(ledger[.-]|daemon[.-]|gateway-device[.-]|instance-id$)/;

/** Removes what `install` brought; the state only with `purge`. The backup of openclaw.json stays. */
export function uninstall(paths: InstallPaths, task: Task, { purge }: { readonly purge: boolean }): void {
  const { prefix, hookDir, receiptPath, stateDir, openclawDir } = paths;
  claimPrefix(paths, task);
  const isThere = [prefix, hookDir].some((path) => existsSync(path));
  if (!isThere) task.say(`there is no Live Status in ${openclawDir}; looking for what an earlier run left`);
  const receipt = readReceipt(receiptPath);
  const folders = readCreatedFolders(paths);
  stopDaemon(paths, task);
  disableInConfig(paths, receipt?.configSha256, task);
  // The hook records where the programs are, so it is removed after them: an interrupted run finds both again.
  removePrograms(paths, task);
  if (existsSync(hookDir)) step(task, `remove ${hookDir}`, () => removeHook(paths));
  if (purge) {
    removeDevice(stateDir, task);
    removeState(stateDir, task);
  }
  if (!task.dryRun) removeEmptyFolders([...folders, join(openclawDir, 'live-status')]);
  if (!purge && existsSync(stateDir)) task.say(whatStays(stateDir));
  for (const { path, remove } of findServices(paths)) task.say(`! the service in ${path} stays: ${remove}`);
  if (existsSync(paths.backupPath)) task.say(`the backup of openclaw.json stays: ${paths.backupPath}`);
}

/**
 * No post may stay active for ever: a daemon ends its posts when it stops; those of a dead one are ended for it. This
 * runs the checkout's program, since the installed one may be gone while its daemon still runs.
 */
function stopDaemon({ checkout, stateDir }: InstallPaths, task: Task): void {
  const program = join(checkout, 'apps', 'daemon', 'dist', 'main.js');
  const daemon = (command: string): ProgramResult =>
    runProgram(process.execPath, [program, command], { env: task.env });
  if (findInstance(stateDir)) step(task, 'stop the daemon', () => task.say(daemon('stop').output));
  else if (existsSync(join(stateDir, 'ledger.json'))) {
    step(task, 'end the posts that an earlier daemon left open', () => {
      if (daemon('finalize').exitCode !== 0) task.say('! some of them could not be brought to their end');
    });
  }
}

/** Where a person may have copied one of our service files, and how it is removed. */
const SERVICES: readonly { readonly path: string; readonly remove: string }[] = [
  {
    path: '~/.config/systemd/user/live-status.service',
    remove: 'systemctl --user disable --now live-status, and remove the file',
  },
  {
    path: '~/Library/LaunchAgents/live-status.plist',
    remove: 'launchctl bootout gui/$(id -u)/live-status, and remove the file',
  },
  {
    path: '/etc/systemd/system/live-status.service',
    remove: 'sudo systemctl disable --now live-status, and remove the file',
  },
];

/** Service files that run the removed programs: a person put them there, so they are only named. */
function findServices({ prefix }: InstallPaths): typeof SERVICES {
  const program = programAt(prefix, 'live-status-daemon');
  const names = [program, relative(homedir(), program)];
  return SERVICES.flatMap(({ path, remove }) => {
    const file = expandHome(path, homedir());
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return names.some((name) => text.includes(name)) ? [{ path: file, remove }] : [];
  });
}

function whatStays(stateDir: string): string {
  const state = `the state (log, ledger of posts) stays in ${stateDir}`;
  if (!findPairedDevice(stateDir)) return `${state}; --purge removes it, too`;
  return `${state}, and this daemon stays a paired device of OpenClaw; --purge removes both`;
}

/**
 * Takes this daemon out of the devices that OpenClaw has paired. Its own token only reads, so OpenClaw's command does it,
 * which needs a gateway that runs.
 */
function removeDevice(stateDir: string, task: Task): void {
  const device = findPairedDevice(stateDir);
  if (!device) return;
  const args = ['devices', 'remove', device.id];
  const command = ['openclaw', ...args].join(' ');
  if (task.dryRun) {
    task.say(`would remove this daemon from OpenClaw's paired devices: ${command}`);
    return;
  }
  const { exitCode } = runProgram('openclaw', args, { env: task.env });
  if (exitCode === 0) task.say("done: remove this daemon from OpenClaw's paired devices");
  else {
    const where = device.gateways.join(' and ');
    task.say(`! the gateway at ${where} still lists this daemon as a paired device. While it runs: ${command}`);
  }
}

function removeState(stateDir: string, task: Task): void {
  if (!existsSync(stateDir)) return;
  step(task, `remove the state in ${stateDir}`, () => {
    const ours = readdirSync(stateDir).filter((file) => STATE_FILES.test(file));
    for (const file of ours) rmSync(join(stateDir, file), { recursive: true });
    removeEmptyFolders([stateDir]);
  });
}
