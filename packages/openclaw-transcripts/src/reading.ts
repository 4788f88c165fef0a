import {
  type AssistantEntry,
  type CustomEntry,
  type CustomMessageEntry,
  callsOf,
  endingMeaning,
  errorLine,
  hasFailed,
  isBackground,
  isMirror,
  isSilentReply,
  joinText,
  readUserLine,
  type ToolResultEntry,
  type TranscriptEntry,
  type UserEntry,
  type UserLine,
} from '@live-status/transcript-parser';
import type { LineSeen } from './observation.ts';
import { isSameOrigin } from './routing.ts';
import { endByLastEntry, endRun, hasAnswered, hasOpenCall, noteEnding } from './run-endings.ts';
import { announceChildren, beginRun, entryName, identifyRun, routeRun } from './runs.ts';
import { adoptChild, emit } from './sessions.ts';
import type { Run, Session, World } from './state.ts';

/** Calls without a result that a session remembers. */
const REMEMBERED_CALLS = 128;

type LineOf<E extends TranscriptEntry> = Omit<LineSeen, 'entry'> & { readonly entry: E };

/** A new entry of a session: what it says about runs, and what happened in them. */
export function readLine(world: World, session: Session, line: LineSeen): void {
  const { entry } = line;
  session.locks.releaseDropped(line.at);
  if (entry.kind === 'user') readUser(world, session, { ...line, entry });
  else if (entry.kind === 'assistant') readAssistant(world, session, { ...line, entry });
  else if (entry.kind === 'tool-result') readToolResult(world, session, { ...line, entry });
  else if (entry.kind === 'custom' || entry.kind === 'custom-message') readMarker(world, session, { ...line, entry });
  else if (entry.kind === 'compaction' && session.run !== undefined) {
    const { runId } = session.run;
    emit(world, { type: 'compacted', sessionKey: session.key, at: line.at, runId, entryId: idOf(line) });
  }
  if (session.run !== undefined) session.locks.forgetOpenings();
}

function readUser(world: World, session: Session, line: LineOf<UserEntry>): void {
  const user = readUserLine(line.entry);
  let run = session.run;
  if (run?.identified && opensRun(world, session, run, line.entry, user)) {
    if (user.kind === 'resume' && !hasAnswered(run))
      endRun(world, session, run, line.at, 'interrupted', run.lastLineAt);
    else endByLastEntry(world, session, run, line.at, run.lastLineAt);
    run = undefined;
  }
  run ??= session.run ?? beginRun(world, session, line.at, line);
  if (!run.identified) identifyRun(world, session, run, line, user);
  else if (user.kind === 'announce') announceChildren(world, session, user.announced, line.at);
  else if (user.kind === 'message') joinRun(world, session, run, user, line.at);
  note(world, session, run, line);
}

/** A message joined a run that goes on: on a key that people share it may be somebody else's. */
function joinRun(world: World, session: Session, run: Run, joining: UserLine, at: number): void {
  const { user } = run;
  const [first] = user?.inbound ?? [];
  if (user === undefined || first === undefined) return;
  // A message that says nothing about its origin (web chat, command line) is somebody else's, too.
  const other = (joining.inbound.length === 0 ? [{}] : joining.inbound).find((one) => !isSameOrigin(one, first));
  if (other === undefined) return;
  run.user = { ...user, inbound: [first, other] };
  routeRun(world, session, at);
}

/** A message after an ending entry starts a run, unless it is the same one sent again after an error. */
function opensRun(world: World, session: Session, run: Run, entry: UserEntry, user: UserLine): boolean {
  if (user.kind === 'resume') return true;
  const last = run.endings.at(-1);
  if (last === undefined) return false;
  if (last.meaning === 'error') return entry.text !== run.userText;
  // Read at start-up, where no lock tells: a call that got no result before the next message was cut.
  if (last.meaning === 'open') return !world.live && hasOpenCall(session, run);
  return true;
}

