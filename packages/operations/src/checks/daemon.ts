import type { DaemonStatus } from '../daemon-status.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether a daemon runs, and what it says about itself. */
export function checkDaemon(status: DaemonStatus): readonly CheckResult[] {
  const name = 'daemon';
  if (!status.running) return [fail(name, 'not running', 'run "live-status-daemon start"')];
  const { pid, health, problem = 'it does not say how it is', cure } = status;
  if (!health) {
    const found = `runs with pid ${pid}; ${problem}`;
    return [cure === undefined ? ok(name, found) : warn(name, found, cure)];
  }
  const running = ok(name, `runs with pid ${pid}, version ${health.version}, health ${health.status}`);
  const reasons = health.reasons.map(({ level, what, cure = 'see its log' }) =>
    level === 'failing' ? fail(name, what, cure) : warn(name, what, cure),
  );
  return [running, ...reasons];
}
