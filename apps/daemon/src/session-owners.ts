import type { SessionEvent } from '@live-status/session-state';

/**
 * How a source relates to the others.
 * - `alone`: the others are away, and their sessions are free.
 * - `beside`: others may report the same work.
 * - `apart`: no work of this one is reported by another, whose sessions are free once none of its runs is open in them.
 * - `muted`: another reports everything; only runs that this one began go on.
 */
export type Standing = 'alone' | 'beside' | 'apart' | 'muted';

/** Runs that are remembered as refused. */
const REMEMBERED_RUNS = 1_000;

interface OpenRun {
  readonly source: string;
  readonly sessionKey: string;
}

/**
 * Each session has one owner, so that no work gets two boxes: the source that first reported one of its runs since the
 * gateway started. A run that was refused stays refused, and one that was taken is followed to its end.
 */
export class SessionOwners {
  /** Names of sources by session key. */
  readonly #owners = new Map<string, string>();
  readonly #refused = new Set<string>();
  /** By source and run id. */
  readonly #open = new Map<string, OpenRun>();

  /** The gateway was started again, or is gone: every session belongs to whichever source reports its next run first. */
  clear(): void {
    this.#owners.clear();
  }

  /** Whether a run that this source reported is open. */
  hasOpenRuns(source: string): boolean {
    return this.#hasOpen((run) => run.source === source);
  }

  /** Of the events of a source, those that count. */
  take(source: string, events: readonly SessionEvent[], standing: Standing): SessionEvent[] {
    return events.filter((event) => this.#counts(source, event, standing));
  }

  #counts(source: string, event: SessionEvent, standing: Standing): boolean {
    const free = this.#isFree(event.sessionKey, source, standing);
    if (event.type === 'session-gone' && free) this.#owners.delete(event.sessionKey);
    if (!('runId' in event)) return free;
    const run = `${source}/${event.runId}`;
    if (event.type !== 'run-started') {
      if (event.type === 'run-ended') this.#open.delete(run);
      return !this.#refused.has(run);
    }
    if (!free) {
      this.#refuse(run);
      return false;
    }
    // What had ended before the start says nothing about who reports the session now.
    if (event.old !== true) this.#owners.set(event.sessionKey, source);
    this.#open.set(run, { source, sessionKey: event.sessionKey });
    return true;
  }

  #isFree(sessionKey: string, source: string, standing: Standing): boolean {
    if (standing === 'alone' || standing === 'muted') return standing === 'alone';
    const owner = this.#owners.get(sessionKey);
    if (owner === undefined || owner === source) return true;
    return standing === 'apart' && !this.#hasOpen((run) => run.source === owner && run.sessionKey === sessionKey);
  }

  #hasOpen(matches: (run: OpenRun) => boolean): boolean {
    return [...this.#open.values()].some(matches);
  }

  #refuse(run: string): void {
    this.#refused.add(run);
    const [oldest] = this.#refused;
    if (this.#refused.size > REMEMBERED_RUNS && oldest !== undefined) this.#refused.delete(oldest);
  }
}
