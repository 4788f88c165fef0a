import { silentLog } from '@live-status/resilience';
import { createFakeClock, type FakeClock, modelSize } from '@live-status/resilience/testing';
import fc from 'fast-check';
import type { AccountAccess, AccountProblem } from '../account.ts';
import { type LedgerEntry, StoredLedger } from '../ledger.ts';
import type { Post, PostApi } from '../post-api.ts';
import type { LiveContent } from '../post-state.ts';
import { createPosterWith, type Poster } from '../poster.ts';
import type { Target } from '../target.ts';
import { FaultyServer, isHead, type RequestFault, SLOW_MS, type Trouble } from './faulty-server.ts';

const THROTTLE_MS = 500;
const MAX_UPDATES_PER_S = 4;
const HEARTBEAT_MS = 30_000;
/** Everything that was held back has been tried again by then. */
const SETTLE_MS = 3 * 3_600_000;
/** So many failures on a server that is well count as a refusal of the text. */
const FAILURES_OF_A_TEXT = 6;
const ROOT_ID = 'root-of-a-thread';
/** What the boxes of the model are like; the first two share a channel. */
const BOXES: readonly { readonly target: Target; readonly ticking: boolean }[] = [
  { target: { channelId: 'town' }, ticking: false },
  { target: { channelId: 'town', rootId: ROOT_ID }, ticking: true },
  { target: { channel: 'main/ops', account: 'ops' }, ticking: false },
  { target: { userId: 'alice', account: 'far' }, ticking: false },
  { target: { username: 'bob' }, ticking: true },
];

/** What a whole play is like. */
interface Setting {
  /** How long a write of the ledger takes. */
  readonly writeMs: number;
  /** Longest age at which a post may be edited, and whether the server says so. */
  readonly editLimit: { readonly ms: number; readonly isTold: boolean } | undefined;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  writeMs: fc.constantFrom(0, 0, 40, 900),
  editLimit: fc.option(fc.record({ ms: fc.constantFrom(20_000, 60_000), isTold: fc.boolean() }), {
    freq: 4,
    nil: undefined,
  }),
});

