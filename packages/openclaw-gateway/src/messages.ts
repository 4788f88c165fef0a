import type { RunOutcome } from '@live-status/session-state';
import {
  type AssistantEntry,
  callsOf,
  compact,
  type EndingMeaning,
  endingMeaning,
  idOf,
  isMirror,
  type JsonObject,
  joinText,
  numberOf,
  objectOf,
  parseObject,
  readUserLine,
  resultsIn,
  stopText,
  type TranscriptEntry,
  textOf,
  toEntry,
  toolNameOf,
} from '@live-status/transcript-parser';
import type { ChildRuns } from './child-runs.ts';
import type { ModelCalls } from './model-calls.ts';
import type { Runs } from './runs.ts';
import { type GatewayRun, type GatewaySession, type PendingUser, routeRun, type UserOrigin } from './sessions.ts';
import type { ToolCalls } from './tool-calls.ts';

/**
 * How something is read: as it happens, from the history, or held back while the history was asked for, which then may
 * say it, too.
 */
export interface Reading {
  readonly from: 'live' | 'history' | 'held';
  readonly at: number;
  /** The run at the gateway that answers a message of the history. */
  readonly answeredBy?: string | undefined;
}

/** What messages are read into. */
export interface MessageReaderOptions {
  readonly runs: Runs;
  readonly calls: ToolCalls;
  readonly children: ChildRuns;
  readonly models: ModelCalls;
}

/** Reads messages of sessions, in the shape of a transcript's: what a person said, what the model answered. */
export class MessageReader {
  readonly #runs: Runs;
  readonly #calls: ToolCalls;
  readonly #children: ChildRuns;
  readonly #models: ModelCalls;

  constructor({ runs, calls, children, models }: MessageReaderOptions) {
    this.#runs = runs;
    this.#calls = calls;
    this.#children = children;
    this.#models = models;
  }

  read(session: GatewaySession, message: JsonObject, reading: Reading): void {
    const gatewayId = idOf(objectOf(message.__openclaw)?.runId);
    const isResult = message.role !== 'assistant' && resultsIn(entryOf(message)).length > 0;
    if (isResult) this.#readResults(session, message, reading.at);
    else if (isInput(message)) this.#readInput(session, message, reading);
    else if (message.customType === NESTED_CALL) this.#readNestedCall(session, message, reading.at);
    else if (gatewayId !== undefined) {
      const isNews = reading.from !== 'history';
      const run = isNews ? this.#runs.of(session, gatewayId, reading) : this.#runs.get(session, gatewayId);
      if (run !== undefined) this.#readAnswer(run, message, reading);
    }
  }

  /** The run it starts takes it up; one that is under way and knows its message already was only steered. */
  #readInput(session: GatewaySession, message: JsonObject, { answeredBy, from, at }: Reading): void {
    const entry = entryOf({ ...message, role: 'user' });
    if (entry.kind !== 'user') return;
    const runId = idOf(/^(?!channel-user:)(.+):user$/s.exec(textOf(message.idempotencyKey) ?? '')?.[1]);
    const pending = { line: readUserLine(entry), origin: originOf(message) };
    const named = runId === undefined ? undefined : this.#runs.get(session, runId);
    const run = named ?? (answeredBy === undefined ? session.openRuns.at(-1) : this.#runs.get(session, answeredBy));
    if (run === undefined) {
      if (from === 'history') return;
      session.own.pending = pending;
      // Of a run that resumes what was cut, nothing else is heard before the model has answered.
      if (runId !== undefined && pending.line.kind === 'resume') this.#runs.of(session, runId, { at });
    } else if (!run.isIdentified) this.#runs.takeUp(run, pending, at);
    else if (from !== 'history' && named === undefined) joinRun(run, pending, at);
  }

  #readAnswer(run: GatewayRun, message: JsonObject, { from, at }: Reading): void {
    const entry = entryOf(message);
    if (entry.kind !== 'assistant' || isMirror(entry)) return;
    const entryId = idOf(objectOf(message.__openclaw)?.id) ?? '';
    const calls = callsOf(entry, entryId);
    // The history gives what was written before a call as a message of its own, under the same id (OpenClaw 2026.9.6).
    const part = [entryId, ...calls.map(({ callId }) => callId)].join('/');
    const meaning = endingMeaning(entry);
    const text = stopText(entry) ?? joinText(entry.blocks).trim();
    if (run.own.entries.has(part)) {
      // What was held back before it may have said that the run goes on.
      if (from === 'held') this.#runs.noteEnding(run, outcomeOf(meaning), { at, text });
      return;
    }
    run.own.entries.add(part);
    this.#runs.identify(run, { at });
    this.#models.readModel(run, message);
    // Before what it said is reported: that it works again stands above it.
    if (meaning !== 'error') this.#models.noteContent(run, at, { isOld: from === 'history' });
    readSegment(run, message, at);
    countTokens(run, entry, entryId, at);
    noteContext(run, message, at);
    for (const { callId, tool, args } of calls) {
      // A second call under an id that was used before is known by the events of the call itself.
      this.#calls.start(run, { callId, tool, args, at, live: false });
    }
    for (const result of resultsIn(entry)) this.#calls.end(run, result, { at });
    if (isSegment(message) || (from === 'history' && meaning === 'open')) return;
    this.#runs.noteEnding(run, outcomeOf(meaning), { at, text });
  }

  #readNestedCall(session: GatewaySession, message: JsonObject, at: number): void {
    const { call, result } = nestedCallIn(message);
    const run = this.#runs.get(session, idOf(call?.runId) ?? '');
    const callId = idOf(call?.id);
    if (run === undefined || callId === undefined || call === undefined) return;
    const [tool, parentCallId] = [textOf(call.name) ?? '', idOf(call.parentToolCallId)];
    this.#calls.start(run, { callId, tool, at, args: call.arguments, parentCallId, live: false });
    if (result !== undefined) this.#readResults(session, { ...result, role: 'toolResult' }, at);
  }

  /** Results are only in the history. Not all of them name their run: the call does. */
  #readResults(session: GatewaySession, message: JsonObject, at: number): void {
    const details = objectOf(message.details) ?? detailsIn(message);
    this.#children.note(details.childSessionKey, details.runId);
    for (const result of resultsIn(entryOf({ ...message, details }))) {
      const { callId } = result;
      const owner = session.openRuns.find((run) => callId === '' || run.own.calls.has(callId));
      if (owner !== undefined) this.#calls.end(owner, result, { at, details });
    }
  }
}

