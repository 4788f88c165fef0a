import type { DaemonStatus } from '../daemon-status.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether a daemon runs, and what it says about itself. */
export function checkDaemon(status: DaemonStatus): readonly CheckResult[] {
  const name = 'daemon';
  if (!status.running) return [fail(name, 'not running', 'run "live-status-daemon start"')];
  const { pid, health, problem = 'it does not say how it is' } = status;
  if (!health) return [warn(name, `runs with pid ${pid}; ${problem}`, 'set HEALTH_PORT to a port that is free')];
  const running = ok(name, `runs with pid ${pid}, version ${health.version}, health ${health.status}`);
  const reasons = health.reasons.map(({ level, what, cure = 'see its log' }) =>
    level === 'failing' ? fail(name, what, cure) : warn(name, what, cure),
  );
  return [running, ...reasons];
}
