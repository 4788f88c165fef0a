import { silentLog } from '@live-status/resilience';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LedgerEntry, StoredLedger } from './ledger.ts';
import type { PostApi } from './post-api.ts';
import type { LiveContent } from './post-state.ts';
import { createPosterWith, type Poster } from './poster.ts';
import { createMemoryServer, type MemoryRequest, type MemoryServer, mattermostError } from './testing.ts';

/** What may happen, in any order. Times are milliseconds. */
type Action =
  | { readonly do: 'show'; readonly box: number; readonly text: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** The next requests fail: not done, done with the answer lost, or answered too late. */
  | { readonly do: 'fail'; readonly how: 'refuse' | 'lose' | 'limit' | 'slow'; readonly times: number }
  /** The process dies; only what the ledger made durable is left. */
  | { readonly do: 'kill'; readonly downMs: number }
  /** The server forgets the keys of creates, as it does when it restarts. */
  | { readonly do: 'forget keys' };

const BOXES = 3;
const SLOW_MS = 4000;
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('show' as const), box: fc.nat(BOXES - 1), text: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      how: fc.constantFrom('refuse' as const, 'lose' as const, 'limit' as const, 'slow' as const),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), downMs: fc.nat(60_000) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'forget keys' as const }) },
);

/** A process that can die: its requests never come back, its ledger ends with the last flush. */
class Model {
  readonly clock: FakeClock = createFakeClock();
  readonly server: MemoryServer = createMemoryServer(this.clock);
  readonly wanted = new Map<number, string>();
  readonly problems: string[] = [];
  #durable: readonly LedgerEntry[] = [];
  #generation = 0;
  #failures: ('refuse' | 'lose' | 'limit' | 'slow')[] = [];
  #slowRequests = 0;
  #poster: Poster;

  constructor() {
    this.#poster = this.#start();
  }

  get poster(): Poster {
    return this.#poster;
  }

  #start(): Poster {
    this.#generation += 1;
    const generation = this.#generation;
    const isAlive = (): boolean => generation === this.#generation;
    const ledger = new StoredLedger({
      instanceId: 'instance',
      entries: this.#durable,
      clock: this.clock,
      save: async (entries) => {
        if (isAlive()) this.#durable = structuredClone(entries);
      },
    });
    this.server.onRequest = (request) => this.#strike(request);
    return createPosterWith({ api: this.#wire(isAlive), ledger, clock: this.clock, log: silentLog });
  }

  /** The server as this process reaches it: a dead one sends nothing more, and hears nothing. */
  #wire(isAlive: () => boolean): PostApi {
    const { api } = this.server;
    const inFlight = new Set<string>();
    const never = new Promise<never>(() => undefined);
    const reach = async <T>(send: () => Promise<T>): Promise<T> => {
      if (!isAlive()) return never;
      return send().finally(() => (isAlive() ? undefined : never));
    };
    return {
      ...api,
      createPost: (post, options) => reach(() => api.createPost(post, options)),
      getPostsSince: (channelId, sinceMs, options) => reach(() => api.getPostsSince(channelId, sinceMs, options)),
      patchPost: (postId, patch, options) => {
        if (inFlight.has(postId)) this.problems.push(`two edits of ${postId} in flight`);
        inFlight.add(postId);
        return reach(() => api.patchPost(postId, patch, options)).finally(() => inFlight.delete(postId));
      },
    };
  }

  async #strike({ phase }: MemoryRequest): Promise<void> {
    const failure = this.#failures[0];
    if (failure === undefined || (failure === 'lose') !== (phase === 'after')) return;
    this.#failures.shift();
    if (failure === 'slow') await this.#keepWaiting();
    if (failure === 'limit') throw mattermostError('rate-limited', undefined, 2000);
    if (failure !== 'slow') throw mattermostError('transient');
  }

  async #keepWaiting(): Promise<void> {
    this.#slowRequests += 1;
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, SLOW_MS));
    this.#slowRequests -= 1;
  }

  async act(step: Action): Promise<void> {
    if (step.do === 'show') this.show(step.box, `${step.box}: ${step.text}`);
    if (step.do === 'wait') await this.clock.advance(step.ms);
    if (step.do === 'fail') this.#failures = Array.from({ length: step.times }, () => step.how);
    if (step.do === 'forget keys') {
      // A server that restarts has no requests of before left.
      await this.clock.advance(SLOW_MS);
      this.server.expireDeduplication();
    }
    if (step.do === 'kill') {
      // Requests that are on the wire when the process dies may still be done by the server, but before those of the
      // next process: no client can help an edit that a server keeps back until a later one is done.
      this.#generation += 1;
      if (this.#slowRequests > 0) await this.clock.advance(SLOW_MS);
      this.#poster = this.#start();
      await this.clock.advance(step.downMs);
      for (const [box, text] of this.wanted) this.show(box, text);
    }
  }

  show(box: number, message: string): void {
    this.wanted.set(box, message);
    const content: LiveContent = { key: message, ticking: false, render: () => ({ message }) };
    this.#poster.show(`box ${box}`, { channelId: `channel ${box}` }, content, { message });
  }

  async settle(): Promise<void> {
    this.#failures = [];
    await this.clock.advance(300_000);
  }
}

describe('whatever happens', () => {
  it('every box ends with exactly one post that shows the last content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (steps) => {
        const model = new Model();
        for (const step of steps) await model.act(step);
        await model.settle();
        const shown = [...model.server.posts.values()].map((post) => [post.channelId, post.message]).sort();
        const wanted = [...model.wanted].map(([box, message]) => [`channel ${box}`, message]).sort();
        expect(shown).toEqual(wanted);
        expect(model.problems).toEqual([]);
        expect(model.poster.status()).toMatchObject({ queue: 0, state: 'ok' });
      }),
      { numRuns: 300 },
    );
  });

  it('no second holds more edits than the burst and the rate, no post is edited twice within the throttle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (steps) => {
        const model = new Model();
        for (const step of steps.filter(({ do: what }) => what !== 'kill')) await model.act(step);
        await model.settle();
        const { edits } = model.server;
        for (const [index, edit] of edits.entries()) {
          const inSecond = edits.filter((other) => other.at >= edit.at && other.at < edit.at + 1000);
          expect(inSecond.length).toBeLessThan(8);
          const next = edits.slice(index + 1).find((other) => other.postId === edit.postId);
          // An edit whose answer was lost is repeated by the backoff, not by the throttle.
          if (next !== undefined && next.message !== edit.message)
            expect(next.at - edit.at).toBeGreaterThanOrEqual(250);
        }
      }),
      { numRuns: 100 },
    );
  });
});
