import type { AssistantEntry, ToolCallBlock, ToolResultEntry, TranscriptEntry } from './entry.ts';

const ERROR_CHARS = 300;

/**
 * What an entry says about the end of its run; `open`: the run goes on (or was cut) after it.
 * `undefined`: nothing, the entry is not ending-relevant.
 */
export type EndingMeaning = 'done' | 'error' | 'aborted' | 'waiting' | 'open' | undefined;

/** Only messages that are no mirrors, prompt errors and yields say something about the end of a run. */
export function endingMeaning(entry: TranscriptEntry): EndingMeaning {
  switch (entry.kind) {
    case 'assistant':
      return isMirror(entry) ? undefined : assistantMeaning(entry);
    case 'user':
    case 'tool-result':
      return 'open';
    case 'custom':
      return entry.customType === 'openclaw:prompt-error' ? 'aborted' : undefined;
    case 'custom-message':
      return entry.customType === 'openclaw.sessions_yield' ? 'waiting' : undefined;
    default:
      return undefined;
  }
}

function assistantMeaning(entry: AssistantEntry): EndingMeaning {
  switch (entry.stopReason) {
    case 'stop':
    case 'length':
      return 'done';
    case 'toolUse':
      return entry.blocks.some((block) => block.kind === 'tool-call') ? 'open' : 'done';
    case 'error':
      return 'error';
    case 'aborted':
      return 'aborted';
    default:
      return 'open';
  }
}

/** True for a copy of text that was delivered another way: no model call, no tokens, no sign of an end. */
export function isMirror(entry: AssistantEntry): boolean {
  return entry.provider === 'openclaw' && (entry.model === 'delivery-mirror' || entry.model === 'gateway-injected');
}

/**
 * The calls of an answer, as far as they are made: of one that broke off (an error, an abort) OpenClaw makes none, and
 * what it holds of them may be half written.
 */
export function callsOf(entry: AssistantEntry): readonly ToolCallBlock[] {
  if (entry.stopReason === 'error' || entry.stopReason === 'aborted') return [];
  return entry.blocks.filter((block) => block.kind === 'tool-call');
}

/** Statuses that OpenClaw 2026.7.1 counts as errors itself; 2026.3.28 writes them with `isError: false`. */
const FAILED: ReadonlySet<string | undefined> = new Set([
  ...['error', 'failed', 'failure', 'timeout', 'timed_out'],
  ...['forbidden', 'denied', 'blocked', 'approval-unavailable'],
]);

/** What `process` says when it ended a command as it was told to: it calls that `failed`, as the command is. */
const ENDED_AS_TOLD = /^(?:Termination requested for|Killed|Removed) session /;

/** Whether a tool call failed. `isError` alone says so only since 2026.7.1. */
export function hasFailed(result: ToolResultEntry): boolean {
  if (result.tool === 'process' && ENDED_AS_TOLD.test(result.text ?? '')) return false;
  if (result.isError || FAILED.has(result.status)) return true;
  return result.exitCode !== undefined && result.exitCode !== 0;
}

/**
 * Whether a command goes on without its run, or waits for a person's approval and runs after it. A poll that finds its
 * process running has ended itself.
 */
export function isBackground({ status, tool }: ToolResultEntry): boolean {
  return status === 'approval-pending' || (status === 'running' && tool !== 'process');
}

/** First line of why a tool call failed, at most 300 characters; `undefined` when it says nothing. */
export function errorLine(result: ToolResultEntry): string | undefined {
  const lines = (result.error ?? result.text ?? '').split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '')?.slice(0, ERROR_CHARS);
}

/** True for an answer nobody is meant to read: nothing but `NO_REPLY` or `HEARTBEAT_OK`. */
export function isSilentReply(text: string): boolean {
  return /^\W*(NO_REPLY|HEARTBEAT_OK)\W*$/i.test(text);
}
