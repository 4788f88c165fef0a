import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { type Environment, findInstance } from '@live-status/operations';
import { binDirOf, type Places, programAt } from './places.ts';
import { runProgram, type Work } from './work.ts';

/** What a service manager says to what it starts (systemd.exec(5), sd_notify(3)). */
const SERVICE_VARIABLES = ['INVOCATION_ID', 'NOTIFY_SOCKET'];

/** How `start` gave life to a daemon, in order to do it again. */
interface Start {
  /** With tokens in it: for the next one, and for nobody's eyes. */
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * The daemon of before goes on with the new programs and all it was started with, when `start` or the hook brought it up.
 * Any other belongs to whoever started it.
 */
export function replaceDaemon(places: Places, { say }: Work): void {
  const { prefix, stateDir } = places;
  const running = findInstance(stateDir);
  if (!running) return;
  const start = running.elsewhere === undefined ? findStart(running.pid, binDirOf(prefix)) : undefined;
  if (!start) {
    say(
      `! pid ${running.pid} still runs the version of before: restart what started it (systemctl restart live-status, or Ctrl-C and run)`,
    );
    return;
  }
  const daemon = programAt(prefix, 'live-status-daemon');
  for (const command of ['stop', 'start']) say(runProgram(daemon, [command], start).output);
}

/** Only `start` gives a log file; Linux alone shows the environment, which holds the settings. */
function findStart(pid: number, binDir: string): Start | undefined {
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
