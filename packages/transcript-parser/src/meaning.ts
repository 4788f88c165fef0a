import type { AssistantEntry, ToolCallBlock, ToolResultEntry, TranscriptEntry } from './entry.ts';

const ERROR_CHARS = 300;

/**
 * What an entry says about the end of its run. `open`: the run continues after it, or was cut off.
 * `undefined`: the entry says nothing about that.
 */
export type EndingMeaning = 'done' | 'error' | 'aborted' | 'waiting' | 'open' | undefined;

/** What an entry says about the end of its run: messages that are not mirrors, prompt errors and yields do. */
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

/** True for a copy of text that was delivered another way. It is not a model call and does not end a run. */
export function isMirror(entry: AssistantEntry): boolean {
  return entry.provider === 'openclaw' && (entry.model === 'delivery-mirror' || entry.model === 'gateway-injected');
}

/**
 * The tool calls of an answer that OpenClaw makes. It makes none of an answer that ended with an error or an abort, whose
 * calls may be incomplete.
 */
export function callsOf(entry: AssistantEntry): readonly ToolCallBlock[] {
  if (entry.stopReason === 'error' || entry.stopReason === 'aborted') return [];
  return entry.blocks.filter((block) => block.kind === 'tool-call');
}

/** The name of a tool; of OpenClaw's own tools the same when they are called over MCP (`mcp__openclaw__exec` is `exec`). */
export function toolNameOf(tool: string): string {
  return tool.startsWith(OWN_OVER_MCP) ? tool.slice(OWN_OVER_MCP.length) : tool;
}

const OWN_OVER_MCP = 'mcp__openclaw__';

/** Statuses that OpenClaw 2026.7.1 itself counts as errors; 2026.3.28 writes them with `isError: false`. */
const FAILED: ReadonlySet<string | undefined> = new Set([
  ...['error', 'failed', 'failure', 'timeout', 'timed_out'],
  ...['forbidden', 'denied', 'blocked', 'approval-unavailable'],
]);

/** What `process` says when it ended a command on request; its status is then `failed`, like the command's. */
const ENDED_ON_REQUEST = /^(?:Termination requested for|Killed|Removed) session /;

/** Whether a tool call failed. Before 2026.7.1, `isError` alone does not say so. */
export function hasFailed(result: ToolResultEntry): boolean {
  if (toolNameOf(result.tool) === 'process' && ENDED_ON_REQUEST.test(result.text ?? '')) return false;
  if (result.isError || FAILED.has(result.status)) return true;
  return result.exitCode !== undefined && result.exitCode !== 0;
}

/**
 * Whether a command continues without its run, or waits for a person's approval and starts later. A `process` poll that
 * finds its command still running has itself ended.
 */
export function isBackground({ status, tool }: ToolResultEntry): boolean {
  return status === 'approval-pending' || (status === 'running' && toolNameOf(tool) !== 'process');
}

/** The first line of the reason why a tool call failed, at most 300 characters; `undefined` when there is none. */
export function errorLine(result: ToolResultEntry): string | undefined {
  const lines = (result.error ?? result.text ?? '').split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '')?.slice(0, ERROR_CHARS);
}

/**
 * Reasons for which model calls fail, the most telling sign first, in the words that OpenClaw's gateway uses for them
 * from 2026.8 on. A status is the number that a message begins with.
 */
const FAILURES: readonly (readonly [reason: string, sign: RegExp])[] = [
  [
    'context too large',
    /context[ _](?:length|window|overflow)|maximum context|prompt (?:is )?too (?:large|long)|request_too_large/i,
  ],
  ['rate limit', /^429\b|rate[ _]limit|too many requests/i],
  ['billing', /^402\b|billing|payment required|credit balance|insufficient[ _](?:credits?|balance|quota|funds)/i],
  ['overloaded', /^529\b|overloaded/i],
  ['auth', /^40[13]\b|unauthorized|invalid[ _](?:x-)?api[ _-]key/i],
  ['timeout', /^408\b|timed?[ -]?out\b|ETIMEDOUT|deadline exceeded/i],
  ['server error', /^5\d\d\b|server[ _]error|service unavailable|bad gateway/i],
  ['connection lost', /^terminated$|ECONNRE|socket hang up|connection (?:error|closed|reset|lost)|fetch failed/i],
];

/** Why a model call failed, in a few words, by its `errorMessage`; `error` for a message that says nothing known. */
export function failureReason(errorMessage: string | undefined): string {
  const message = (errorMessage ?? '').trim();
  return FAILURES.find(([, sign]) => sign.test(message))?.[0] ?? 'error';
}

/** True for an answer that is not meant to be read: nothing but `NO_REPLY` or `HEARTBEAT_OK`. */
export function isSilentReply(text: string): boolean {
  return /^\W*(NO_REPLY|HEARTBEAT_OK)\W*$/i.test(text);
}
