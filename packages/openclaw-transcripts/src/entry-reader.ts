import { filesChangedBy, isPlanTool, isSecret, outcomeOfTool, planIn, questionIn } from '@live-status/run-tracker';
import {
  type AssistantEntry,
  type CustomEntry,
  type CustomMessageEntry,
  callsOf,
  type EndingMeaning,
  endingMeaning,
  isMirror,
  isSilentReply,
  joinText,
  readUserLine,
  resultsIn,
  stopText,
  type ToolCallBlock,
  type ToolResult,
  type TranscriptEntry,
  toolNameOf,
  type UserEntry,
  type UserLine,
  wasAborted,
} from '@live-status/transcript-parser';
import { endIn, rememberCommand, reportNotices } from './background-commands.ts';
import { noteModelCall, noteModelChange } from './model-calls.ts';
import type { LineSeen } from './observation.ts';
import { hasAnswered, hasOpenCall, type RunEnds } from './run-end.ts';
import { announceChildren, beginRun, identifyRun, idOf, isSameOrigin, routeRun } from './runs.ts';
import {
  type DirectRun,
  type OpenCall,
  openRun,
  type Sessions,
  type TranscriptRun,
  type TranscriptSession,
} from './sessions.ts';

/** Calls without a result that a session remembers. */
const REMEMBERED_CALLS = 128;

type LineOf<E extends TranscriptEntry> = Omit<LineSeen, 'entry'> & { readonly entry: E };

/** Reads the new entries of sessions: what they say about runs, and what happened in them. */
export class EntryReader {
  readonly #sessions: Sessions;
  readonly #ends: RunEnds;

  constructor(sessions: Sessions, ends: RunEnds) {
    this.#sessions = sessions;
    this.#ends = ends;
  }

  read(session: TranscriptSession, line: LineSeen): void {
    const { entry } = line;
    session.own.locks.releaseDropped(line.at);
    const results = resultsIn(entry);
    if (entry.kind === 'assistant') this.#readAssistant(session, { ...line, entry }, results);
    else if (results.length > 0) this.#readResults(session, line, results);
    else if (entry.kind === 'user') this.#readUser(session, { ...line, entry });
    else if (entry.kind === 'custom' || entry.kind === 'custom-message') this.#readMarker(session, { ...line, entry });
    else if (entry.kind === 'compaction') {
      openRun(session)?.report({ type: 'compacted', at: line.at, entryId: idOf(line) });
    }
    if (entry.kind === 'user' || (entry.kind === 'assistant' && !isMirror(entry))) {
      session.own.lastMessageAt = entry.recordedAt ?? session.own.lastMessageAt;
    }
    const run = openRun(session);
    if (run === undefined) return;
    noteModelChange(run, entry, line.at);
    session.own.locks.forgetOpenings();
  }

