import { compact } from '@live-status/basics';
import { type DaemonStatus, readDaemonStatus } from '@live-status/daemon-control';
import type { Check } from './check.ts';
import { type About, type Finding, fail, ok, warn } from './finding.ts';

const RUNNING: About = { id: 'daemon.running', name: 'daemon' };
const HEALTH: About = { id: 'daemon.health', name: 'health' };

/** The daemon and what it reports about itself. */
export const DAEMON_CHECKS: readonly Check[] = [
  {
    ...RUNNING,
    run: async ({ reading }) => {
      const { stateDir, healthPort, healthHost, healthToken } = reading.sound;
      if (stateDir === undefined || healthPort === undefined || healthHost === undefined) {
        const fix = 'correct the settings of its state directory and health address';
        return [fail(RUNNING, 'cannot be found', fix)];
      }
      return checkDaemon(await readDaemonStatus({ stateDir, healthPort, healthHost, ...compact({ healthToken }) }));
    },
  },
];

/** Whether a daemon runs, and what it reports about itself. */
export function checkDaemon(status: DaemonStatus): readonly Finding[] {
  if (!status.running) return [fail(RUNNING, 'not running', 'run "live-status-daemon start"')];
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
