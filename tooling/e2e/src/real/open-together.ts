import { LifecycleScope } from '@live-status/resilience';

/** More than gateway and daemon give themselves. */
const CLOSE_TIMEOUT_MS = 40_000;

/** What takes part in an opening. */
export interface Opening {
  /** Is closed with all the rest, the last one first. */
  readonly opened: <T extends AsyncDisposable>(resource: T) => T;
  /** Is called when all that was opened later is closed. */
  readonly defer: (close: () => unknown) => void;
}

/** Opens what belongs together. When a part of it fails, what was opened before is closed again. */
export async function openTogether<T extends object>(
  open: (opening: Opening) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const scope = new LifecycleScope({ deadlineMs: CLOSE_TIMEOUT_MS });
  const close = (): Promise<void> => scope[Symbol.asyncDispose]();
  const opened = <R extends AsyncDisposable>(resource: R): R => {
    scope.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  };
  try {
    return { ...(await open({ opened, defer: (closer) => scope.defer(closer) })), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
