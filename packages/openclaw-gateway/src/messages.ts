import {
  type AssistantEntry,
  callsOf,
  endingMeaning,
  isMirror,
  type JsonObject,
  joinText,
  objectOf,
  readUserLine,
  type TranscriptEntry,
  textOf,
  toEntry,
} from '@live-status/transcript-parser';
import { noteChild } from './announces.ts';
import { noteEnding } from './run-endings.ts';
import { identify, routeRun, runKey, runOf, takeUp } from './runs.ts';
import { activeRuns, emit } from './sessions.ts';
import type { PendingUser, Run, Session, UserOrigin, World } from './state.ts';
import { endCall, startCall } from './tools.ts';

/**
 * How something is read: as it happens, from the history, or held back while the history was asked for, which then may
 * tell of it, too.
 */
export interface Reading {
  readonly from: 'live' | 'history' | 'held';
  readonly at: number;
}

/** A message of a session, in the shape of a transcript's: what a person said, what the model answered. */
export function readMessage(world: World, session: Session, message: JsonObject, reading: Reading): void {
  const { from, at } = reading;
  const gatewayId = textOf(objectOf(message.__openclaw)?.runId);
  if (isInput(message)) readInput(world, session, message, reading);
  else if (message.role === 'toolResult') readResult(world, session, message, at);
  else if (gatewayId !== undefined) {
    const known = world.runs.get(runKey(session, gatewayId));
    const run = known ?? (from !== 'history' ? runOf(world, session, gatewayId, at) : undefined);
    if (run !== undefined) readAnswer(world, run, message, reading);
  }
}

/** Cron's prompts have the role of the assistant; the key by which they are recorded once tells. */
function isInput(message: JsonObject): boolean {
  return message.role === 'user' || textOf(message.idempotencyKey)?.endsWith(':user') === true;
}

/** The run it starts takes it up; one that is under way and knows its message already was only steered. */
function readInput(world: World, session: Session, message: JsonObject, { from, at }: Reading): void {
  const entry = entryOf({ ...message, role: 'user' });
  if (entry.kind !== 'user') return;
  const runId = /^(?!channel-user:)(.+):user$/s.exec(textOf(message.idempotencyKey) ?? '')?.[1];
  const pending = { line: readUserLine(entry), origin: originOf(message) };
  const named = runId === undefined ? undefined : world.runs.get(runKey(session, runId));
  const run = named ?? activeRuns(world, session).at(-1);
  if (run === undefined) {
    if (from === 'history') return;
    session.pending = pending;
    // Of a run that resumes what was cut, nothing else is heard before the model has answered.
    if (runId !== undefined && pending.line.kind === 'resume') runOf(world, session, runId, at);
  } else if (!run.identified) takeUp(world, run, pending, at);
  else if (from !== 'history' && named === undefined) join(world, run, pending, at);
}

/** A message that is steered into a run. What somebody else asked for is not shown to whoever asked first. */
function join(world: World, run: Run, { line, origin }: PendingUser, at: number): void {
  const { origin: first } = run;
  if (line.kind !== 'message' || first === undefined) return;
  if (origin.channel === first.channel && origin.senderId === first.senderId && origin.cli === first.cli) return;
  run.origin = { ...first, shared: true };
  routeRun(world, run, at);
}

function originOf(message: JsonObject): UserOrigin {
  const metadata = objectOf(message.__openclaw);
  const transport = objectOf(metadata?.transport);
  const channel = textOf(transport?.channel);
  const senderId = textOf(metadata?.senderId);
  const clients = Array.isArray(transport?.clients) ? transport.clients : [];
  const cli = clients.length > 0 && clients.every((client) => objectOf(client)?.mode === 'cli');
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(senderId === undefined ? {} : { senderId }),
    ...(cli ? { cli } : {}),
  };
}

function readAnswer(world: World, run: Run, message: JsonObject, { from, at }: Reading): void {
  const entry = entryOf(message);
  if (entry.kind !== 'assistant' || isMirror(entry)) return;
  const entryId = textOf(objectOf(message.__openclaw)?.id) ?? '';
  // The history gives what was written before a call as a message of its own, under the same id (OpenClaw 2026.9.6).
  const part = [entryId, ...entry.blocks.flatMap((block) => (block.kind === 'tool-call' ? [block.callId] : []))].join(
    '/',
  );
  if (run.entries.has(part)) return;
  run.entries.add(part);
  identify(world, run, undefined, at);
  countTokens(world, run, entry, entryId, at);
  for (const { callId, tool, args } of callsOf(entry)) {
    // The events of the call itself tell of a second one under an id that was used before.
    startCall(world, run, { callId, tool, args, live: false }, at);
  }
  const meaning = endingMeaning(entry);
  const text = meaning === 'error' ? entry.errorMessage : joinText(entry.blocks).trim();
  if (from !== 'history' || meaning !== 'open')
    noteEnding(world, run, meaning === 'open' ? null : (meaning ?? null), at, text);
}

function countTokens(world: World, run: Run, { usage }: AssistantEntry, entryId: string, at: number): void {
  if (usage === undefined || usage.input + usage.output + usage.cacheRead + usage.cacheWrite === 0) return;
  emit(world, { type: 'usage', sessionKey: run.session.key, at, runId: run.runId, entryId, ...usage });
}

/** Results are only in the history. Not all of them name their run: the call does. */
function readResult(world: World, session: Session, message: JsonObject, at: number): void {
  const entry = entryOf({ ...message, details: message.details ?? detailsIn(message) });
  if (entry.kind !== 'tool-result') return;
  const spawned = objectOf(message.details);
  noteChild(world, spawned?.childSessionKey, spawned?.runId);
  const owner = activeRuns(world, session).find((run) => run.calls.has(entry.callId));
  if (owner !== undefined) endCall(world, owner, entry, at);
}

/** The history of OpenClaw 2026.9.6 has no details of results: what a command says of its end is in the text. */
function detailsIn({ toolName, content }: JsonObject): JsonObject {
  if (toolName !== 'exec' || !Array.isArray(content)) return {};
  const text = textOf(objectOf(content.at(-1))?.text) ?? '';
  const code = /\(Command exited with code (\d+)\)\s*$/.exec(text.slice(-60))?.[1];
  if (code !== undefined) return { exitCode: Number(code) };
  return text.startsWith('Command still running') ? { status: 'running' } : {};
}

function entryOf(message: JsonObject): TranscriptEntry {
  return toEntry('message', { message });
}
