/** Why a daemon stops. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'failure'; readonly error: unknown }
  /** Another daemon took this one for dead. */
  | { readonly kind: 'replaced' };

/** What a shell reports for a process that a signal ended: 128 and its number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the first cause to stop. A second signal ends the process at once. To be called before anything waits:
 * a process with pid 1 does not hear a signal for which it has no handler.
 *
 * @param complain hears of a failure that comes after the first cause
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
    // An unhandled rejection arrives here, too. The last words of a daemon that stops are worth more than a second one.
    process.on('uncaughtException', (error) => {
      if (stopping) complain(error);
      stopping = true;
      resolve({ kind: 'failure', error });
    });
  });
}
