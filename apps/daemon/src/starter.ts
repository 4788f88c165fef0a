import type { StarterMessage } from '@live-status/daemon-control';
import type { Daemon } from './daemon.ts';

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
  const told = new Set<string>();
  const tellReasons = (): void => {
    for (const { level, what, fix } of daemon.report().reasons) {
      const line = `${level}: ${what}${fix === undefined ? '' : ` - ${fix}`}`;
      if (!told.has(line)) starter.send({ told: line });
      told.add(line);
    }
  };
  let waitingFor = daemon.report().choice?.source === 'gateway' ? "OpenClaw's gateway" : 'the transcripts to be read';
  const poll = setInterval(tellReasons, POLL_MS).unref();
  const slow = setTimeout(() => starter.send({ told: `waiting for ${waitingFor} ...` }), SLOW_MS).unref();
  await daemon.caughtUp;
  waitingFor = 'an answer from Mattermost';
  await daemon.mattermostAsked;
  clearInterval(poll);
  clearTimeout(slow);
  tellReasons();
  starter.send('ready');
  starter.disconnect();
}