function readAssistant(world: World, session: Session, line: LineOf<AssistantEntry>): void {
  const { entry, at } = line;
  if (isMirror(entry)) return;
  const run = runForReply(world, session, line);
  const base = { sessionKey: session.key, at, runId: run.runId, entryId: idOf(line) } as const;
  const { usage } = entry;
  if (usage !== undefined && usage.input + usage.output + usage.cacheRead + usage.cacheWrite > 0) {
    emit(world, { type: 'usage', ...base, ...usage });
  }
  const calls = callsOf(entry);
  const text = joinText(entry.blocks).trim();
  if (calls.length > 0 && text !== '') emit(world, { type: 'commentary', ...base, text });
  for (const { callId, tool, args } of calls) {
    rememberCall(session, callId, run.runId);
    emit(world, { type: 'tool-started', ...base, callId, tool, args });
  }
  note(world, session, run, line, entry.stopReason === 'error' ? entry.errorMessage : text);
}

/** The run an assistant line belongs to. One that answers no user line, after a child's end, is an announce run. */
function runForReply(world: World, session: Session, line: LineSeen): Run {
  let run = session.run;
  const last = run?.endings.at(-1);
  if (
    run?.identified &&
    last !== undefined &&
    hasAnswered(run) &&
    last.meaning !== 'error' &&
    session.endedChildren.size > 0
  ) {
    endByLastEntry(world, session, run, line.at, run.lastLineAt);
    run = undefined;
  }
  run ??= session.run ?? beginRun(world, session, line.at, line);
  if (!run.identified) identifyRun(world, session, run, line);
  return run;
}

function readToolResult(world: World, session: Session, line: LineOf<ToolResultEntry>): void {
  const { entry, at } = line;
  const owner = session.openCalls.get(entry.callId);
  session.openCalls.delete(entry.callId);
  const run = owner === undefined ? runForReply(world, session, line) : session.run;
  const failed = hasFailed(entry);
  const error = failed ? errorLine(entry) : undefined;
  emit(world, {
    type: 'tool-ended',
    sessionKey: session.key,
    at,
    runId: owner ?? run?.runId ?? '',
    entryId: idOf(line),
    callId: entry.callId,
    tool: entry.tool,
    outcome: failed ? 'error' : isBackground(entry) ? 'background' : 'ok',
    ...(entry.exitCode === undefined ? {} : { exitCode: entry.exitCode }),
    ...(entry.durationMs === undefined ? {} : { durationMs: entry.durationMs }),
    ...(error === undefined ? {} : { error }),
    ...(failed || entry.childSessionKey === undefined ? {} : { spawned: entry.childSessionKey }),
  });
  if (!failed && entry.childSessionKey !== undefined) adoptChild(world, session, entry.childSessionKey, at);
  if (run === undefined || (owner !== undefined && owner !== run.runId)) return;
  // What an aborted call leaves behind does not undo the abort.
  if (run.endings.at(-1)?.meaning !== 'aborted') note(world, session, run, line);
}

function readMarker(world: World, session: Session, line: LineOf<CustomEntry | CustomMessageEntry>): void {
  const { entry } = line;
  const error = entry.kind === 'custom' && typeof entry.data.error === 'string' ? entry.data.error : undefined;
  if (session.run !== undefined) note(world, session, session.run, line, error);
}

/** Remembers an ending-relevant entry of a run and reports what it changes. */
function note(world: World, session: Session, run: Run, line: LineSeen, text?: string): void {
  const meaning = endingMeaning(line.entry);
  if (meaning === undefined) return;
  run.lastLineAt = line.at;
  const ending = { entryId: idOf(line), meaning, at: line.at, seq: world.seq, text: text === '' ? undefined : text };
  noteEnding(world, session, run, ending, meaning === 'done' && isSilentReply(text ?? ''));
}

function rememberCall(session: Session, callId: string, runId: string): void {
  session.openCalls.delete(callId);
  session.openCalls.set(callId, runId);
  const [oldest] = session.openCalls.keys();
  if (session.openCalls.size > REMEMBERED_CALLS && oldest !== undefined) session.openCalls.delete(oldest);
}

function idOf(line: LineSeen): string {
  return entryName(line).slice('entry:'.length);
}
