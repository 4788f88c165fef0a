import type { Poster } from '@live-status/mm-poster';
import type { AdoptedBox, ResumeToken } from '@live-status/session-state';
import type { Logger } from 'pino';
import { type Remembered, readRemembered } from './restart.ts';
import type { Destination } from './targets.ts';

/** A box that the previous process left open. */
export interface Adopted {
  readonly destination: Destination;
  readonly remembered: Remembered;
}

/** The boxes of the ledger by id. An unusable entry is dropped, its post left as it is. */
export function readLedger(poster: Pick<Poster, 'open' | 'drop'>, log: Logger): ReadonlyMap<string, Adopted> {
  const adopted = new Map<string, Adopted>();
  for (const { boxId, target, data } of poster.open()) {
    const remembered = readRemembered(data);
    if (remembered !== undefined) {
      adopted.set(boxId, { destination: { target, show: remembered.show }, remembered });
      continue;
    }
    log.warn({ boxId }, 'dropped ledger entry without a box');
    poster.drop(boxId).catch((error: unknown) => log.error({ boxId, err: error }, 'ledger entry not dropped'));
  }
  return adopted;
}

/** What the fold needs to continue these boxes. */
export function adoptedBoxes(adopted: ReadonlyMap<string, Adopted>): readonly AdoptedBox[] {
  return [...adopted].map(([boxId, { remembered }]) => {
    const { sessionKey, evidence } = remembered;
    return { boxId, sessionKey, evidence };
  });
}

/** What sources need to find the runs of these boxes again. */
export function resumeTokens(adopted: ReadonlyMap<string, Adopted>): readonly ResumeToken[] {
  return [...adopted.values()].flatMap(({ remembered }) => remembered.resumeTokens);
}
