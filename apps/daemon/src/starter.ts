import type { StarterMessage } from '@live-status/daemon-control';
import type { Daemon } from './daemon.ts';
import type { Reason } from './health.ts';

/** The process that started this one with `start`, and waits until it is ready. */
export interface Starter {
  /** Does nothing once nobody waits any more. */
  send(message: StarterMessage): void;
  /** Ends the conversation, which keeps no process alive. */
  disconnect(): void;
}

/** The part of a process that a {@link Starter} needs. */
export type StarterChannel = Pick<NodeJS.Process, 'send' | 'connected' | 'disconnect'>;

/** How long a start may take before it says what it waits for, milliseconds. */
const SLOW_MS = 2_000;
const POLL_MS = 100;
/** A reason that goes away sooner, such as a gateway that is just starting, is none to tell. */
const LASTING_MS = 1_000;

/** The starter of this process, if it was started with `start`. */
export function findStarter(channel: StarterChannel): Starter | undefined {
  if (channel.send === undefined) return undefined;
  return {
    send(message) {
      // The starter may have been interrupted: the daemon does not need it.
      if (channel.connected) channel.send?.(message, undefined, undefined, () => undefined);
    },
    disconnect() {
      if (channel.connected) channel.disconnect();
    },
  };
}

/** Tells the starter what is wrong as soon as it is known, after a while what is waited for, and at last that all is ready. */
export async function reportStart(
  daemon: Pick<Daemon, 'report' | 'caughtUp' | 'mattermostAsked'>,
  starter: Starter,
): Promise<void> {
  const reasons = new LastingReasons();
  const tellReasons = (lastingMs: number): void => {
    for (const line of reasons.take(daemon.report().reasons, lastingMs)) starter.send({ told: line });
  };
  let waitingFor = daemon.report().choice?.source === 'gateway' ? "OpenClaw's gateway" : 'the transcripts to be read';
  const poll = setInterval(() => tellReasons(LASTING_MS), POLL_MS).unref();
  const slow = setTimeout(() => starter.send({ told: `waiting for ${waitingFor} ...` }), SLOW_MS).unref();
  await daemon.caughtUp;
  waitingFor = 'an answer from Mattermost';
  await daemon.mattermostAsked;
  clearInterval(poll);
  clearTimeout(slow);
  tellReasons(0);
  starter.send('ready');
  starter.disconnect();
}

/** Remembers since when each reason is there, and gives it out once. */
class LastingReasons {
  readonly #since = new Map<string, number>();
  readonly #given = new Set<string>();

  /** The lines of the reasons that were not given out yet and have been there for as long, milliseconds. */
  take(reasons: readonly Reason[], lastingMs: number): readonly string[] {
    const now = performance.now();
    const lines = reasons.map(({ level, what, fix }) => `${level}: ${what}${fix === undefined ? '' : ` - ${fix}`}`);
    for (const line of this.#since.keys()) if (!lines.includes(line)) this.#since.delete(line);
    for (const line of lines) if (!this.#since.has(line)) this.#since.set(line, now);
    const lasting = lines.filter((line) => !this.#given.has(line) && now - (this.#since.get(line) ?? now) >= lastingMs);
    for (const line of lasting) this.#given.add(line);
    return lasting;
  }
}
