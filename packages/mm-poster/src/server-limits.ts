import type { Clock, Log } from '@live-status/resilience';
import { type Gate, PRIORITY } from './gate.ts';
import type { PostApi } from './post-api.ts';

/** What {@link ServerLimits} need. */
export interface ServerLimitsOptions {
  readonly api: PostApi;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest message wanted, code points. */
  readonly maxChars: number;
  readonly signal: AbortSignal;
}

/** How long settings of the server are believed, milliseconds. */
const READ_AGAIN_MS = 600_000;
/** A limit is not approached closer than this part of it: an edit waits for its turn. */
const MARGIN = 0.2;
const MAX_MARGIN_MS = 10_000;
const MIN_MARGIN_MS = 2000;

/** What this server takes: as its configuration says, and as its refusals teach. */
export class ServerLimits {
  /** Longest message, code points. */
  maxChars: number;
  /** Whether the account may post without notifying anybody. */
  silent = true;
  /** How far the server's clock is ahead of this one, milliseconds. */
  serverAheadMs = 0;
  readonly #options: ServerLimitsOptions;
  /** As the configuration names it. */
  #toldEditLimitMs: number | undefined;
  /** As refusals taught it, since the configuration was another one. */
  #learntEditLimitMs: number | undefined;
  /** The greatest age at which a post was edited. */
  #editedAgeMs = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: ServerLimitsOptions) {
    this.#options = options;
    this.maxChars = options.maxChars;
  }

  /** Reads the settings of the server, unless that was done lately. Without them its refusals still teach its limits. */
  read(): void {
    const { api, clock, gate, log, signal } = this.#options;
    if (clock.now() - this.#readAt < READ_AGAIN_MS) return;
    this.#readAt = clock.now();
    const priority = (): number => PRIORITY.background;
    gate
      .pass(() => api.getServerSettings({ signal }), { signal, priority })
      .then(
        ({ editLimitMs, maxPostChars }) => {
          if (editLimitMs !== this.#toldEditLimitMs) this.#learntEditLimitMs = undefined;
          this.#toldEditLimitMs = editLimitMs;
          if (maxPostChars !== undefined) this.maxChars = Math.min(this.maxChars, maxPostChars);
        },
        (error: unknown) => log.debug({ err: error }, 'settings of the server not read'),
      );
  }

  /** When a post has to be edited for the last time; undefined without a limit. */
  lastEditAt(postedAt: number | undefined): number | undefined {
    const limitMs = this.#editLimitMs;
    if (limitMs === Number.POSITIVE_INFINITY || postedAt === undefined) return undefined;
    const margin = Math.min(Math.max(limitMs * MARGIN, MIN_MARGIN_MS), MAX_MARGIN_MS, limitMs / 2);
    return postedAt + limitMs - margin;
  }

  /** A post was edited. */
  edited(postedAt: number | undefined): void {
    if (postedAt !== undefined) this.#editedAgeMs = Math.max(this.#editedAgeMs, this.#options.clock.now() - postedAt);
  }

  /** A post could not be edited because it is too old. */
  expired(postedAt: number | undefined): void {
    const age = postedAt === undefined ? 0 : this.#options.clock.now() - postedAt;
    const knownMs = Math.min(this.#editLimitMs, age);
    // The limit lies between the greatest age that was accepted and this one.
    this.#learntEditLimitMs = Math.max(
      1000,
      this.#editedAgeMs < age && this.#editedAgeMs > 0 ? Math.min(knownMs, this.#editedAgeMs) : knownMs,
    );
  }

  get #editLimitMs(): number {
    return Math.min(
      this.#toldEditLimitMs ?? Number.POSITIVE_INFINITY,
      this.#learntEditLimitMs ?? Number.POSITIVE_INFINITY,
    );
  }
}
