/**
 * Waits for a promise that does not take a signal. After an abort the promise itself continues, and a later rejection of
 * it is ignored.
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
