import type { SessionEvent } from '@live-status/session-state';

/**
 * How a source relates to the others.
 * - `alone`: no other source is connected, so it may report every session.
 * - `beside`: other sources may report the same work.
 * - `apart`: no other source reports its work; it may take a session from another source that has no open run in it.
 * - `muted`: another source reports everything; only runs that this one started continue.
 */
export type Standing = 'alone' | 'beside' | 'apart' | 'muted';

/** How many refused runs are remembered. */
const REMEMBERED_RUNS = 1_000;

interface OpenRun {
  readonly source: string;
  readonly sessionKey: string;
}

/**
 * Each session has one owner, so that no work gets two boxes: the source that first reported one of its runs since the
 * gateway started. A run that was refused stays refused, and one that was accepted is followed to its end.
 */
export class SessionOwners {
  /** Names of sources by session key. */
  readonly #owners = new Map<string, string>();
  readonly #refused = new Set<string>();
  /** By source and run id. */
  readonly #open = new Map<string, OpenRun>();

  /** The gateway was restarted or is gone: each session will belong to the source that reports its next run first. */
  clear(): void {
    this.#owners.clear();
  }

  /** Whether the source has an open run that was accepted. */
  hasOpenRuns(source: string): boolean {
    return this.#hasOpen((run) => run.source === source);
  }

  /** Returns those events of a source that are to be shown. */
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
    // A run that ended before the start does not say which source reports the session now.
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
