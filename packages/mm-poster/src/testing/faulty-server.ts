import { delay } from '@live-status/resilience';
import type { FakeClock } from '@live-status/resilience/testing';
import type { MattermostErrorKind } from '../errors.ts';
import type { CallOptions, NewPost, PostApi } from '../post-api.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from '../testing.ts';

/** What happens to one request. */
export type RequestFault =
  /** It is not done. */
  | 'refuse'
  /** It is done, and the answer is lost. */
  | 'lose'
  /** It is done, and the answer cannot be read. */
  | 'garble'
  /** 429, with and without how long to wait. */
  | 'limit'
  | 'limit without headers'
  /** It is done late. */
  | 'slow'
  /** It is done at once, and answered late. */
  | 'late'
  /** The process that made it dies before it is done, or after. */
  | 'die before'
  | 'die after';

/** How a server, or one of its channels, is for a while. */
export type Trouble =
  /** Nobody answers. */
  | 'away'
  /** Its database is away: it refuses what it would not refuse otherwise. */
  | 'unwell'
  /** It does not accept the token. */
  | 'token'
  | 'archived'
  | 'forbidden'
  | 'not found'
  /** Something on the way refuses what is written. */
  | 'blocked'
  /** It, or a plugin, refuses texts that are more than a head. */
  | 'text refused';

/** A request that the server was sent. */
export interface SentRequest {
  readonly name: string;
  readonly at: number;
  /** Which process sent it. */
  readonly life: number;
}

/** How long slow and late requests take. */
export const SLOW_MS = 4_000;
/** What an unwell server answers, in turn. */
const NONSENSE: readonly MattermostErrorKind[] = ['forbidden', 'invalid', 'gone', 'auth'];
const EDIT_TIME_LIMIT = 'api.post.update_post.permissions_time_limit.app_error';
const PENDING = 'api.post.deduplicate_create_post.pending';
const BAD_ROOT = 'api.post.create_post.root_id.app_error';
const WRITES = ['createPost', 'patchPost', 'deletePost'];

/** A request that a fault strikes. */
interface Struck {
  readonly signal: AbortSignal | undefined;
  readonly isChange: boolean;
  /** Ends the process that sent it. */
  readonly die: () => void;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** A {@link MemoryServer} that fails as told, as one process after the other reaches it. */
export class FaultyServer {
  readonly memory: MemoryServer;
  readonly sent: SentRequest[] = [];
  /** Edits and deletions that the server keeps back. */
  slowChanges = 0;
  /** When requests failed: what they were to do may have been done. */
  readonly failedAt: number[] = [];
  /** What the next requests meet, the first one first. */
  faults: RequestFault[] = [];
  /** Longest age at which a post may be edited. */
  editLimitMs = Number.POSITIVE_INFINITY;
  readonly #clock: FakeClock;
  readonly #troubles = new Map<Trouble, number>();
  readonly #creating = new Set<string>();
  readonly #deletedRoots = new Set<string>();
  #nonsense = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.memory = createMemoryServer(clock);
  }

  /** From now on, for some time. */
  trouble(what: Trouble, ms: number): void {
    this.#troubles.set(what, this.#clock.now() + ms);
  }

  /** Nothing is wrong any more. */
  recover(): void {
    this.faults = [];
    this.#troubles.clear();
  }

  /** A person deletes a thread. */
  deleteThread(rootId: string): void {
    this.#deletedRoots.add(rootId);
    for (const { id } of [...this.memory.posts.values()].filter((post) => post.rootId === rootId))
      this.memory.deletePost(id);
  }

