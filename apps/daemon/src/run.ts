import { EXIT, type ExitCode } from '@live-status/daemon-control';
import type { Daemon } from './daemon.ts';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { latePosts } from './late-posts.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import type { Host, Runtime } from './runtime.ts';
import { findServiceManager } from './service-manager.ts';
import { ServiceReport } from './service-report.ts';
import type { StopCause } from './stop-cause.ts';

/** Follows sessions until there is a cause to stop, then shuts down in order. */
export async function run(
  { settings, log, start, lockLost }: Runtime,
  host: Host,
  stopping: Promise<StopCause>,
): Promise<ExitCode> {
  log.info({ version: host.version, pid: host.pid, stateDir: settings.stateDir }, 'starting');
  const daemon = await start();
  const warning = writePidFile(settings.pidFile, host.pid);
  if (warning !== undefined) log.warn({ warning }, 'configuration');
  const health = await listen(daemon, { settings, log });
  const failed = daemon.ended.then(
    () => stopping,
    (error: unknown): StopCause => ({ kind: 'failure', error }),
  );
  void daemon.caughtUp.then(host.ready);
  const manager = findServiceManager(host.env, { pid: host.pid, log });
  const serviceReport =
    manager && new ServiceReport({ manager, report: () => daemon.report(), ready: daemon.caughtUp });
  const replaced = lockLost.then((): StopCause => ({ kind: 'replaced' }));
  const cause = await Promise.race([stopping, failed, replaced]);
  if (cause.kind === 'replaced') {
    // Its successor has the posts: a last edit by this process would be wrong.
    log.fatal({ stateDir: settings.stateDir, fix: 'let one daemon run per STATE_DIR' }, 'replaced by another daemon');
    return EXIT.running;
  }
  if (cause.kind === 'failure') log.fatal({ err: cause.error }, 'failed');
  else log.info({ signal: cause.signal }, 'stopping');
  const stopReported = serviceReport?.stop();
  const { undelivered } = await daemon.stop();
  await health?.close();
  await stopReported;
  removePidFile(settings.pidFile, host.pid);
  if (undelivered.length > 0) log.warn(latePosts(undelivered), 'posts not up to date; the next start continues them');
  log.info({}, 'stopped');
  return cause.kind === 'failure' ? EXIT.failed : EXIT.done;
}

/** The daemon runs without its health server if the port is taken: posts do not depend on it. */
async function listen(
  daemon: Daemon,
  { settings, log }: Pick<Runtime, 'settings' | 'log'>,
): Promise<HealthServer | undefined> {
  const { healthPort: port, healthHost: host, healthToken: token } = settings;
  if (port === 0) return undefined;
  try {
    const server = await startHealthServer({
      port,
      host,
      ...(token !== undefined && { token }),
      report: () => daemon.report(),
      ready: () => daemon.ready(),
      boxes: () => daemon.boxes(),
    });
    log.info({ url: server.url }, 'health server listens');
    return server;
  } catch (error) {
    log.warn(
      { err: error, port, host, fix: 'set HEALTH_PORT to a free port, or to 0 for none' },
      'health server not started',
    );
    return undefined;
  }
}
