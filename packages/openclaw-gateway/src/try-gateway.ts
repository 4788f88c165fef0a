import type { KnownDelivery } from '@live-status/run-tracker';
import { compact, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import type { CertificateTrust } from './certificate.ts';
import { connect } from './connection.ts';
import { Device } from './device.ts';
import { deliveryOf } from './sessions.ts';

/** How {@link tryGateway} would be let in. */
export interface TryGatewayOptions extends CertificateTrust {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly password?: string | undefined;
  /** Directory with the device of a source, which is used as it is. Nothing is written there. */
  readonly stateDir?: string | undefined;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/** A session of a gateway. */
export interface TriedSession {
  readonly key: string;
  /** Where its answers go. */
  readonly delivery: KnownDelivery;
  /** Milliseconds since the epoch. */
  readonly updatedAt?: number;
  /** Another session began it. */
  readonly isChild: boolean;
}

/** What a gateway that let someone in said. */
export interface TriedGateway {
  /** Of the OpenClaw that answered. */
  readonly version?: string;
  /** Number of sessions that could be read. */
  readonly sessions: number;
  /** Those that have a key. */
  readonly known: readonly TriedSession[];
  /** Whether the gateway knows this installation: by a token that it issued to it. */
  readonly isPaired: boolean;
}

/**
 * Does what a source does at its start, once, and says goodbye: connects, logs in, reads. Leaves nothing behind: without a
 * device of its own yet, no device is paired; a gateway on this machine lets a program in by its shared secret alone.
 *
 * @throws GatewayConnectError with the fix, as a source reports it; the reason of `signal` when aborted.
 */
export async function tryGateway(options: TryGatewayOptions): Promise<TriedGateway> {
  const { stateDir, signal, ...access } = options;
  const device = stateDir === undefined ? undefined : Device.read(stateDir);
  const connection = await connect({ ...access, device, signal, onEvent: () => {}, onServer: () => {} });
  try {
    const { sessions } = await connection.request('sessions.list', {});
    const { version } = connection.server;
    return {
      ...(version === undefined ? {} : { version }),
      sessions: Array.isArray(sessions) ? sessions.length : 0,
      known: Array.isArray(sessions) ? sessions.flatMap(toKnown) : [],
      isPaired: device?.hasToken(connection.origin) === true,
    };
  } finally {
    await connection.close();
  }
}

function toKnown(session: unknown): TriedGateway['known'] {
  const row = objectOf(session) ?? {};
  const key = textOf(row.key);
  if (key === undefined) return [];
  const isChild = textOf(row.spawnedBy) !== undefined;
  return [{ key, delivery: deliveryOf(row) ?? {}, isChild, ...compact({ updatedAt: numberOf(row.updatedAt) }) }];
}
