import type { OpenApproval } from '@live-status/run-tracker';
import { idOf, type JsonObject } from '@live-status/transcript-parser';
import { type ResumedRun, toResumeToken } from './resume-token.ts';
import type { GatewayRun } from './sessions.ts';

/** How long OpenClaw waits for an approval, milliseconds: fixed in 2026.9.6 (`DEFAULT_EXEC_APPROVAL_TIMEOUT_MS`). */
const APPROVAL_TIMEOUT_MS = 30 * 60_000;

/**
 * Approvals that calls wait for. The gateway tells when one begins to wait and when it is over, once each, and neither
 * of them again to who connects later: the run's resume token keeps those that are open.
 */

/** A call waits for an approval. */
export function requestApproval(run: GatewayRun, data: JsonObject, at: number): void {
  const approvalId = idOf(data.approvalId);
  const callId = idOf(data.toolCallId);
  if (approvalId === undefined || callId === undefined) return;
  const call = run.own.calls.get(callId);
  // Held back while the history was asked for, which has the end of the call.
  if (call?.ended) return;
  if (call !== undefined) call.works = false;
  run.requestApproval({ approvalId, callId, since: at, until: at + APPROVAL_TIMEOUT_MS });
  keepApprovals(run, at);
}

/** Somebody decided, or nobody in time: which of them, the result of the call says. Returns whether it was open. */
export function resolveApproval(run: GatewayRun, data: JsonObject, at: number): boolean {
  const wasOpen = run.closeApproval(idOf(data.approvalId) ?? '', at);
  if (wasOpen) keepApprovals(run, at);
  return wasOpen;
}

/** A call goes on, or is over: it does not wait for an approval any more. */
export function closeApprovalsOf(run: GatewayRun, callId: string, at: number): void {
  const call = run.own.calls.get(callId);
  if (call !== undefined) call.works = true;
  close(
    run,
    run.openApprovals.filter((approval) => approval.callId === callId),
    at,
  );
}

/** The gateway was started again: nothing waits there any more. */
export function closeAllApprovals(run: GatewayRun, at: number): void {
  close(run, run.openApprovals, at);
}

function close(run: GatewayRun, open: readonly OpenApproval[], at: number): void {
  for (const { approvalId } of open) run.closeApproval(approvalId, at);
  if (open.length > 0) keepApprovals(run, at);
}

/** A run of the previous process goes on at the same gateway: it still waits, unless its calls have ended meanwhile. */
export function restoreApprovals(run: GatewayRun, { approvals = [], bootId }: ResumedRun, at: number): void {
  if (!run.isOpen || bootId !== run.own.bootId) return;
  for (const approval of approvals) {
    const call = run.own.calls.get(approval.callId);
    if (call === undefined || !(call.ended || call.works)) run.requestApproval(approval);
  }
  keepApprovals(run, at);
}

/** The token of the run says what is open now. */
export function keepApprovals(run: GatewayRun, at: number): void {
  const { openApprovals: approvals, own, session, startedAt } = run;
  const { bootId, gatewayId } = own;
  run.replaceResumeToken(toResumeToken({ sessionKey: session.key, gatewayId, startedAt, approvals, bootId }), at);
}
