import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createMattermostApi } from '@live-status/mm-poster';
import { postingAccounts, type SettingsReading } from '@live-status/settings';
import { BUILT_DAEMON } from '@live-status/stage';
import { complain, DEMO_COMMAND, say } from './terminal.ts';

/** What to do about each exit code of the daemon. */
const FIXES: Readonly<Record<number, string>> = {
  2: 'Correct the settings named above and run npm start again.',
  3: 'A daemon already runs on this state directory: stop it (live-status-daemon stop), or set another STATE_DIR.',
};

/** Exit codes of a daemon that was interrupted a second time while it stopped. */
const INTERRUPTED: ReadonlySet<number> = new Set([129, 130, 143]);

/** How long to wait for the server to name the bot. The daemon asks it again, and says what is wrong. */
const TIMEOUT_MS = 3_000;

/** Runs the daemon on the configured Mattermost with the terminal handed over. Returns its exit code. */
export async function showConfigured({ raw, settings }: Pick<SettingsReading, 'raw' | 'settings'>): Promise<number> {
  if (!existsSync(BUILT_DAEMON)) {
    complain(`${BUILT_DAEMON} is missing. Build it: npm run build`);
    return 1;
  }
  const textOf = (wanted: string): string => raw.find(({ name }) => name === wanted)?.text ?? '(not set)';
  say('Live Status posts what the OpenClaw agents of this machine do to your Mattermost:');
  for (const line of settings === undefined ? [] : await describeAccounts(settings)) say(`  ${line}`);
  const port = textOf('HEALTH_PORT');
  if (port !== '0') say(`Its page: http://${textOf('HEALTH_HOST')}:${port}/`);
  say(`To see a demo that posts nothing there: ${DEMO_COMMAND}`);
  say('Ctrl-C stops it.');
  const child = spawn(process.execPath, [BUILT_DAEMON, 'run'], { stdio: 'inherit' });
  passOnSignals(child);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (INTERRUPTED.has(code)) {
    say('Stopped.');
    return 0;
  }
  if (code !== 0) complain(FIXES[code] ?? `The daemon ended with exit code ${code}; its last lines above say why.`);
  return code;
}

/** One line for each server and bot that posts. Never rejects. */
export async function describeAccounts(settings: Parameters<typeof postingAccounts>[0]): Promise<readonly string[]> {
  const accounts = postingAccounts(settings).flatMap((account) => ('url' in account ? [account] : []));
  return Promise.all(
    accounts.map(async ({ url, token }) => {
      const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
      try {
        const { username } = await api.getMe();
        return `${url} as @${username}`;
      } catch {
        return `${url} (it does not name the bot of this token yet; see the log below)`;
      } finally {
        await api.close();
      }
    }),
  );
}

/** A terminal sends Ctrl-C to every foreground process itself: if it were passed on, the daemon would get it twice. */
function passOnSignals(child: ChildProcess): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name);
    });
  }
}