  /** The server as one process reaches it, with one account: a dead one sends nothing more, and hears nothing. */
  reachedBy(api: PostApi, { life, isAlive, die }: { life: number; isAlive: () => boolean; die: () => void }): PostApi {
    const never = new Promise<never>(() => undefined);
    const reach =
      (name: keyof PostApi, call: Method): Method =>
      async (...args) => {
        if (!isAlive()) return never;
        this.sent.push({ name, at: this.#clock.now(), life });
        const strike = (phase: 'before' | 'after'): Promise<void> =>
          this.#strike(phase, { signal: signalIn(args), isChange: name === 'patchPost' || name === 'deletePost', die });
        try {
          const value = await this.#once(name, args, async () => {
            await strike('before');
            if (!isAlive()) return never;
            this.#refuse(name, args);
            return call(...args);
          });
          await strike('after');
          return isAlive() ? value : never;
        } catch (error) {
          this.failedAt.push(this.#clock.now());
          if (!isAlive()) return never;
          throw error;
        }
      };
    return new Proxy(api, {
      get: (target, name: keyof PostApi) =>
        name === 'setToken' || name === 'onAnswer' ? target[name] : reach(name, target[name] as Method),
    });
  }

  #has(what: Trouble): boolean {
    return (this.#troubles.get(what) ?? Number.NEGATIVE_INFINITY) > this.#clock.now();
  }

  async #strike(phase: 'before' | 'after', { signal, isChange, die }: Struck): Promise<void> {
    const fault = this.faults[0];
    const isAfter = fault === 'lose' || fault === 'garble' || fault === 'late' || fault === 'die after';
    if (fault === undefined || isAfter !== (phase === 'after')) return;
    this.faults.shift();
    if (fault === 'die before' || fault === 'die after') die();
    if (fault === 'late') await delay(SLOW_MS, { clock: this.#clock, signal });
    if (fault === 'slow') {
      if (isChange) this.slowChanges += 1;
      await delay(SLOW_MS, { clock: this.#clock, signal }).finally(() => {
        if (isChange) this.slowChanges -= 1;
      });
    }
    if (fault === 'refuse' || fault === 'lose') throw mattermostError('transient');
    if (fault === 'garble') throw mattermostError('unreadable');
    if (fault === 'limit') throw mattermostError('rate-limited', undefined, 2_000);
    if (fault === 'limit without headers') throw mattermostError('rate-limited');
  }

  /** Throws what the server answers instead of doing it. */
  #refuse(name: keyof PostApi, args: readonly unknown[]): void {
    if (this.#has('away')) throw mattermostError('transient');
    if (this.#has('unwell')) {
      if (name === 'checkHealth' || name === 'ping') throw mattermostError('transient');
      this.#nonsense += 1;
      throw mattermostError(NONSENSE[this.#nonsense % NONSENSE.length] ?? 'invalid', 'app.some.app_error');
    }
    if (name === 'checkHealth' || name === 'getServerSettings') return;
    if (this.#has('token')) throw mattermostError('auth', 'api.context.session_expired.app_error');
    if (this.#has('not found') && name === 'createPost') throw mattermostError('gone', 'app.channel.get.app_error');
    if (!WRITES.includes(name)) return;
    if (this.#has('archived')) throw mattermostError('invalid', `api.post.x.can_not_post_to_deleted.error`);
    if (this.#has('forbidden')) throw mattermostError('forbidden', 'api.context.permissions.app_error');
    if (this.#has('blocked')) throw mattermostError('blocked');
    if (name === 'createPost') this.#refuseCreate(args[0] as NewPost);
    if (name === 'patchPost') this.#refusePatch(String(args[0]), args[1] as { readonly message: string });
  }

  #refuseCreate({ rootId = '', message }: NewPost): void {
    if (this.#deletedRoots.has(rootId)) throw mattermostError('invalid', BAD_ROOT);
    this.#refuseText(message);
  }

  #refusePatch(postId: string, { message }: { readonly message: string }): void {
    const post = this.memory.posts.get(postId);
    const isTooOld = post?.deleteAt === 0 && this.#clock.now() - post.createAt > this.editLimitMs;
    if (isTooOld) throw mattermostError('invalid', EDIT_TIME_LIMIT);
    this.#refuseText(message);
  }

  #refuseText(message: string): void {
    if (this.#has('text refused') && !isHead(message))
      throw mattermostError('invalid', 'plugin.message_will_be_posted.app_error');
  }

  /** A create whose key is that of one on its way is refused for now. */
  async #once(name: keyof PostApi, args: readonly unknown[], act: () => Promise<unknown>): Promise<unknown> {
    const { pendingPostId = '' } = name === 'createPost' ? (args[0] as NewPost) : {};
    if (this.#creating.has(pendingPostId)) throw mattermostError('transient', PENDING);
    if (pendingPostId !== '') this.#creating.add(pendingPostId);
    try {
      return await act();
    } finally {
      this.#creating.delete(pendingPostId);
    }
  }
}

/** Whether a message is one of a box of which only the head is shown. */
export function isHead(message: string): boolean {
  return message.endsWith(': head');
}

function signalIn(args: readonly unknown[]): AbortSignal | undefined {
  return (args.at(-1) as CallOptions | undefined)?.signal;
}
