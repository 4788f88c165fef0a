import { join } from 'node:path';
import type { Recording, TimelineEvent } from '@live-status/fixtures';
import { type Clock, delay, systemClock } from '@live-status/resilience';
import { FOREIGN_OWNER, type LockOwner, startLockOwner } from './lock-owner.ts';
import { createRewrite, type EventRewrite } from './rewrite.ts';
import { createSessionsWriter, type SessionsWriter } from './sessions-writer.ts';

/** How a recording is played. */
export interface ReplayOptions {
  /** Times real speed; `Infinity` plays without waiting. Default 1. */
  readonly speed?: number;
  /** Shortens longer pauses between two events to this, milliseconds of recorded time. Default `Infinity`: as recorded. */
  readonly longestGapMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Ends `play()` with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Directory name of the agent under `dir`. Default `main`. */
  readonly agentId?: string;
  /** Rewrites recorded times to the time of the replay, at equal length, so that it looks live. Default false. */
  readonly shiftTimes?: boolean;
  /** From 1 on, each round gives sessions and entries other ids, so that a repetition is new work. Default 0: as recorded. */
  readonly round?: number;
  /** Lets the catalog's paths name the replay's directory instead of the recorded `/home/node/…`. Default false. */
  readonly rewritePaths?: boolean;
  /** Locks name a process that nobody finds here, as that of a container does. Default false: a real process. */
  readonly foreignOwner?: boolean;
  /** Texts to be replaced by others in names and contents, for example recorded channel ids. Default none. */
  readonly replacements?: ReadonlyMap<string, string>;
}

/** A recording being played into a directory. Disposing closes it. */
export interface Replay extends AsyncDisposable {
  /** Where the files appear: `<dir>/<agentId>/sessions`. */
  readonly sessionsDir: string;
  /** Pid of the process that owns the locks; undefined before the first lock and after a recorded death. */
  readonly ownerPid: number | undefined;
  /** The event that `step` applies next. */
  peek(): TimelineEvent | undefined;
  /** Applies the next event at once; its `tMs`, or undefined at the end. */
  step(): Promise<number | undefined>;
  /** Plays the rest, in time. */
  play(): Promise<void>;
  /**
   * When a moment of the recording was really played, milliseconds since the epoch: a busy machine is late. Of a moment
   * between two events: as late as the one before it.
   */
  playedAt(tMs: number): number;
  /** Ends the lock owner; the files stay. Idempotent. */
  close(): Promise<void>;
}

/**
 * Prepares to play `recording` into `dir`, byte for byte, with the writer's own system calls: appends, truncations,
 * renames, catalog replacements and locks. Locks are owned by a real process, which dies where the gateway died.
 */
export function createReplay(recording: Recording, dir: string, options: ReplayOptions = {}): Replay {
  return new RecordingReplay(recording, createSessionsWriter(sessionsDirOf(dir, options), recording.version), options);
}

function sessionsDirOf(dir: string, { agentId = 'main' }: ReplayOptions): string {
  return join(dir, agentId, 'sessions');
}

class RecordingReplay implements Replay {
  readonly #recording: Recording;
  readonly #writer: SessionsWriter;
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #playedTime: PlayedTime;
  #rewrite: EventRewrite | undefined;
  #owner: LockOwner | undefined;
  #nextIndex = 0;
  #lastMs = 0;
  /** Events that were played, and when. */
  readonly #played: { readonly tMs: number; readonly at: number }[] = [];

  constructor(recording: Recording, writer: SessionsWriter, options: ReplayOptions) {
    this.#recording = recording;
    this.#writer = writer;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#speed = options.speed ?? 1;
    if (!(this.#speed > 0)) throw new RangeError(`speed must be greater than 0, not ${this.#speed}.`);
    const times = recording.events.map(({ tMs }) => tMs);
    this.#playedTime = createPlayedTime(times, options.longestGapMs ?? Number.POSITIVE_INFINITY);
  }

  get sessionsDir(): string {
    return this.#writer.dir;
  }

  get ownerPid(): number | undefined {
    return this.#owner?.pid;
  }

  peek(): TimelineEvent | undefined {
    return this.#recording.events[this.#nextIndex];
  }

  async step(): Promise<number | undefined> {
    const event = this.peek();
    if (event === undefined) return undefined;
    // Not before the first event: the replay's times count from there.
    this.#rewrite ??= this.#createRewrite();
    this.#nextIndex += 1;
    this.#lastMs = event.tMs;
    await this.#apply(this.#rewrite(event));
    this.#played.push({ tMs: event.tMs, at: this.#clock.now() });
    return event.tMs;
  }

  async play(): Promise<void> {
    const { signal } = this.#options;
    const playedAt = this.#playedAt(this.#lastMs);
    for (let event = this.peek(); event !== undefined; event = this.peek()) {
      signal?.throwIfAborted();
      const waitMs = playedAt(event.tMs) - this.#clock.now();
      if (waitMs > 0) await delay(waitMs, { signal, clock: this.#clock });
      await this.step();
    }
  }

  playedAt(tMs: number): number {
    const before = this.#played.findLast((event) => event.tMs <= tMs) ?? this.#played[0];
    if (before === undefined) throw new Error('Nothing was played yet');
    return before.at + (this.#playedTime(tMs) - this.#playedTime(before.tMs)) / this.#speed;
  }

  async close(): Promise<void> {
    await this.#owner?.kill('SIGKILL');
    this.#owner = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #createRewrite(): EventRewrite {
    const { shiftTimes = false, round = 0, rewritePaths = false, replacements = new Map() } = this.#options;
    return createRewrite(this.#recording, {
      sessionsDir: rewritePaths ? this.#writer.dir : undefined,
      playedAt: shiftTimes ? this.#playedAt(this.peek()?.tMs ?? 0) : undefined,
      round,
      replacements,
    });
  }

  /** Epoch milliseconds of each moment, when `nowMs` of the recording is played now. */
  #playedAt(nowMs: number): (tMs: number) => number {
    const startAt = this.#clock.now() - this.#playedTime(nowMs) / this.#speed;
    return (tMs) => startAt + this.#playedTime(tMs) / this.#speed;
  }

  async #apply(event: TimelineEvent): Promise<void> {
    if (event.op === 'kill') {
      await this.#owner?.kill(event.signal);
      this.#owner = undefined;
      return;
    }
    if (event.op === 'lock') {
      this.#owner ??= await (this.#options.foreignOwner === true ? FOREIGN_OWNER : startLockOwner());
    }
    this.#writer.apply(event, { owner: this.#owner ?? FOREIGN_OWNER, nowMs: this.#clock.now() });
  }
}

/** When a moment of the recording is played, milliseconds after the start at speed 1. Never decreases. */
export type PlayedTime = (tMs: number) => number;

/**
 * Plays as recorded, but no pause between two events lasts longer than `longestGapMs`.
 * @param times the events' `tMs`, ascending
 */
export function createPlayedTime(times: readonly number[], longestGapMs: number): PlayedTime {
  const longPauses = times
    .map((endMs, index) => ({ startMs: times[index - 1] ?? 0, endMs }))
    .filter(({ startMs, endMs }) => endMs - startMs > longestGapMs);
  return (tMs) => {
    let cutMs = 0;
    for (const { startMs, endMs } of longPauses) cutMs += Math.max(0, Math.min(tMs, endMs) - startMs - longestGapMs);
    return tMs - cutMs;
  };
}
