import type { AssistantEntry, ToolCallBlock, ToolResult, TranscriptEntry } from './entry.ts';

const ERROR_CHARS = 300;

/**
 * What an entry says about the end of its run. `open`: the run continues after it, or was cut off. `refused`: the model,
 * or a filter, refused to answer; `unclear`: the run ended for a reason that is not known. How the run ended after these
 * two, OpenClaw's catalog or gateway says; where they say nothing, a refusal is an error, and an unclear end is done.
 * `undefined`: the entry says nothing about that.
 */
export type EndingMeaning = 'done' | 'error' | 'aborted' | 'waiting' | 'open' | 'refused' | 'unclear' | undefined;

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

/** Stop reasons without `_`, `-` and capitals. */
const STOPS: Readonly<Record<string, EndingMeaning>> = {
  ...meaning('done', 'stop stopped stopsequence endturn end eos complete completed length maxtokens maxoutputtokens'),
  ...meaning('done', 'tooluse toolcall toolcalls functioncall functioncalls'),
  ...meaning('error', 'error failed failure'),
  ...meaning('aborted', 'aborted abort cancelled canceled'),
  ...meaning('refused', 'refusal refused contentfilter contentfiltered safety imagesafety prohibitedcontent blocked'),
  ...meaning('refused', 'blocklist recitation spii sensitive guardrail guardrailintervened'),
};

function meaning(is: EndingMeaning, reasons: string): Record<string, EndingMeaning> {
  return Object.fromEntries(reasons.split(' ').map((reason) => [reason, is]));
}

function stopMeaning({ stopReason = '' }: AssistantEntry): EndingMeaning {
  const reason = stopReason.replace(/[_\s-]/g, '').toLowerCase();
  return Object.hasOwn(STOPS, reason) ? STOPS[reason] : 'unclear';
}

/** OpenClaw makes the calls of an answer whatever it stopped for, unless it failed or was aborted. */
function assistantMeaning(entry: AssistantEntry): EndingMeaning {
  const stop = stopMeaning(entry);
  if (stop === 'error' || stop === 'aborted') return stop;
  const answered = new Set(resultsIn(entry).map(({ callId }) => callId));
  const isOpen = entry.blocks.some((block) => block.kind === 'tool-call' && !answered.has(block.callId));
  return isOpen ? 'open' : stop;
}

/** Whether a model call failed. */
export function hasErred(entry: AssistantEntry): boolean {
  return stopMeaning(entry) === 'error';
}

/** Whether a model call was aborted. */
export function wasAborted(entry: AssistantEntry): boolean {
  return stopMeaning(entry) === 'aborted';
}

/** What there is to say of an answer's end: why it failed, or what refused it; else `undefined`. */
export function stopText(entry: AssistantEntry): string | undefined {
  const stop = stopMeaning(entry);
  if (stop === 'error') return entry.errorMessage;
  if (stop !== 'refused') return undefined;
  return (
    entry.errorMessage ?? `the model gave no answer: ${(entry.stopReason ?? '').replace(/[_-]/g, ' ').toLowerCase()}`
  );
}

/** True for a copy of text that was delivered another way. It is not a model call and does not end a run. */
export function isMirror(entry: AssistantEntry): boolean {
  return entry.provider === 'openclaw' && (entry.model === 'delivery-mirror' || entry.model === 'gateway-injected');
}

/**
 * The tool calls of an answer that OpenClaw makes. It makes none of an answer that ended with an error or an abort, whose
 * calls may be incomplete. A call without an id is named by its place in the entry `entryId`.
 */
export function callsOf(entry: AssistantEntry, entryId: string): readonly ToolCallBlock[] {
  const stop = stopMeaning(entry);
  if (stop === 'error' || stop === 'aborted') return [];
  return entry.blocks.flatMap((block, index) => {
    if (block.kind !== 'tool-call') return [];
    return block.callId === '' ? { ...block, callId: `${entryId}#${index}` } : block;
  });
}

/** The tool results in an entry: most are entries of their own, some stand inside a message. */
export function resultsIn(entry: TranscriptEntry): readonly ToolResult[] {
  if (entry.kind === 'tool-result') return [entry];
  if (entry.kind !== 'user' && entry.kind !== 'assistant') return [];
  return entry.blocks.filter((block) => block.kind === 'tool-result');
}

/** The name of a tool; of OpenClaw's own tools the same when they are called over MCP (`mcp__openclaw__exec` is `exec`). */
export function toolNameOf(tool: string): string {
  return tool.startsWith(OWN_OVER_MCP) ? tool.slice(OWN_OVER_MCP.length) : tool;
}

const OWN_OVER_MCP = 'mcp__openclaw__';

/** Statuses that OpenClaw 2026.7.1 itself counts as errors; 2026.3.28 writes them with `isError: false`. */
const FAILED: ReadonlySet<string | undefined> = new Set([
  ...['error', 'failed', 'failure', 'timeout', 'timed_out'],
  ...['forbidden', 'denied', 'blocked', 'rejected', 'approval-unavailable'],
]);
/** Of these, the ones that say nothing but that it failed. */
const BARE_FAILURE = /^(?:error|failed|failure)$/;

/** What `process` says when it ended a command on request; its status is then `failed`, like the command's. */
const ENDED_ON_REQUEST = /^(?:Termination requested for|Killed|Removed) session /;

/** Whether a tool call failed. Before 2026.7.1, `isError` alone does not say so. */
export function hasFailed(result: ToolResult): boolean {
  if (toolNameOf(result.tool) === 'process' && ENDED_ON_REQUEST.test(result.text ?? '')) return false;
  if (result.isError || FAILED.has(result.status)) return true;
  return result.exitCode !== undefined && result.exitCode !== 0;
}

/**
 * Whether a command continues without its run, or waits for a person's approval and starts later. A `process` poll that
 * finds its command still running has itself ended.
 */
export function isBackground({ status, tool }: ToolResult): boolean {
  return status === 'approval-pending' || (status === 'running' && toolNameOf(tool) !== 'process');
}

/**
 * The first line of the reason why a tool call failed, at most 300 characters; where there is none, the status if that
 * says more than that it failed (`blocked`); else `undefined`.
 */
export function errorLine(result: ToolResult): string | undefined {
  const lines = (result.error ?? result.text ?? '').split('\n').map((line) => line.trim());
  const words = result.status === undefined || BARE_FAILURE.test(result.status) ? undefined : result.status;
  return (lines.find((line) => line !== '') ?? words?.replace(/[_-]/g, ' '))?.slice(0, ERROR_CHARS);
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
