import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Post } from '@live-status/simulators/mattermost';
import { stateOf } from '@live-status/stage';
import { commandsIn, type End, type Work, type WorkListener } from './work.ts';

/** Whether anything is wrong with Mattermost or the gateway, and since when nothing is. */
export interface Surroundings {
  readonly isCalm: boolean;
  readonly calmSince: number;
}

/** What is known of a piece of work and its post. */
interface Followed {
  readonly work: Work;
  readonly beganAt: number;
  readonly postIds: Set<string>;
  /** Calls that no post has shown yet, and when they were made. */
  readonly unseen: Map<string, { readonly at: number; readonly counts: boolean }>;
  /** Any of them; `undefined` while it goes on. */
  ends: readonly End[] | undefined;
  endedAt: number;
  message: string;
  shownAt: number;
}

/** From a call to the edit that shows it, of those made and shown while nothing was wrong; milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Posts must say how their work ended this long after it, or after the latest trouble. */
const DEADLINE_MS = 60_000;
/** A post that is right is watched a little longer. */
const LINGER_MS = 20_000;
/** Work that is over sooner may do without a post: see POST_DELAY_MS. */
const CERTAIN_MS = 3_000;
const KEPT_PROBLEMS = 50;

/** Compares what agents did with what posts say, and measures how long that took. */
export class PostWatch implements WorkListener {
  readonly problems: string[] = [];
  problemCount = 0;
  /** Pieces of work that ended, by how. */
  readonly ends = new Map<string, number>();
  readonly #whole: RecordableHistogram = createHistogram();
  readonly #followed = new Map<number, Followed>();
  readonly #trouble: Surroundings;
  readonly #now: () => number;
  #recent: RecordableHistogram = createHistogram();

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(trouble: Surroundings, now: () => number = () => performance.now()) {
    this.#trouble = trouble;
    this.#now = now;
  }

  /** Pieces of work whose posts are not right yet. */
  get unsettled(): number {
    return this.#followed.size;
  }

  called(work: Work, command: string): void {
    const now = this.#now();
    const known = this.#followed.get(work.id);
    const followed = known ?? {
      work,
      beganAt: now,
      postIds: new Set(),
      unseen: new Map(),
      ends: undefined,
      endedAt: 0,
      message: '',
      shownAt: 0,
    };
    if (known === undefined) this.#followed.set(work.id, followed);
    // The first post waits for POST_DELAY_MS.
    followed.unseen.set(command, { at: now, counts: this.#trouble.isCalm && followed.postIds.size > 0 });
  }

  ended(work: Work, ends: readonly End[]): void {
    const followed = this.#followed.get(work.id);
    if (followed === undefined || followed.ends !== undefined) return;
    const [end = ''] = ends;
    followed.ends = ends;
    followed.endedAt = this.#now();
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }

  /** A post was created or edited. */
  shown({ id, message }: Post): void {
    const now = this.#now();
    const state = stateOf(message);
    // A notice that somebody is waited for.
    if (state === undefined) return;
    for (const [command, workId] of commandsIn(message)) {
      const followed = this.#followed.get(Number(workId));
      if (followed === undefined) {
        if (state === 'ACTIVE' || state === 'WAITING') this.#note(`work ${workId} is ${state} again after its end`);
        continue;
      }
      followed.message = message;
      followed.shownAt = now;
      followed.postIds.add(id);
      const call = followed.unseen.get(command);
      if (call === undefined) continue;
      followed.unseen.delete(command);
      if (!call.counts || !this.#trouble.isCalm) continue;
      const micros = Math.max(1, Math.round((now - call.at) * 1_000));
      this.#recent.record(micros);
      this.#whole.record(micros);
    }
  }

  /** Lets go of work whose post is right, and notes what is wrong. `atEnd`: nothing may be left. */
  check({ atEnd = false }: { readonly atEnd?: boolean } = {}): void {
    const now = this.#now();
    for (const [id, followed] of this.#followed) {
      if (followed.ends === undefined && !atEnd) continue;
      const since = Math.max(followed.endedAt, this.#trouble.calmSince);
      const problem = problemOf(followed);
      if (problem === undefined) {
        if (now - followed.endedAt > LINGER_MS || atEnd) this.#followed.delete(id);
      } else if (atEnd || (this.#trouble.isCalm && now - since > DEADLINE_MS)) {
        const seconds = Math.round((followed.shownAt - followed.endedAt) / 1_000);
        this.#note(`${followed.work.play} (work ${id}), last shown ${seconds} s after its end: ${problem}`);
        this.#followed.delete(id);
      }
    }
  }

  /** Latencies since the last call of this. */
  takeLatencies(): Latencies {
    const recent = this.#recent;
    this.#recent = createHistogram();
    return latenciesOf(recent);
  }

  /** Latencies of the whole run. */
  get latencies(): Latencies {
    return latenciesOf(this.#whole);
  }

  /** Notes a problem; of very many only the first are kept. */
  #note(problem: string): void {
    this.problemCount += 1;
    if (this.problems.length < KEPT_PROBLEMS) this.problems.push(problem);
  }
}

function problemOf({ work, ends, beganAt, endedAt, postIds, message }: Followed): string | undefined {
  if (ends === undefined) return 'it did not end';
  if (postIds.size > 1) return `${postIds.size} posts show it`;
  if (postIds.size === 0) return endedAt - beganAt < CERTAIN_MS ? undefined : 'no post shows it';
  const state = stateOf(message);
  if (!ends.some((end) => end === state)) {
    return `its post says ${state} instead of ${ends.join(' or ')}: ${message.split('\n')[0]}`;
  }
  if (work.forbidden?.test(message)) return `its post still says ${work.forbidden}`;
  return undefined;
}

function latenciesOf(histogram: RecordableHistogram): Latencies {
  const { count } = histogram;
  const ms = (share: number): number => (count === 0 ? Number.NaN : histogram.percentile(share) / 1_000);
  return { count, p50: ms(50), p99: ms(99), max: ms(100) };
}
