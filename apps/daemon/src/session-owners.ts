import type { SessionEvent, SessionSource } from '@live-status/session-state';

type SourceName = SessionSource['name'];

/**
 * How a source stands to the other one. `alone`: the other one is away, and its sessions are free. `beside`: both may
 * tell of one work. `apart`: no work of this one is told by the other one, whose sessions are free when none of its runs
 * is open in them. `muted`: the other one tells everything; only runs that this one began go on.
 */
export type Standing = 'alone' | 'beside' | 'apart' | 'muted';

/** Runs of the other source that are remembered as refused. */
const REMEMBERED_RUNS = 1_000;

/**
 * Lets each session be told by one of two sources, so that no work gets two boxes: by the one that first told of a run
 * of it in this life of the gateway. A run that was refused stays refused, and one that was taken is followed to its end.
 */
export class SessionOwners {
  readonly #owners = new Map<string, SourceName>();
  readonly #refused = new Set<string>();
  /** Runs under way, with the sessions they belong to. */
  readonly #open = new Map<string, string>();

  /** Another life of the gateway begins, or it is gone: every session belongs to whoever tells of its next run first. */
  renew(): void {
    this.#owners.clear();
  }

  /** Whether a run of this source is under way. */
  hasOpenRuns(source: SourceName): boolean {
    return this.#openSessions(source).length > 0;
  }

  /** Of what a source tells, that which counts. */
  take(source: SourceName, events: readonly SessionEvent[], standing: Standing): SessionEvent[] {
    return events.filter((event) => this.#counts(source, event, standing));
  }

  #counts(source: SourceName, event: SessionEvent, standing: Standing): boolean {
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
    // What was over before the start says nothing about who tells of the session now.
    if (event.old !== true) this.#owners.set(event.sessionKey, source);
    this.#open.set(run, event.sessionKey);
    return true;
  }

  #isFree(sessionKey: string, source: SourceName, standing: Standing): boolean {
    if (standing === 'alone' || standing === 'muted') return standing === 'alone';
    const owner = this.#owners.get(sessionKey);
    if (owner === undefined || owner === source) return true;
    return standing === 'apart' && !this.#openSessions(owner).includes(sessionKey);
  }

  /** Sessions in which runs of this source are under way. */
  #openSessions(source: SourceName): string[] {
    return [...this.#open].filter(([run]) => run.startsWith(`${source}/`)).map(([, sessionKey]) => sessionKey);
  }

  #refuse(run: string): void {
    this.#refused.add(run);
    const [oldest] = this.#refused;
    if (this.#refused.size > REMEMBERED_RUNS && oldest !== undefined) this.#refused.delete(oldest);
  }
}
