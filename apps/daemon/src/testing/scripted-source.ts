import type { SessionEvent, SourceStatus } from '@live-status/session-state';
import { type DaemonSource, onlyOne } from '../source.ts';

/** A source whose events a test writes itself. */
export interface ScriptedSource extends DaemonSource {
  /** Reports a batch. */
  emit(...events: SessionEvent[]): void;
  /** What was there at the start is reported. */
  attach(): void;
  /** Ends by itself, or with an error. */
  end(error?: Error): void;
}

/** Starts in state `starting`. */
export function createScriptedSource(): ScriptedSource {
  const batches: (readonly SessionEvent[])[] = [];
  let state: SourceStatus['state'] = 'starting';
  let failure: Error | undefined;
  let arrival = Promise.withResolvers<void>();
  const end = (error?: Error): void => {
    failure = error;
    state = 'closed';
    arrival.resolve();
  };
  const close = async (): Promise<void> => end();
  const source: Omit<ScriptedSource, 'choice' | 'parts'> = {
    name: 'jsonl',
    status: () => ({ state, reasons: [], runsSeen: 0 }),
    emit(...events) {
      batches.push(events);
      arrival.resolve();
    },
    attach() {
      state = 'attached';
    },
    end,
    close,
    [Symbol.asyncDispose]: close,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* batches.splice(0);
        if (failure !== undefined) throw failure;
        if (state === 'closed') return;
        if (batches.length > 0) continue;
        await arrival.promise;
        arrival = Promise.withResolvers();
      }
    },
  };
  return onlyOne(source, { source: 'jsonl', why: 'SOURCE is jsonl' });
}
