import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '@live-status/basics';
import { EXIT, type ExitCode, writeHealthAddress } from '@live-status/daemon-control';
import type { Daemon } from './daemon.ts';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import type { Host, Runtime, StopCause } from './runtime.ts';
import { reportStart } from './starter.ts';
import { findSystemd, SystemdReporter } from './systemd-notify.ts';

/** How long `finalize` waits until all transcripts have been read, milliseconds. */
const READ_TIMEOUT_MS = 30_000;
/** More ids would make a log line unreadable. */
const MAX_LOGGED_IDS = 10;

/** Follows sessions until there is a cause to stop, then shuts down in order. */
export async function run(
  { settings, log, start, lockLost }: Runtime,
  host: Host,
  stopping: Promise<StopCause>,
): Promise<ExitCode> {
  log.info({ version: host.version, pid: host.pid, stateDir: settings.stateDir }, 'starting');
  const daemon = await start();
  const warning = writePidFile(settings.pidFile, host.pid);
  if (warning !== undefined) {
    log.warn({ warning }, 'configuration');
    host.starter?.send({ told: `warning: ${warning}` });
  }
  const healthServer = await serveHealth(daemon, { settings, log, starter: host.starter });
  const address = settings.healthPort === 0 ? { host: '127.0.0.1', port: 0 } : healthServer?.address;
  writeHealthAddress(settings.stateDir, host.pid, address);
  const failed = daemon.ended.then(
    () => stopping,
    (error: unknown): StopCause => ({ kind: 'failure', error }),
  );
  if (host.starter) void reportStart(daemon, host.starter);
  const systemd = findSystemd(host.env, { pid: host.pid, log });
  const reporter = systemd && new SystemdReporter({ systemd, report: () => daemon.report(), ready: daemon.caughtUp });
  const replaced = lockLost.then((): StopCause => ({ kind: 'replaced' }));
  const cause = await Promise.race([stopping, failed, replaced]);
  if (cause.kind === 'replaced') {
    // The other daemon has the posts now, so this one must not edit them once more.
    log.fatal(
      { stateDir: settings.stateDir, fix: 'run one daemon per STATE_DIR' },
      'another daemon took over STATE_DIR',
    );
    return EXIT.running;
  }
  if (cause.kind === 'failure') log.fatal({ err: cause.error }, 'failed');
  else log.info({ signal: cause.signal }, 'stopping');
  const stopReported = reporter?.stop();
  const { undelivered } = await daemon.stop();
  writeHealthAddress(settings.stateDir, host.pid, undefined);
  await healthServer?.close();
  await stopReported;
  removePidFile(settings.pidFile, host.pid);
  if (undelivered.length > 0) {
    log.warn(firstOf(undelivered), 'some posts are not up to date; the next start continues them');
  }
  log.info({}, 'stopped');
  return cause.kind === 'failure' ? EXIT.failed : EXIT.done;
}

/**
 * Finishes every open post of the ledger as its work really ended, or says in it that status updates stopped. For use
 * while no daemon is running.
 */
export async function finalize({ log, start }: Runtime): Promise<ExitCode> {
  const daemon = await start({ onlyLedger: true });
  const waiting = new AbortController();
  const timeout = wait(READ_TIMEOUT_MS, 'late', { signal: waiting.signal }).catch(() => 'aborted');
  const ended = daemon.ended.catch((error: unknown) => log.error({ err: error }, 'could not read sessions'));
  if ((await Promise.race([daemon.caughtUp, timeout, ended])) === 'late') {
    log.warn({ timeoutMs: READ_TIMEOUT_MS }, 'timed out reading sessions');
  }
  waiting.abort();
  const { undelivered } = await daemon.stop();
  if (undelivered.length > 0) log.error(firstOf(undelivered), 'some posts are not up to date');
  return undelivered.length > 0 ? EXIT.failed : EXIT.done;
}

/** Runs without a health server if the port is taken: posts do not depend on it. */
async function serveHealth(
  daemon: Daemon,
  { settings, log, starter }: Pick<Runtime, 'settings' | 'log'> & Pick<Host, 'starter'>,
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
      feed: daemon.feed,
      measures: daemon.measures,
    });
    log.info({ url: server.url }, 'health server listening');
    return server;
  } catch (error) {
    const fix = healthServerFix(errorCode(error));
    log.warn({ err: error, port, host, fix }, 'could not start the health server');
    const why = errorCode(error) === 'EADDRINUSE' ? 'another program uses the port' : errorCode(error);
    starter?.send({ told: `warning: could not start the health server on ${host}:${port} (${why}): ${fix}` });
    return undefined;
  }
}

/** The address can be wrong as well as the port. */
function healthServerFix(code: string | undefined): string {
  if (code === 'EACCES') return 'set HEALTH_PORT to a port above 1023, or to 0 for none';
  const isHost = /^(?:EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EAFNOSUPPORT|EINVAL)$/.test(code ?? '');
  return isHost
    ? 'set HEALTH_HOST to an address of this machine, for example 127.0.0.1'
    : 'set HEALTH_PORT to a free port, or to 0 for none';
}

/** What is logged of the boxes that were not delivered in time: how many there are, and the first ten. */
function firstOf(undelivered: readonly string[]): { readonly count: number; readonly undelivered: readonly string[] } {
  return { count: undelivered.length, undelivered: undelivered.slice(0, MAX_LOGGED_IDS) };
}
