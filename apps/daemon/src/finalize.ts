import { setTimeout as wait } from 'node:timers/promises';
import { EXIT, type ExitCode } from '@live-status/daemon-control';
import { latePosts } from './late-posts.ts';
import type { Runtime } from './runtime.ts';

/** How long the transcripts may take to be read, milliseconds. */
const READ_TIMEOUT_MS = 30_000;

/**
 * Finishes every open post of the ledger with the true end of its work, or says in it that updates stopped. For use while
 * no daemon runs.
 */
export async function finalize({ log, start }: Runtime): Promise<ExitCode> {
  const daemon = await start({ onlyLedger: true });
  const late = new AbortController();
  const timeout = wait(READ_TIMEOUT_MS, 'late', { signal: late.signal }).catch(() => 'aborted');
  const ended = daemon.ended.catch((error: unknown) => log.error({ err: error }, 'sessions could not be read'));
  if ((await Promise.race([daemon.caughtUp, timeout, ended])) === 'late') {
    log.warn({ timeoutMs: READ_TIMEOUT_MS }, 'sessions not read in time');
  }
  late.abort();
  const { undelivered } = await daemon.stop();
  if (undelivered.length > 0) log.error(latePosts(undelivered), 'posts not up to date');
  return undelivered.length > 0 ? EXIT.failed : EXIT.done;
}
