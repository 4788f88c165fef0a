/**
 * Waits for a promise that knows nothing of the signal. The promise itself goes on; its later rejection is no
 * unhandled one.
 *
 * @throws the signal's reason, at once, when aborted first; otherwise what the promise rejects with.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
