import { AsyncQueue } from '@live-status/resilience';
import type { SessionEvent, SourceEvent, SourceStatus } from '@live-status/session-state';
import { chosenSource, type DaemonSource } from '../daemon-source.ts';

/** A source whose events a test writes itself. */
export interface ScriptedSource extends DaemonSource {
  /** Reports a batch. */
  emit(...events: SessionEvent[]): void;
  /** What was there at the start is reported. */
  attach(): void;
  /** Something is wrong with it from now on. */
  fail(reason: string, more?: Pick<SourceStatus, 'isBlind'>): void;
  /** Ends by itself, or with an error. */
  end(error?: Error): void;
}

/** Starts in state `starting`. */
export function createScriptedSource(name = 'jsonl'): ScriptedSource {
  const batches = new AsyncQueue<readonly SourceEvent[]>();
  let state: SourceStatus['state'] = 'starting';
  let problem: Partial<SourceStatus> = {};
  const end = (error?: Error): void => {
    state = 'closed';
    if (error === undefined) batches.close();
    else batches.fail(error);
  };
  const close = async (): Promise<void> => end();
  const source: Omit<ScriptedSource, 'choice' | 'parts'> = {
    name,
    status: () => ({ state, reasons: [], runsSeen: 0, ...problem }),
    emit: (...events) => batches.push(events),
    attach() {
      state = 'attached';
      batches.push([{ type: 'caught-up', at: 0 }]);
    },
    fail(reason, more = {}) {
      problem = { state: 'degraded', reasons: [reason], ...more };
    },
    end,
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => batches[Symbol.asyncIterator](),
  };
  return chosenSource(source, { source: 'jsonl', why: 'SOURCE is jsonl' });
}
