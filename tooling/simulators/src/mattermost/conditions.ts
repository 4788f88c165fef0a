/** Lets a test wait for a state instead of sleeping: conditions are checked again whenever something happened. */
export class Conditions {
  readonly #checks = new Set<() => void>();

  /** Checks every condition that is waited for. */
  check(): void {
    for (const check of this.#checks) check();
  }

  /**
   * Resolves as soon as `condition` holds.
   * @throws what `condition` throws; the reason of `signal` when it aborts first.
   */
  until(condition: () => boolean, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(signal?.reason);
    const check = (): void => {
      try {
        if (condition()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#checks.add(check);
    check();
    return promise.finally(() => {
      this.#checks.delete(check);
      signal?.removeEventListener('abort', stop);
    });
  }
}
