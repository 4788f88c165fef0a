import type { OpenApproval } from '@live-status/run-tracker';
import type { ResumeToken } from '@live-status/session-state';
import { numberOf, objectOf, parseObject, textOf } from '@live-status/transcript-parser';

/** A run that was followed by a previous process. */
export interface ResumedRun {
  readonly sessionKey: string;
  /** Id of the run at the gateway. */
  readonly gatewayId: string;
  /** When it began, milliseconds since the epoch. */
  readonly startedAt: number;
  /** What it waited for, as far as the gateway is still the one that waits. */
  readonly approvals?: readonly OpenApproval[];
  /** Names the start of the gateway that waits. */
  readonly bootId?: string | undefined;
}

/** How the evidence of a run names its id at the gateway. */
const RUN_EVIDENCE = 'run:';

/** The name under which a run at the gateway is met again after a restart. */
export function evidenceOf(gatewayId: string): string {
  return `${RUN_EVIDENCE}${gatewayId}`;
}

/** The token from which a later process reads the run back. Ledgers keep it: old forms have to stay readable. */
export function toResumeToken({ sessionKey, gatewayId, startedAt, approvals = [], bootId }: ResumedRun): ResumeToken {
  const waits = approvals.length === 0 ? {} : { bootId, approvals };
  return JSON.stringify({ sessionKey, gatewayRun: gatewayId, startedAt, ...waits });
}

/** The runs in the tokens that this source made; those of other sources are left out. */
export function runsIn(tokens: readonly ResumeToken[]): ResumedRun[] {
  return tokens.flatMap(readRuns);
}

function readRuns(token: ResumeToken): ResumedRun[] {
  const { sessionKey: key, gatewayRun, startedAt: at, evidence, ...waits } = parseObject(token) ?? {};
  const sessionKey = textOf(key);
  const startedAt = numberOf(at);
  if (sessionKey === undefined || startedAt === undefined) return [];
  // Ledgers of before there were tokens have only the evidence of a box.
  const names = Array.isArray(evidence) ? evidence.map(String).filter((name) => name.startsWith(RUN_EVIDENCE)) : [];
  const ids = typeof gatewayRun === 'string' ? [gatewayRun] : names.map((name) => name.slice(RUN_EVIDENCE.length));
  const approvals = (Array.isArray(waits.approvals) ? waits.approvals : []).flatMap(readApproval);
  const open = approvals.length === 0 ? {} : { approvals, bootId: textOf(waits.bootId) };
  return ids.map((gatewayId) => ({ sessionKey, gatewayId, startedAt, ...open }));
}

function readApproval(raw: unknown): OpenApproval[] {
  const { approvalId: id, callId: call, since: at, until: end } = objectOf(raw) ?? {};
  const [approvalId, callId, since, until] = [textOf(id), textOf(call), numberOf(at), numberOf(end)];
  if (approvalId === undefined || callId === undefined || since === undefined) return [];
  return [{ approvalId, callId, since, ...(until === undefined ? {} : { until }) }];
}
