import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { SettingsReading } from '@live-status/settings';
import { BUILT_DAEMON } from '@live-status/stage';
import { complain, say } from './terminal.ts';

/** What to do about each exit code of the daemon. */
const FIXES: Readonly<Record<number, string>> = {
  2: 'Correct the settings named above and run npm start again.',
  3: 'A daemon already runs on this state directory: stop it (live-status-daemon stop), or set another STATE_DIR.',
};

/** Runs the daemon on the configured Mattermost with the terminal handed over. Returns its exit code. */
export async function showConfigured({ raw }: Pick<SettingsReading, 'raw'>): Promise<number> {
  if (!existsSync(BUILT_DAEMON)) {
    complain(`${BUILT_DAEMON} is missing. Build it: npm run build`);
    return 1;
  }
  const textOf = (wanted: string): string => raw.find(({ name }) => name === wanted)?.text ?? '(not set)';
  say(`Live Status posts what OpenClaw's agents do (${textOf('TRANSCRIPT_DIR')}) to the configured Mattermost.`);
  const port = textOf('HEALTH_PORT');
  if (port !== '0') say(`Health: http://${textOf('HEALTH_HOST')}:${port}/health`);
  say('Ctrl-C stops it.');
  const child = spawn(process.execPath, [BUILT_DAEMON, 'run'], { stdio: 'inherit' });
  passOnSignals(child);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) complain(FIXES[code] ?? `The daemon ended with exit code ${code}; its last lines above say why.`);
  return code;
}

/** A terminal sends Ctrl-C to every foreground process itself: if it were passed on, the daemon would get it twice. */
function passOnSignals(child: ChildProcess): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
    });
  }
}
