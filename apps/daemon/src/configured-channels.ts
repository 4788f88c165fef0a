import { type ChannelName, formatTarget } from '@live-status/mm-poster';
import { type Clock, delay } from '@live-status/resilience';
import type { Reason } from './health.ts';

export interface ConfiguredChannelsOptions {
  /** Channels by the variables that name them. */
  readonly channels: Readonly<Record<string, ChannelName | undefined>>;
  /** Whether a channel can be seen; undefined while that is not known. Never rejects. */
  readonly isThere: (name: ChannelName, signal: AbortSignal) => Promise<boolean | undefined>;
  readonly clock: Clock;
}

/** How often a channel that is not there, or not known, is looked for again. Milliseconds. */
const RETRY_MS = 30_000;

/**
 * Looks at the start for the channels that settings name, so that a wrong name is a problem before there is work for it: nothing
 * else would say why that work is not shown.
 */
export class ConfiguredChannels {
  readonly #options: ConfiguredChannelsOptions;
  readonly #missing = new Map<string, ChannelName>();

  constructor(options: ConfiguredChannelsOptions) {
    this.#options = options;
  }

  /** Looks for each channel until it is there. Rejects only with the reason of `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { channels } = this.#options;
    await Promise.all(
      Object.entries(channels).map(([variable, name]) => name && this.#find({ variable, name, signal })),
    );
  }

  reasons(): readonly Reason[] {
    return [...this.#missing].map(([variable, name]) => ({
      level: 'degraded',
      what: `${variable} is ${formatTarget(name)}: no bot sees ${'username' in name ? 'that person' : 'such a channel'}`,
      fix: 'Correct it and restart the daemon, or add the bot to the team and the channel; "live-status doctor" says more',
    }));
  }

  async #find(wanted: {
    readonly variable: string;
    readonly name: ChannelName;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const { variable, name, signal } = wanted;
    const { clock, isThere } = this.#options;
    for (;;) {
      const found = await isThere(name, signal);
      if (found === false) this.#missing.set(variable, name);
      else if (found) {
        this.#missing.delete(variable);
        return;
      }
      await delay(RETRY_MS, { signal, clock });
    }
  }
}
