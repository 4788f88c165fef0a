import type { SessionEvent, SessionSource } from '@live-status/session-state';

type SourceName = SessionSource['name'];

/**
 * How a source stands to the other one. `alone`: the other one is away, and its sessions are free. `beside`: both may
 * tell of one work. `muted`: the other one tells everything; only runs that this one began go on.
 */
export type Standing = 'alone' | 'beside' | 'muted';

/** Runs of the other source that are remembered as refused. */
const REMEMBERED_RUNS = 1_000;

/**
 * Lets each session be told by one of two sources, so that no work gets two boxes: by the one that first told of a run
 * of it in this life of the gateway. A run that was refused stays refused, and one that was taken is followed to its end.
 */
export class SessionOwners {
  readonly #owners = new Map<string, SourceName>();
  readonly #refused = new Set<string>();
  readonly #open = new Set<string>();

  /** Another life of the gateway begins, or it is gone: every session belongs to whoever tells of its next run first. */
  renew(): void {
    this.#owners.clear();
  }

  /** Whether a run of this source is under way. */
  hasOpenRuns(source: SourceName): boolean {
    return [...this.#open].some((name) => name.startsWith(`${source}/`));
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
    this.#open.add(run);
    return true;
  }

  #isFree(sessionKey: string, source: SourceName, standing: Standing): boolean {
    if (standing !== 'beside') return standing === 'alone';
    const owner = this.#owners.get(sessionKey);
    return owner === undefined || owner === source;
  }

  #refuse(run: string): void {
    this.#refused.add(run);
    const [oldest] = this.#refused;
    if (this.#refused.size > REMEMBERED_RUNS && oldest !== undefined) this.#refused.delete(oldest);
  }
}
