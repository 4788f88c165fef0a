import { existsSync } from 'node:fs';
import { compact } from '@live-status/basics';
import { type DaemonStatus, logFileOf, readDaemonStatus } from '@live-status/daemon-control';
import { findHook, isHookEnabled } from '@live-status/openclaw-config';
import type { Check } from './check.ts';
import { type About, type Finding, fail, next, ok, warn } from './finding.ts';

const RUNNING: About = { id: 'daemon.running', name: 'daemon' };
const HEALTH: About = { id: 'daemon.health', name: 'health' };

/** The daemon and what it reports about itself. */
export const DAEMON_CHECKS: readonly Check[] = [
  {
    ...RUNNING,
    run: async ({ reading, files, machine }) => {
      const { stateDir, healthPort, healthHost, healthToken } = reading.sound;
      if (stateDir === undefined || healthPort === undefined || healthHost === undefined) {
        const fix = 'correct the settings of its state directory and health address';
        return [fail(RUNNING, 'cannot be found', fix)];
      }
      const status = await readDaemonStatus({ stateDir, healthPort, healthHost, ...compact({ healthToken }) });
      const { hooks } = reading.sound.openclaw ?? {};
      const isHookInstalled = findHook(hooks, files, machine.home).directory !== undefined;
      return checkDaemon(status, {
        isStartedByGateway: isHookInstalled && hooks !== undefined && isHookEnabled(hooks),
        hasRun: existsSync(logFileOf(stateDir)),
      });
    },
  },
];

/** How a daemon that does not run is to be started. */
export interface DaemonHistory {
  /** Whether the hook is installed and enabled. */
  readonly isStartedByGateway: boolean;
  /** Whether one ran before with this state directory. */
  readonly hasRun: boolean;
}

/** Whether a daemon runs, and what it reports about itself. */
export function checkDaemon(status: DaemonStatus, history: DaemonHistory): readonly Finding[] {
  if (!status.running) return [notRunning(history)];
  const { pid, health, problem = 'it does not report its health', fix } = status;
  const brief = `runs with pid ${pid}`;
  if (!health) {
    const found = `${brief}; ${problem}`;
    return [fix === undefined ? ok(RUNNING, found, brief) : warn(RUNNING, found, fix)];
  }
  const running = ok(RUNNING, `${brief}, version ${health.version}, health ${health.status}`, brief);
  const reasons = health.reasons.map(({ level, what, fix = 'see its log' }) =>
    level === 'failing' ? fail(HEALTH, what, fix) : warn(HEALTH, what, fix),
  );
  return [running, ...reasons];
}

function notRunning({ isStartedByGateway, hasRun }: DaemonHistory): Finding {
  const start = 'run "live-status-daemon start"';
  if (hasRun) return fail(RUNNING, 'not running', `${start}; "live-status logs" shows how the last one ended`);
  if (!isStartedByGateway) return fail(RUNNING, 'not running', start);
  return next(
    RUNNING,
    'not running yet; the gateway starts it',
    'run "openclaw gateway restart", which starts the daemon',
  );
}