/** What may happen, in any order. Times are milliseconds. */
type Action =
  | { readonly do: 'show'; readonly box: number; readonly text: number }
  | { readonly do: 'finish'; readonly box: number; readonly remove: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail'; readonly server: number; readonly how: readonly RequestFault[] }
  | { readonly do: 'trouble'; readonly server: number; readonly what: Trouble; readonly ms: number }
  /** The account `ops` is not configured for a while. */
  | { readonly do: 'lose account'; readonly ms: number }
  /** The ledger cannot be written for a while. */
  | { readonly do: 'fill disk'; readonly ms: number }
  /** A person deletes a post, replies to it, or deletes its thread. */
  | { readonly do: 'delete post' | 'reply'; readonly box: number }
  | { readonly do: 'delete thread' }
  /** The process dies: only what the ledger made durable is left, or not even that. */
  | { readonly do: 'kill'; readonly downMs: number; readonly losesLedger: boolean }
  /** The process ends as it should, and another one starts. */
  | { readonly do: 'close'; readonly deadlineMs: number }
  /** The server restarts: it forgets the keys of creates. */
  | { readonly do: 'restart server'; readonly server: number };

const box = fc.nat(BOXES.length - 1);
const server = fc.constantFrom(0, 0, 0, 1);
const fault: fc.Arbitrary<RequestFault> = fc.constantFrom(
  ...([
    'refuse',
    'lose',
    'garble',
    'limit',
    'limit without headers',
    'slow',
    'late',
    'die before',
    'die after',
  ] as const),
);
const trouble: fc.Arbitrary<Trouble> = fc.constantFrom(
  ...(['away', 'unwell', 'token', 'archived', 'forbidden', 'not found', 'blocked', 'text refused'] as const),
);
const is = <T extends string>(what: T): fc.Arbitrary<T> => fc.constant(what);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: is('show'), box, text: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: is('finish'), box, remove: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: is('wait'), ms: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('wait'), ms: fc.nat(90_000) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: is('fail'),
      server,
      how: fc.oneof(
        fc.array(fault, { minLength: 1, maxLength: 3 }),
        fc.tuple(fault, fc.integer({ min: 1, max: 7 })).map(([how, times]) => Array.from({ length: times }, () => how)),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('trouble'), server, what: trouble, ms: fc.nat(120_000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('lose account'), ms: fc.nat(60_000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('fill disk'), ms: fc.nat(60_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete post', 'reply'), box }) },
  { weight: 1, arbitrary: fc.record({ do: is('delete thread') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is('kill'),
      downMs: fc.oneof(fc.integer({ min: THROTTLE_MS, max: 5_000 }), fc.integer({ min: THROTTLE_MS, max: 60_000 })),
      losesLedger: fc.nat(9).map((n) => n === 9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('close'), deadlineMs: fc.constantFrom(0, 1_000, 10_000) }) },
  { weight: 1, arbitrary: fc.record({ do: is('restart server'), server }) },
);

/** What is wanted of a box. */
interface WantedBox {
  readonly id: string;
  readonly index: number;
  /** All texts that were wanted of it, in order. */
  readonly texts: string[];
  /** Its last text was given to `finish`. */
  isFinished: boolean;
  isRemoved: boolean;
  /** Its `finish` resolved: the caller has forgotten it. */
  isSettled: boolean;
  isDelivered: boolean;
  /** Its end was pending when the ledger was lost: nobody knows of it any more. */
  isForgotten: boolean;
  /** A person deleted a post of it. */
  isDeleted: boolean;
  hasReply: boolean;
}

/** A process that can die, and the servers that remember what it did. */
class PostingModel {
  readonly #clock: FakeClock = createFakeClock();
  readonly #servers = [new FaultyServer(this.#clock), new FaultyServer(this.#clock)] as const;
  readonly #setting: Setting;
  readonly #boxes: WantedBox[] = [];
  readonly #problems: string[] = [];
  #durable = new Map<string, LedgerEntry>();
  /** What was kept since the last write of the ledger began. */
  readonly #kept = new Map<string, LedgerEntry>();
  #life = 0;
  #isAlive = false;
  #opsIsLostUntil = 0;
  #diskIsFullUntil = 0;
  /** Something that the ledger was given is in no store yet. */
  #isUnsaved = false;
  /** When the ledger was lost the last time. */
  #ledgerLostAt: number | undefined;
  /** Requests that fail while the server is well; after {@link FAILURES_OF_A_TEXT}, less may be shown. */
  #failures = 0;
  /** Something was not allowed for a while: a post that could not be deleted then stays. */
  #wasForbidden = false;
  #poster: Poster;

  constructor(how: Setting) {
    this.#setting = how;
    const { ms, isTold = false } = how.editLimit ?? {};
    for (const each of this.#servers) {
      each.editLimitMs = ms ?? Number.POSITIVE_INFINITY;
      if (isTold) each.memory.settings = { editLimitMs: ms };
    }
    this.#poster = this.#start();
  }

  async act(step: Action): Promise<void> {
    if (!this.#isAlive) await this.#restart(1_000);
    switch (step.do) {
      case 'show':
        this.#show(this.#boxFor(step.box), step.text);
        break;
      case 'finish':
        this.#finish(this.#boxFor(step.box), step.remove);
        break;
      case 'wait':
        await this.#clock.advance(step.ms);
        break;
      case 'fail':
        this.#serverAt(step.server).faults = [...step.how];
        this.#failures += step.how.length;
        break;
      case 'trouble':
        this.#serverAt(step.server).trouble(step.what, step.ms);
        if (step.what === 'text refused' || step.what === 'blocked') this.#failures = Number.POSITIVE_INFINITY;
        if (step.what === 'forbidden' || step.what === 'archived') this.#wasForbidden = true;
        break;
      case 'lose account':
        this.#opsIsLostUntil = this.#clock.now() + step.ms;
        break;
      case 'fill disk':
        this.#diskIsFullUntil = this.#clock.now() + step.ms;
        break;
      case 'delete post':
        this.#deletePost(step.box);
        break;
      case 'reply':
        this.#reply(step.box);
        break;
      case 'delete thread':
        this.#deleteThread();
        break;
      case 'kill':
        this.#isAlive = false;
        if (step.losesLedger) {
          this.#durable.clear();
          this.#ledgerWasLost();
        }
        await this.#restart(step.downMs);
        break;
      case 'close':
        await this.#close(step.deadlineMs);
        break;
      case 'restart server':
        // It has no requests of before left.
        await this.#clock.advance(SLOW_MS);
        this.#serverAt(step.server).memory.expireDeduplication();
        break;
    }
  }

  /** Nothing is wrong any more, and everything gets a last text. Returns what is not as promised. */
  async findProblems(): Promise<readonly string[]> {
    for (const each of this.#servers) each.recover();
    this.#opsIsLostUntil = 0;
    this.#diskIsFullUntil = 0;
    if (!this.#isAlive) await this.#restart(1_000);
    await this.#clock.advance(SETTLE_MS);
    const before = this.#differences('once all is well');
    for (const each of this.#boxes) if (!each.isFinished) this.#show(each, 9);
    await this.#clock.advance(SETTLE_MS / 2);
    const after = this.#differences('after one more text', true);
    const { queue, state, reasons } = this.#poster.status();
    const isQuiet = queue === 0 && state === 'ok';
    const status = isQuiet ? [] : [`it says ${state}, ${queue} pending: ${JSON.stringify(reasons)}`];
    const unsettled = this.#boxes.filter((each) => each.isFinished && !each.isSettled);
    return [
      ...this.#problems,
      ...before,
      ...after,
      ...status,
      ...unsettled.map(({ id }) => `box ${id} was finished, and nobody was told`),
      ...this.#servers.flatMap((each) => [...this.#wrongEdits(each), ...wrongPace(each, this.#setting.writeMs)]),
    ];
  }

  #serverAt(index: number): FaultyServer {
    return this.#servers[index] ?? this.#servers[0];
  }

  /** The box of an index that is not finished yet; a finished one makes room for another. */
  #boxFor(index: number): WantedBox {
    const known = this.#boxes.findLast((each) => each.index === index);
    if (known !== undefined && !known.isFinished) return known;
    const fresh = {
      index,
      texts: [],
      isFinished: false,
      isRemoved: false,
      isSettled: false,
      isDelivered: false,
      isForgotten: false,
      isDeleted: false,
      hasReply: false,
    };
    const made = { ...fresh, id: `box ${index}.${this.#boxes.length}` };
    this.#boxes.push(made);
    return made;
  }

  #show(wanted: WantedBox, text: number): void {
    wanted.texts.push(`${wanted.id}: ${text}`);
    this.#poster.show(wanted.id, targetOf(wanted), contentOf(wanted), wanted.texts.length - 1);
  }

  #finish(wanted: WantedBox, remove: boolean): void {
    if (wanted.isFinished) return;
    wanted.texts.push(`${wanted.id}: done`);
    wanted.isFinished = true;
    wanted.isRemoved = remove;
    this.#finishAgain(wanted);
  }

  #finishAgain(wanted: WantedBox): void {
    const life = this.#life;
    void this.#poster
      .finish(wanted.id, targetOf(wanted), contentOf(wanted), { remove: wanted.isRemoved })
      .then((result) => {
        if (!this.#isAlive || life !== this.#life || (!result.delivered && result.reason === 'closed')) return;
        wanted.isSettled = true;
        wanted.isDelivered ||= result.delivered;
      });
  }

  #postsOf({ id, index }: WantedBox): readonly Post[] {
    const { edits, posts } = this.#serverAt(serverOf(index)).memory;
    const own = new Set(edits.filter(({ message }) => message.startsWith(`${id}:`)).map(({ postId }) => postId));
    return [...posts.values()].filter((post) => own.has(post.id));
  }

  #deletePost(index: number): void {
    for (const each of this.#boxes.filter((known) => known.index === index)) {
      const post = this.#postsOf(each).at(-1);
      if (post === undefined || post.deleteAt > 0) continue;
      each.isDeleted = true;
      this.#serverAt(serverOf(index)).memory.deletePost(post.id);
    }
  }

  #deleteThread(): void {
    for (const each of this.#boxes) {
      if (this.#postsOf(each).some(({ rootId, deleteAt }) => rootId === ROOT_ID && deleteAt === 0))
        each.isDeleted = true;
    }
    this.#servers[0].deleteThread(ROOT_ID);
  }

  /** A person answers a status post. */
  #reply(index: number): void {
    for (const each of this.#boxes.filter((known) => known.index === index)) {
      const post = this.#postsOf(each).at(-1);
      if (post === undefined || post.deleteAt > 0 || post.rootId !== '') continue;
      each.hasReply = true;
      const id = `reply to ${post.id}`;
      const reply = { ...post, id, rootId: post.id, userId: 'person', message: 'thanks', props: {} };
      this.#serverAt(serverOf(index)).memory.posts.set(id, reply);
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    const closed = this.#poster.close({ deadlineMs });
    await this.#clock.advance(deadlineMs + SLOW_MS);
    if (this.#isAlive) await closed;
    await this.#restart(THROTTLE_MS);
  }

  #ledgerWasLost(): void {
    this.#isUnsaved = false;
    this.#ledgerLostAt = this.#clock.now();
    for (const each of this.#boxes)
      each.isForgotten ||= each.isSettled && !each.isDelivered && !this.#durable.has(each.id);
  }

  /**
   * Another process starts. Edits that are on the wire when the last one ends may still be done by the server, but before
   * those of the next: no client can help an edit that a server keeps back until a later one is done.
   */
  async #restart(downMs: number): Promise<void> {
    this.#isAlive = false;
    if (this.#isUnsaved) this.#ledgerWasLost();
    await this.#clock.advance(this.#servers.some(({ slowChanges }) => slowChanges > 0) ? SLOW_MS : 0);
    await this.#clock.advance(downMs);
    this.#poster = this.#start();
    if (this.#ledgerLostAt === undefined) this.#checkLedger();
    const inLedger = new Set(this.#poster.open().map(({ boxId }) => boxId));
    for (const each of this.#boxes) {
      if (!each.isFinished && each.texts.length > 0)
        this.#poster.show(each.id, targetOf(each), contentOf(each), each.texts.length - 1);
      else if (!each.isSettled || inLedger.has(each.id)) this.#finishAgain(each);
    }
  }

  /** What the ledger remembers of a box is not older than what readers see: the next process may know nothing else. */
  #checkLedger(): void {
    const entries = new Map(this.#poster.open().map((entry) => [entry.boxId, entry]));
    for (const each of this.#boxes.filter(({ isFinished }) => !isFinished)) {
      const shown = this.#postsOf(each).findLast(({ deleteAt }) => deleteAt === 0);
      if (shown === undefined) continue;
      const text = withoutClock(shown.message).replace(CONTINUED, '');
      const remembered = Number(entries.get(each.id)?.data ?? -1);
      const isOlder = !isHead(text) && remembered < each.texts.indexOf(text);
      if (isOlder) this.#problems.push(`${each.id} shows ${text}, and the ledger remembers ${each.texts[remembered]}`);
    }
  }

  #start(): Poster {
    this.#life += 1;
    this.#isAlive = true;
    const life = this.#life;
    const isAlive = (): boolean => this.#isAlive && life === this.#life;
    const die = (): void => {
      if (isAlive()) this.#isAlive = false;
    };
    const ledger = new StoredLedger({
      instanceId: 'instance',
      entries: [...this.#durable.values()],
      lostAt: this.#ledgerLostAt,
      clock: this.#clock,
      save: async (entries) => {
        this.#writeToDisk();
        const saved = structuredClone(entries);
        const { writeMs } = this.#setting;
        this.#kept.clear();
        if (writeMs > 0) await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, writeMs));
        if (!isAlive()) return;
        this.#writeToDisk();
        this.#durable = new Map([...saved.map((each) => [each.boxId, each] as const), ...this.#kept]);
        this.#isUnsaved = false;
      },
      keep: (entry) => {
        if (!isAlive()) return;
        this.#writeToDisk();
        this.#kept.set(entry.boxId, structuredClone(entry));
        this.#durable.set(entry.boxId, structuredClone(entry));
      },
    });
    const [near, far] = this.#servers;
    const reached = (faulty: FaultyServer, api: PostApi): PostApi => faulty.reachedBy(api, { life, isAlive, die });
    const ops = reached(near, near.memory.account('ops'));
    const accounts: Readonly<Record<string, AccountAccess>> = {
      ops: { api: ops },
      far: { api: reached(far, far.memory.api), server: 'https://far.example.com' },
    };
    const missing: AccountProblem = { what: 'It is not configured', fix: 'Configure it' };
    return createPosterWith({
      api: reached(near, near.memory.api),
      server: 'https://near.example.com',
      findAccount: async (name) => {
        const isLost = name === 'ops' && this.#clock.now() < this.#opsIsLostUntil;
        return isLost ? missing : (accounts[name] ?? missing);
      },
      ledger,
      clock: this.#clock,
      log: silentLog,
      throttleMs: THROTTLE_MS,
      maxUpdatesPerS: MAX_UPDATES_PER_S,
      heartbeatMs: HEARTBEAT_MS,
    });
  }

  #writeToDisk(): void {
    if (this.#clock.now() >= this.#diskIsFullUntil) return;
    this.#isUnsaved = true;
    throw new Error('There is no room');
  }

  /** Where what the servers show is not what is wanted. */
  #differences(when: string, isWhole = false): readonly string[] {
    return this.#boxes.flatMap((each) => {
      const posts = this.#postsOf(each);
      const living = posts.filter(({ deleteAt }) => deleteAt === 0);
      const shown = living.map(({ message }) => withoutClock(message));
      const wanted = each.texts.at(-1) ?? '';
      // Where another post continues one, it may be due only later.
      const last = (shown.at(-1) ?? '').replace(this.#setting.editLimit === undefined ? '' : CONTINUED, '');
      const mayBeHead = this.#failures >= FAILURES_OF_A_TEXT && (!isWhole || each.isFinished);
      const isShown = last === wanted || (mayBeHead && isHead(last));
      // A post that a person deleted is not made again, but for one that was to be continued anyway, or was before.
      const mayBeMore = this.#setting.editLimit !== undefined || living.length === 0;
      if (each.isForgotten) return [];
      if (each.isDeleted) return mayBeMore ? [] : [`${when}, ${each.id} was deleted, but shows ${shown}`];
      const mayBeGone = each.isFinished && each.isRemoved;
      if (mayBeGone && living.length === 0) return [];
      // Which posts the last one continues was in the ledger alone.
      if (mayBeGone && this.#ledgerLostAt !== undefined && this.#setting.editLimit !== undefined) return [];
      const mayStay = each.hasReply || this.#wasForbidden || this.#failures >= FAILURES_OF_A_TEXT;
      if (mayBeGone && !mayStay) return [`${when}, ${each.id} should be gone, but shows ${shown}`];
      const isOne = this.#setting.editLimit === undefined ? living.length === 1 : living.length > 0;
      return isOne && isShown ? [] : [`${when}, ${each.id} shows ${JSON.stringify(shown)}, not ["${wanted}"]`];
    });
  }

  /** Edits that go back to what was shown before, or change nothing. */
  #wrongEdits({ memory, failedAt }: FaultyServer): readonly string[] {
    const problems: string[] = [];
    for (const each of this.#boxes) {
      let at = 0;
      for (const { id } of this.#postsOf(each).filter((post) => memory.posts.get(post.id) === post)) {
        const edits = memory.edits.filter(({ postId }) => postId === id);
        for (const [index, edit] of edits.entries()) {
          const text = withoutClock(edit.message);
          if (isHead(text)) continue;
          const found = each.texts.indexOf(text.replace(CONTINUED, ''), at);
          if (found === -1) problems.push(`${id} went back to ${text}`);
          else at = found;
          const before = edits[index - 1];
          const isSame = before !== undefined && withoutClock(before.message) === text;
          const isDue =
            before !== undefined && edit.at - before.at >= HEARTBEAT_MS && BOXES[each.index]?.ticking === true;
          const mayHaveFailed = before !== undefined && failedAt.some((ms) => ms >= before.at && ms <= edit.at);
          if (isSame && !isDue && !mayHaveFailed) problems.push(`${id} was edited for nothing: ${edit.message}`);
        }
      }
    }
    return problems;
  }
}

/** Requests that come too fast: over all posts, or for one. */
function wrongPace({ sent }: FaultyServer, writeMs: number): readonly string[] {
  const problems: string[] = [];
  const counted = sent.filter(({ name }) =>
    /^(?:createPost|patchPost|getPost|getPostsSince|getThread|deletePost)$/.test(name),
  );
  for (const [first, { at, life }] of counted.entries()) {
    for (const [last, other] of counted.entries()) {
      if (last < first || other.life !== life) continue;
      // A create that has its share of the rate still waits for the ledger.
      const most = MAX_UPDATES_PER_S + ((other.at - at + 2 * writeMs) / 1_000) * MAX_UPDATES_PER_S;
      if (last - first + 1 > most + 1e-6) problems.push(`${last - first + 1} requests in ${other.at - at} ms`);
    }
  }
  return problems;
}

function targetOf({ index }: WantedBox): Target {
  return BOXES[index]?.target ?? { channelId: 'town' };
}

/** The server that a box is shown on. */
function serverOf(index: number): number {
  return BOXES[index]?.target.account === 'far' ? 1 : 0;
}

const CLOCK = / \d+s(?= \[CONTINUED\]$|$)/;
const CONTINUED = ' [CONTINUED]';

function withoutClock(message: string): string {
  return message.replace(CLOCK, '');
}

function contentOf({ id, index, texts, isFinished }: WantedBox): LiveContent {
  const text = texts.at(-1) ?? '';
  const ticking = BOXES[index]?.ticking === true && !isFinished;
  return {
    key: text,
    ticking,
    render: ({ nowMs, headOnly, continued }) => {
      if (headOnly) return { message: `${id}: head` };
      const seconds = Math.floor(nowMs / 1_000) % 100_000;
      return { message: `${text}${ticking ? ` ${seconds}s` : ''}${continued ? CONTINUED : ''}` };
    },
    withoutClock,
  };
}

/** Calls `play` with a `Math.random` that gives the same each time: gaps between retries have a random part. */
async function withRandom(start: number, play: () => Promise<void>): Promise<void> {
  const { random } = Math;
  let state = start;
  Math.random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  try {
    await play();
  } finally {
    Math.random = random;
  }
}

/** Checks whatever may happen to a poster: as often, from the seed, as `modelSize` says; by default from `defaultSeed`. */
export function checkPosting(
  defaultRuns: number,
  defaultSeed?: number,
): { readonly name: string; readonly check: () => Promise<void> } {
  const { numRuns, seed, name } = modelSize(defaultRuns, defaultSeed);
  const play = async (how: Setting, steps: readonly Action[]): Promise<void> => {
    const model = new PostingModel(how);
    for (const step of steps) await model.act(step);
    const problems = await model.findProblems();
    if (problems.length > 0) throw new Error(problems.join('\n'));
  };
  const steps = fc.array(action, { minLength: 1, maxLength: 25 });
  const property = fc.asyncProperty(setting, steps, fc.nat(), (how, all, jitter) =>
    withRandom(jitter, () => play(how, all)),
  );
  return { name, check: () => fc.assert(property, { numRuns, seed }) };
}
