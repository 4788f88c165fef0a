import type { ResumeToken } from '@live-status/session-state';
import { numberOf, parseObject, textOf } from '@live-status/transcript-parser';

/** A run that was followed by a previous process. */
export interface ResumedRun {
  readonly sessionKey: string;
  /** Id of the run at the gateway. */
  readonly gatewayId: string;
  /** When it began, milliseconds since the epoch. */
  readonly startedAt: number;
}

/** How the evidence of a run names its id at the gateway. */
const RUN_EVIDENCE = 'run:';

/** The name under which a run at the gateway is met again after a restart. */
export function evidenceOf(gatewayId: string): string {
  return `${RUN_EVIDENCE}${gatewayId}`;
}

/** The token from which a later process reads the run back. Ledgers keep it: old forms have to stay readable. */
export function toResumeToken({ sessionKey, gatewayId, startedAt }: ResumedRun): ResumeToken {
  return JSON.stringify({ sessionKey, gatewayRun: gatewayId, startedAt });
}

/** The runs in the tokens that this source made; those of other sources are left out. */
export function runsIn(tokens: readonly ResumeToken[]): ResumedRun[] {
  return tokens.flatMap(readRuns);
}

function readRuns(token: ResumeToken): ResumedRun[] {
  const { sessionKey: key, gatewayRun, startedAt: at, evidence } = parseObject(token) ?? {};
  const sessionKey = textOf(key);
  const startedAt = numberOf(at);
  if (sessionKey === undefined || startedAt === undefined) return [];
  // Ledgers of before there were tokens have only the evidence of a box.
  const names = Array.isArray(evidence) ? evidence.map(String).filter((name) => name.startsWith(RUN_EVIDENCE)) : [];
  const ids = typeof gatewayRun === 'string' ? [gatewayRun] : names.map((name) => name.slice(RUN_EVIDENCE.length));
  return ids.map((gatewayId) => ({ sessionKey, gatewayId, startedAt }));
}