  #readUser(session: TranscriptSession, line: LineOf<UserEntry>): void {
    const { at } = line;
    const user = readUserLine(line.entry);
    reportNotices(session, line.entry, at);
    const open = openRun(session);
    if (open?.isIdentified && this.#opensRun(open, line.entry, user)) {
      const { lastLineAt } = open.own;
      if (user.kind === 'resume' && !hasAnswered(open)) {
        this.#ends.end(open, { outcome: 'interrupted', at, endedAt: lastLineAt });
      } else this.#ends.endByLastEntry(open, at, lastLineAt);
    }
    const run = openRun(session) ?? this.#begin(session, line);
    if (!run.isIdentified) identifyRun(run, line, user);
    else if (user.kind === 'announce') announceChildren(session, user.announced, at);
    else if (user.kind === 'message') joinRun(run, user, at);
    this.#note(run, line);
  }

  /** A message after an ending entry starts a run, unless it is the same one sent again after an error. */
  #opensRun(run: TranscriptRun, entry: UserEntry, user: UserLine): boolean {
    if (user.kind === 'resume') return true;
    const last = run.own.endings.at(-1);
    if (last === undefined) return false;
    if (last.meaning === 'error' || last.meaning === 'refused') return entry.text !== run.own.userText;
    // Read at start-up, where locks say nothing: a call that got no result before the next message was cut.
    if (last.meaning === 'open') return !this.#ends.isLive && hasOpenCall(run);
    return true;
  }

  #readAssistant(session: TranscriptSession, line: LineOf<AssistantEntry>, results: readonly ToolResult[]): void {
    const { entry, at } = line;
    if (isMirror(entry)) return;
    const run = this.#runForReply(session, line);
    const entryId = idOf(line);
    const { usage } = entry;
    if (usage !== undefined && usage.input + usage.output + usage.cacheRead + usage.cacheWrite > 0) {
      run.report({ type: 'usage', at, entryId, ...usage });
    }
    noteContext(run, entry, at);
    noteModelCall(run, entry, at);
    const calls = callsOf(entry, entryId);
    const text = joinText(entry.blocks).trim();
    if (calls.length > 0 && text !== '') run.report({ type: 'commentary', at, entryId, text });
    for (const call of calls) startCall(run, call, { at, entryId });
    for (const result of results) this.#endCall(session, line, result);
    this.#note(run, line, stopText(entry) ?? text);
  }

  /** The run an assistant line belongs to. One that answers no user line, after a child's end, is an announce run. */
  #runForReply(session: TranscriptSession, line: LineSeen): TranscriptRun {
    const open = openRun(session);
    const isAnswered = open?.isIdentified && hasAnswered(open) && open.own.endings.at(-1)?.meaning !== 'error';
    if (open !== undefined && isAnswered && session.pendingAnnounces.size > 0) {
      this.#ends.endByLastEntry(open, line.at, open.own.lastLineAt);
    }
    const run = openRun(session) ?? this.#begin(session, line);
    if (!run.isIdentified) identifyRun(run, line);
    return run;
  }

  #readResults(session: TranscriptSession, line: LineSeen, results: readonly ToolResult[]): void {
    for (const result of results) {
      const run = this.#endCall(session, line, result);
      // What an aborted call leaves behind does not undo the abort.
      if (run !== undefined && run.own.endings.at(-1)?.meaning !== 'aborted') this.#note(run, line);
    }
  }

  /** A call ended. Returns the open run it belongs to, if that is still open. */
  #endCall(session: TranscriptSession, line: LineSeen, given: ToolResult): TranscriptRun | undefined {
    const { at } = line;
    const callId = given.callId === '' ? callWithoutId(session, given.tool) : given.callId;
    const call = session.own.openCalls.get(callId);
    const result = { ...given, callId, tool: given.tool === '' ? (call?.tool ?? '') : given.tool };
    const owner = call?.runId;
    session.own.openCalls.delete(callId);
    const end = endIn(result, at);
    if (end !== undefined) session.endBackground(end);
    const run = owner === undefined ? this.#runForReply(session, line) : openRun(session);
    const outcome = outcomeOfTool(result);
    const files = outcome.outcome === 'ok' ? (call?.files ?? []) : [];
    const backgroundId = outcome.outcome === 'background' ? result.processId : undefined;
    if (backgroundId !== undefined) rememberCommand(session, backgroundId);
    const ended = {
      type: 'tool-ended',
      ...{ at, entryId: idOf(line), callId, tool: result.tool, ...outcome },
      ...(files.length === 0 ? {} : { filesChanged: files }),
      ...(backgroundId === undefined ? {} : { backgroundId }),
    } as const;
    if (call?.isPlan !== true && !isPlanTool(result.tool)) {
      if (run !== undefined && (owner === undefined || owner === run.runId)) run.report(ended);
      else session.reportLate(owner ?? '', ended);
    }
    if (outcome.spawned !== undefined) session.adopt(this.#sessions.of(outcome.spawned), { at });
    return owner === undefined || owner === run?.runId ? run : undefined;
  }

  #readMarker(session: TranscriptSession, line: LineOf<CustomEntry | CustomMessageEntry>): void {
    const { entry } = line;
    const error = entry.kind === 'custom' && typeof entry.data.error === 'string' ? entry.data.error : undefined;
    const run = openRun(session);
    if (run !== undefined) this.#note(run, line, error);
  }

  /** Remembers an ending-relevant entry of a run and reports what it changes. */
  #note(run: TranscriptRun, line: LineSeen, text?: string): void {
    const meaning = endingOf(run, line.entry);
    if (meaning === undefined) return;
    const { at } = line;
    run.own.lastLineAt = at;
    const ending = {
      entryId: idOf(line),
      meaning,
      at,
      readIn: this.#sessions.observation,
      text: text === '' ? undefined : text,
    };
    const isAnswer = meaning === 'done' || meaning === 'unclear';
    this.#ends.noteEnding(run, ending, isAnswer && isSilentReply(text ?? ''));
  }

  #begin(session: TranscriptSession, line: LineSeen): TranscriptRun {
    return beginRun(session, { at: line.at, line, isLive: this.#ends.isLive });
  }
}

