import type { Poster } from '@live-status/mm-poster';
import type { ResumedRun } from '@live-status/openclaw-gateway';
import type { AdoptedBox, ResumeRequest } from '@live-status/session-state';
import type { Logger } from 'pino';
import { type Remembered, readRemembered } from './restart.ts';
import type { Destination } from './targets.ts';

/** How the evidence of a gateway's run begins. */
const GATEWAY_RUN = 'run:';

/** A box that an earlier life left open. */
export interface Adopted {
  readonly destination: Destination;
  readonly remembered: Remembered;
}

/** The boxes of the ledger by id. An entry that says nothing usable is forgotten, its post left as it is. */
export function readLedger(poster: Pick<Poster, 'open' | 'drop'>, log: Logger): ReadonlyMap<string, Adopted> {
  const adopted = new Map<string, Adopted>();
  for (const { boxId, target, data } of poster.open()) {
    const remembered = readRemembered(data);
    if (remembered !== undefined) {
      adopted.set(boxId, { destination: { target, show: remembered.show }, remembered });
      continue;
    }
    log.warn({ boxId }, 'ledger entry without its box forgotten');
    poster.drop(boxId).catch((error: unknown) => log.error({ boxId, err: error }, 'ledger entry not forgotten'));
  }
  return adopted;
}

/** What the fold needs to give a run of before its old box. */
export function adoptedBoxes(adopted: ReadonlyMap<string, Adopted>): readonly AdoptedBox[] {
  return [...adopted].map(
    ([
      boxId,
      {
        remembered: { sessionKey, evidence },
      },
    ]) => ({ boxId, sessionKey, evidence }),
  );
}

/** What sources have to find again. */
export interface EarlierLife {
  /** Places in transcripts. */
  readonly places: readonly ResumeRequest[];
  /** Runs at the gateway. */
  readonly runs: readonly ResumedRun[];
}

/** What an earlier life left to be found again. */
export function earlierLife(adopted: ReadonlyMap<string, Adopted>): EarlierLife {
  const boxes = [...adopted.values()].map(({ remembered }) => remembered);
  return {
    places: boxes.flatMap(({ resumeFrom }) => resumeFrom),
    runs: boxes.flatMap(({ sessionKey, evidence, snapshot: { startedAt } }) =>
      evidence
        .filter((name) => name.startsWith(GATEWAY_RUN))
        .map((name) => ({ sessionKey, runId: name.slice(GATEWAY_RUN.length), startedAt })),
    ),
  };
}
