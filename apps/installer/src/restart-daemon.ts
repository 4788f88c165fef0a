import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { findInstance } from '@live-status/instance-lock';
import type { Environment } from '@live-status/openclaw-config';
import { binDirOf, type InstallPaths, programAt } from './paths.ts';
import { runProgram, type Task } from './task.ts';

/** Set by a service manager in what it starts (systemd.exec(5), sd_notify(3)). */
const SERVICE_VARIABLES = ['INVOCATION_ID', 'NOTIFY_SOCKET'];

const HOW_TO_RESTART =
  process.platform === 'darwin'
    ? 'launchctl kickstart -k gui/$(id -u)/live-status, or live-status-daemon stop and openclaw gateway restart'
    : 'systemctl restart live-status, or Ctrl-C and run';

/** How a daemon was started, in order to start the next one the same way. */
interface StartContext {
  /** Holds tokens: it is passed to the next daemon and never printed. */
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * Restarts a running daemon with the new programs and its own environment, if `start` or the hook started it. Any other
 * daemon is left alone.
 */
export function restartDaemon(paths: InstallPaths, { say }: Task): void {
  const { prefix, stateDir } = paths;
  const running = findInstance(stateDir);
  if (!running) return;
  const start = running.elsewhere === undefined ? readStartContext(running.pid, binDirOf(prefix)) : undefined;
  if (!start) {
    say(`! pid ${running.pid} still runs the version of before: restart what started it (${HOW_TO_RESTART})`);
    return;
  }
  const daemon = programAt(prefix, 'live-status-daemon');
  for (const command of ['stop', 'start']) say(runProgram(daemon, [command], start).output);
}

/** Only `start` passes a log file. The environment, which holds the settings, can only be read on Linux. */
function readStartContext(pid: number, binDir: string): StartContext | undefined {
  try {
    if (!readWords(pid, 'cmdline').includes('--log-file')) return undefined;
    const env = Object.fromEntries(readWords(pid, 'environ').map(toEntry));
    if (SERVICE_VARIABLES.some((name) => env[name] !== undefined)) return undefined;
    // The hook starts it in the folder of the programs, which an upgrade has just replaced.
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return { env, cwd: existsSync(cwd) ? cwd : binDir };
  } catch {
    return undefined;
  }
}

function readWords(pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
}

function toEntry(word: string): readonly [name: string, value: string] {
  const end = word.indexOf('=');
  return [word.slice(0, end), word.slice(end + 1)];
}