/** What an answer says about the end of its run. After a refusal the gateway says how the run ended. */
function outcomeOf(meaning: EndingMeaning): RunOutcome | null {
  if (meaning === undefined || meaning === 'open' || meaning === 'refused') return null;
  return meaning === 'unclear' ? 'done' : meaning;
}

/** A call that another one carried is recorded as one message, with its result, where it is over. */
const NESTED_CALL = 'openclaw.nested-tool.v1';

/** The call and the result in the record of a call that another one carried; empty for any other message. */
export function nestedCallIn(message: JsonObject): { readonly call?: JsonObject; readonly result?: JsonObject } {
  if (message.customType !== NESTED_CALL || !Array.isArray(message.content)) return {};
  const parts = message.content.map(objectOf);
  const [call, result] = ['toolCall', 'toolResult'].map((type) => parts.find((part) => part?.type === type));
  return compact({ call, result });
}

/** Cron's prompts have the role of the assistant; the key by which they are recorded once says so. */
function isInput(message: JsonObject): boolean {
  return message.role === 'user' || textOf(message.idempotencyKey)?.endsWith(':user') === true;
}

/** A message that is steered into a run. What somebody else asked for is not shown to whoever asked first. */
function joinRun(run: GatewayRun, { line, origin }: PendingUser, at: number): void {
  const { origin: first } = run.own;
  if (line.kind !== 'message' || first === undefined) return;
  if (origin.channel === first.channel && origin.senderId === first.senderId && origin.cli === first.cli) return;
  run.own.origin = { ...first, shared: true };
  routeRun(run, at);
}

function originOf(message: JsonObject): UserOrigin {
  const metadata = objectOf(message.__openclaw);
  const transport = objectOf(metadata?.transport);
  const channel = textOf(transport?.channel);
  const senderId = textOf(metadata?.senderId);
  // The user name with an `@`; the name that a webhook gave itself; the id where nobody could be asked (2026.7 and 2026.9).
  const name = channel === 'mattermost' ? /^@?([\w.-]+)$/.exec(textOf(metadata?.senderName) ?? '')?.[1] : undefined;
  const clients = Array.isArray(transport?.clients) ? transport.clients : [];
  const cli = clients.length > 0 && clients.every((client) => objectOf(client)?.mode === 'cli');
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(senderId === undefined ? {} : { senderId }),
    ...(name === undefined || name === senderId ? {} : { senderName: name }),
    ...(cli ? { cli } : {}),
  };
}

/** Text before a call, as a message of its own: nothing of it says how the run ends. */
function isSegment({ openclawStreamFallback, stopReason }: JsonObject): boolean {
  return objectOf(openclawStreamFallback) !== undefined && stopReason === undefined;
}

/** The history has the text before a call as a message; live, it is an item of its own. */
function readSegment(run: GatewayRun, message: JsonObject, at: number): void {
  const { itemId, replacementText } = objectOf(message.openclawStreamFallback) ?? {};
  const [entryId, text] = [idOf(itemId), textOf(replacementText)];
  if (entryId === undefined || text === undefined || text.trim() === '' || run.own.entries.has(entryId)) return;
  run.own.entries.add(entryId);
  run.report({ type: 'commentary', at, entryId, text });
}

function countTokens(run: GatewayRun, { usage }: AssistantEntry, entryId: string, at: number): void {
  if (usage === undefined || usage.input + usage.output + usage.cacheRead + usage.cacheWrite === 0) return;
  run.report({ type: 'usage', at, entryId, ...usage });
}

/** How full the context is after this answer; of a model that is not the selected one it is not known how much it takes. */
function noteContext(run: GatewayRun, message: JsonObject, at: number): void {
  const usedTokens = numberOf(objectOf(message.usage)?.totalTokens) ?? 0;
  const { contextTokens: windowTokens, model } = run.session.own;
  const isSelected = model === undefined || message.model === undefined || message.model === model;
  if (usedTokens <= 0 || windowTokens === undefined || windowTokens <= 0 || !isSelected) return;
  run.report({ type: 'context-used', at, usedTokens, windowTokens });
}

/** The history of OpenClaw 2026.9.6 has no details of results: what they say of a command's end, or of a child, is text. */
function detailsIn({ toolName, content }: JsonObject): JsonObject {
  const text = Array.isArray(content) ? (textOf(objectOf(content.at(-1))?.text) ?? '') : '';
  switch (toolNameOf(textOf(toolName) ?? '')) {
    case 'exec': {
      const code = /\(Command exited with code (\d+)\)\s*$/.exec(text.slice(-60))?.[1];
      if (code !== undefined) return { exitCode: Number(code) };
      return text.startsWith('Command still running') ? { status: 'running' } : {};
    }
    case 'sessions_spawn': {
      const { childSessionKey, runId, status } = parseObject(text) ?? {};
      return { childSessionKey, runId, status };
    }
    default:
      return {};
  }
}

function entryOf(message: JsonObject): TranscriptEntry {
  return toEntry('message', { message });
}
