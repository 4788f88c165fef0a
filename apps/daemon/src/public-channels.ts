import type { PostApi } from '@live-status/mm-poster';
import type { Clock } from '@live-status/resilience';

/** How long an answer is waited for. Milliseconds. */
const TIMEOUT_MS = 10_000;
/** How soon a channel is asked for again: people may make it private. Milliseconds. */
const ASK_AGAIN_MS = 300_000;
/** Channels that are remembered. */
const MAX_CHANNELS = 1_000;

/** What is known of a channel. */
interface Knowledge {
  readonly isPublic: boolean;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
}

/** Which channels of a Mattermost server are public: what is said there may be read by everybody in the team. */
export class PublicChannels {
  readonly #api: Pick<PostApi, 'getChannel'>;
  readonly #clock: Clock;
  readonly #onLearnt: () => void;
  readonly #channels = new Map<string, Knowledge>();

  /** @param onLearnt called when one turned out to be public, or not to be so any more */
  constructor(api: Pick<PostApi, 'getChannel'>, clock: Clock, onLearnt: () => void) {
    this.#api = api;
    this.#clock = clock;
    this.#onLearnt = onLearnt;
  }

  /** Whether a channel is known to be public. One that is not known yet is asked for, and counts as private until then. */
  has(channelId: string): boolean {
    const known = this.#channels.get(channelId);
    if (known === undefined || this.#clock.now() - known.askedAt >= ASK_AGAIN_MS) void this.#ask(channelId);
    return known?.isPublic === true;
  }

  async #ask(channelId: string): Promise<void> {
    const [oldest] = this.#channels.keys();
    if (this.#channels.size >= MAX_CHANNELS && oldest !== undefined) this.#channels.delete(oldest);
    const wasPublic = this.#channels.get(channelId)?.isPublic === true;
    const askedAt = this.#clock.now();
    this.#channels.set(channelId, { isPublic: wasPublic, askedAt });
    const isPublic = await this.#isPublic(channelId);
    this.#channels.set(channelId, { isPublic, askedAt });
    if (isPublic !== wasPublic) this.#onLearnt();
  }

  /** Whoever may not see a channel does not know that it is public. */
  async #isPublic(channelId: string): Promise<boolean> {
    const late = new AbortController();
    const timer = this.#clock.setTimeout(() => late.abort(), TIMEOUT_MS);
    try {
      const { type } = await this.#api.getChannel(channelId, { signal: late.signal });
      return type === 'O';
    } catch {
      return false;
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}
