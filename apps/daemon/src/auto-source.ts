import type { SourceChoice } from '@live-status/openclaw-config';
import { AsyncQueue, type Clock, delay } from '@live-status/resilience';
import type { SessionEvent, SessionSource, SourceEvent, SourceStatus } from '@live-status/session-state';
import type { DaemonSource, NamedStatus } from './daemon-source.ts';
import { SessionOwners, type Standing } from './session-owners.ts';

/** A source that may be followed. */
export interface SourceCandidate {
  readonly name: string;
  /** Starts to follow it. Called again if it was closed in the meantime. */
  readonly open: () => SessionSource;
}

/** What a policy currently wants from one candidate. */
export interface SourceRole {
  /** `open`: follow it; `keep`: continue if it is followed; `close`: close it once its runs have ended. */
  readonly follow: 'open' | 'keep' | 'close';
  /** How it relates to the other sources. */
  readonly standing: Standing;
  /** Whether the daemon waits for this source before it has caught up. */
  readonly isNeeded: boolean;
}

/** Decides which candidates are followed. */
export interface SourcePolicy {
  /** The source in use, and why; `undefined` before the first `check`. */
  readonly choice: SourceChoice | undefined;
  /** What is wrong with the choice, one sentence each. */
  readonly reasons: readonly string[];
  roleOf(name: string): SourceRole;
  /** Checks which sources there are now. Called again and again. */
  check(): void;
  /** Takes events that a source reported. */
  hear(name: string, events: readonly SessionEvent[]): void;
  /** Takes that a source was closed because its role said so. */
  noteClosed(name: string): void;
  /** Calls the listener when a role changes between two checks. `isNewServer`: sessions have no owner any more. */
  onChange(listener: (change: { readonly isNewServer: boolean }) => void): void;
}

export interface AutoSourceOptions {
  readonly sources: readonly SourceCandidate[];
  readonly policy: SourcePolicy;
  readonly clock: Clock;
}

/** How often the policy checks, milliseconds. */
const CHECK_MS = 2_000;

/**
 * Combines those sources that a policy wants into one. No work is reported twice, because each session has one owner. It
 * follows an upgrade or downgrade of OpenClaw as it happens.
 */
export function createAutoSource(options: AutoSourceOptions): DaemonSource {
  return new AutoSource(options);
}

class AutoSource implements DaemonSource {
  readonly #candidates: readonly SourceCandidate[];
  readonly #policy: SourcePolicy;
  readonly #clock: Clock;
  readonly #owners = new SessionOwners();
  readonly #batches = new AsyncQueue<readonly SourceEvent[]>();
  readonly #stop = new AbortController();
  readonly #checking: Promise<void>;
  readonly #followed = new Map<string, SessionSource>();
  /** Names of followed sources that have reported everything that was there at the start. */
  readonly #caughtUp = new Set<string>();
  #hasCaughtUp = false;
  #closing: Promise<void> | undefined;

  constructor({ sources, policy, clock }: AutoSourceOptions) {
    this.#candidates = sources;
    this.#policy = policy;
    this.#clock = clock;
    policy.onChange(({ isNewServer }) => {
      if (isNewServer) this.#owners.clear();
      this.#apply();
    });
    this.#checking = this.#checkRegularly();
  }

  /** Name of the source in use. */
  get name(): string {
    return this.#policy.choice?.source ?? this.#candidates[0]?.name ?? 'none';
  }

  choice(): SourceChoice | undefined {
    return this.#policy.choice;
  }

  /** What is wrong with a source that is not in use is no trouble: a gateway may be down, a directory missing. */
  parts(): readonly NamedStatus[] {
    return [...this.#followed].map(([name, source]) => {
      const { isBlind: _, ...status } = source.status();
      const inUse = name === this.#policy.choice?.source;
      if (inUse) return { name, inUse, ...source.status() };
      return { name, inUse, ...status, state: status.state === 'degraded' ? 'attached' : status.state, reasons: [] };
    });
  }

  /** Only the source in use counts. */
  status(): SourceStatus {
    const all = this.parts();
    const used = all.find(({ inUse }) => inUse);
    const starting =
      used === undefined || all.some(({ name, state }) => state === 'starting' && this.#policy.roleOf(name).isNeeded);
    const lastEventAt = Math.max(...all.map((part) => part.lastEventAt ?? Number.NEGATIVE_INFINITY));
    const { reasons } = this.#policy;
    const working = reasons.length > 0 ? 'degraded' : used?.state;
    return {
      state: this.#closing !== undefined ? 'closed' : starting || working === undefined ? 'starting' : working,
      reasons: [...(used?.reasons ?? []), ...reasons],
      ...(used?.isBlind ? { isBlind: true } : {}),
      runsSeen: all.reduce((sum, { runsSeen }) => sum + runsSeen, 0),
      ...(Number.isFinite(lastEventAt) ? { lastEventAt } : {}),
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly SourceEvent[]> {
    return this.#batches[Symbol.asyncIterator]();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#batches.close();
    await Promise.all([this.#checking, ...[...this.#followed.values()].map((source) => source.close())]);
  }

  async #checkRegularly(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#policy.check();
      this.#apply();
      await delay(CHECK_MS, { signal, clock: this.#clock }).catch(() => {});
    }
  }

  /** Opens and closes sources as the policy currently wants. */
  #apply(): void {
    if (this.#stop.signal.aborted) return;
    for (const { name, open } of this.#candidates) {
      const { follow } = this.#policy.roleOf(name);
      const followed = this.#followed.get(name);
      if (follow === 'open' && followed === undefined) this.#follow(name, open());
      if (follow === 'close' && followed !== undefined && !this.#owners.hasOpenRuns(name)) this.#leave(name, followed);
    }
    this.#reportCaughtUp();
  }

  #follow(name: string, source: SessionSource): void {
    this.#followed.set(name, source);
    void this.#forward(name, source);
  }

  #leave(name: string, source: SessionSource): void {
    void source.close();
    this.#followed.delete(name);
    this.#caughtUp.delete(name);
    this.#owners.clear();
    this.#policy.noteClosed(name);
  }

  async #forward(name: string, source: SessionSource): Promise<void> {
    try {
      for await (const batch of source) {
        const events = batch.filter((event) => event.type !== 'caught-up');
        if (events.length > 0) this.#policy.hear(name, events);
        const taken = this.#owners.take(name, events, this.#policy.roleOf(name).standing);
        if (taken.length > 0) {
          this.#batches.push(taken);
          await this.#batches.drained();
        }
        if (events.length < batch.length) this.#noteCaughtUp(name, source);
      }
    } catch (error) {
      this.#batches.fail(error);
    }
  }

  #noteCaughtUp(name: string, source: SessionSource): void {
    if (this.#followed.get(name) !== source) return;
    this.#caughtUp.add(name);
    this.#reportCaughtUp();
  }

  /** Reports once that every source that is needed has caught up. */
  #reportCaughtUp(): void {
    if (this.#hasCaughtUp || this.#policy.choice === undefined) return;
    const needed = this.#candidates.filter(({ name }) => this.#policy.roleOf(name).isNeeded);
    if (!needed.every(({ name }) => this.#caughtUp.has(name))) return;
    this.#hasCaughtUp = true;
    this.#batches.push([{ type: 'caught-up', at: this.#clock.now() }]);
  }
}
