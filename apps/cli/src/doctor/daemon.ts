import type { DaemonStatus } from '@live-status/daemon-control';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether a daemon runs, and what it reports about itself. */
export function checkDaemon(status: DaemonStatus): readonly CheckResult[] {
  const name = 'daemon';
  if (!status.running) return [fail(name, 'not running', 'run "live-status-daemon start"')];
  const { pid, health, problem = 'it does not report its health', fix } = status;
  if (!health) {
    const found = `runs with pid ${pid}; ${problem}`;
    return [fix === undefined ? ok(name, found) : warn(name, found, fix)];
  }
  const running = ok(name, `runs with pid ${pid}, version ${health.version}, health ${health.status}`);
  const reasons = health.reasons.map(({ level, what, fix = 'see its log' }) =>
    level === 'failing' ? fail(name, what, fix) : warn(name, what, fix),
  );
  return [running, ...reasons];
}
