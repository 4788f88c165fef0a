/** Lets a test wait for a state instead of sleeping: conditions are looked at again whenever something happened. */
export class Conditions {
  readonly #looks = new Set<() => void>();

  /** Looks at every condition that is waited for. */
  check(): void {
    for (const look of this.#looks) look();
  }

  /**
   * Resolves as soon as `condition` holds.
   * @throws what `condition` throws; the reason of `signal` when it aborts first.
   */
  until(condition: () => boolean, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(signal?.reason);
    const look = (): void => {
      try {
        if (condition()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#looks.add(look);
    look();
    return promise.finally(() => {
      this.#looks.delete(look);
      signal?.removeEventListener('abort', stop);
    });
  }
}
