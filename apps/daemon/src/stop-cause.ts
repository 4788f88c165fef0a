/** Why a daemon stops. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'failure'; readonly error: unknown }
  /** Another daemon took the lock because it considered this one dead. */
  | { readonly kind: 'replaced' };

/** What a shell reports for a process killed by a signal: 128 plus its number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the first cause to stop. A second signal ends the process at once. Call this before anything waits:
 * a process with pid 1 ignores signals for which it has no handler.
 *
 * @param complain called with a failure that happens after the first cause
 */
export function stopCause(complain: (error: unknown) => void): Promise<StopCause> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const [signal, exitCode] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (stopping) process.exit(exitCode);
        stopping = true;
        resolve({ kind: 'signal', signal });
      });
    }
    // Unhandled rejections arrive here, too. While stopping, the last edits of posts matter more than another failure.
    process.on('uncaughtException', (error) => {
      if (stopping) complain(error);
      stopping = true;
      resolve({ kind: 'failure', error });
    });
  });
}