/** What an entry says about the end of its run. The abort of an answer in which a run yielded is no abort of the run. */
function endingOf({ own }: TranscriptRun, entry: TranscriptEntry): EndingMeaning {
  const results = resultsIn(entry);
  own.hasYielded ||= results.some(({ status, tool }) => toolNameOf(tool) === 'sessions_yield' && status === 'yielded');
  if (entry.kind === 'assistant' && wasAborted(entry) && own.hasYielded) return 'waiting';
  if (entry.kind === 'assistant' || (entry.kind === 'user' && results.length === 0)) own.hasYielded = false;
  return endingMeaning(entry);
}

/** A message joined a run that goes on: on a key that people share it may be somebody else's. */
function joinRun(run: TranscriptRun, joining: UserLine, at: number): void {
  const { direct, user } = run.own;
  if (direct !== undefined) {
    joinDirectRun(direct, { user, joining });
    routeRun(run.session, at);
    return;
  }
  const [first] = user?.inbound ?? [];
  if (user === undefined || first === undefined) return;
  // A message that says nothing about its origin (web chat, command line) is somebody else's, too.
  const other = (joining.inbound.length === 0 ? [{}] : joining.inbound).find((one) => !isSameOrigin(one, first));
  if (other === undefined) return;
  run.own.user = { ...user, inbound: [first, other] };
  routeRun(run.session, at);
}

/** Another direct message does not say whose it is: the catalog does, now or when it is read next. */
function joinDirectRun(
  direct: DirectRun,
  { joining, user }: { readonly joining: UserLine; readonly user: UserLine | undefined },
): void {
  // The same message again, after an error.
  if (joining.text === user?.text && joining.direct !== undefined) return;
  if (joining.direct?.isOwner === direct.message.isOwner) direct.isJoined = true;
  else direct.isShared = true;
}

/** How full the context is after this answer; of a model that is not the selected one it is not known how much it takes. */
function noteContext(run: TranscriptRun, { contextTokens: usedTokens = 0, model }: AssistantEntry, at: number): void {
  const { contextTokens: windowTokens = 0, model: selected } = run.session.own.entry ?? {};
  if (usedTokens <= 0 || windowTokens <= 0 || (selected !== undefined && model !== undefined && model !== selected))
    return;
  run.report({ type: 'context-used', at, usedTokens, windowTokens });
}

/** A call is made: shown as a line, as the plan it writes, as the question it asks. */
function startCall(
  run: TranscriptRun,
  { args, callId, tool }: ToolCallBlock,
  { at, entryId }: { readonly at: number; readonly entryId: string },
): void {
  const plan = planIn(tool, args);
  const isPlan = plan !== undefined || isPlanTool(tool);
  rememberCall(run.session, callId, { runId: run.runId, tool, isPlan, files: filesChangedBy({ tool, args }) });
  if (plan !== undefined) run.setPlan(plan, at);
  if (isPlan) return;
  const question = questionIn({ tool, args, startedAt: at });
  run.report({ type: 'tool-started', at, entryId, callId, tool, args: isSecret(tool, question) ? {} : args });
  if (question !== undefined) run.report({ type: 'question-asked', at, callId, question });
}

/** The call whose result names no call: the first open one of its tool. */
function callWithoutId({ own: { openCalls } }: TranscriptSession, tool: string): string {
  for (const [callId, call] of openCalls) if (tool === '' || call.tool === tool) return callId;
  return '';
}

function rememberCall({ own: { openCalls } }: TranscriptSession, callId: string, call: OpenCall): void {
  openCalls.delete(callId);
  openCalls.set(callId, call);
  const [oldest] = openCalls.keys();
  if (openCalls.size > REMEMBERED_CALLS && oldest !== undefined) openCalls.delete(oldest);
}
