import { toPlan } from '@live-status/run-tracker';
import { idOf, type JsonObject, numberOf, objectOf, textOf } from '@live-status/transcript-parser';
import { type AgentEventReader, compactRun } from './agent-events.ts';
import { backgroundEndIn, leftCommandIn } from './background-commands.ts';
import type { ChildRuns } from './child-runs.ts';
import type { MessageReader, Reading } from './messages.ts';
import type { ModelCalls } from './model-calls.ts';
import type { Answered, EventFrame } from './observation.ts';
import type { Requests } from './requests.ts';
import { outcomeOf, type Runs } from './runs.ts';
import { type GatewaySession, isWritingPlan, noteActivity, type Sessions } from './sessions.ts';
import type { ToolCalls } from './tool-calls.ts';

/** What frames are read into. */
export interface FrameReaderOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly calls: ToolCalls;
  readonly children: ChildRuns;
  readonly agentEvents: AgentEventReader;
  readonly messages: MessageReader;
  readonly models: ModelCalls;
  readonly requests: Requests;
}

/** Reads event frames. Events that say nothing about runs are passed over. */
export class FrameReader {
  readonly #sessions: Sessions;
  readonly #runs: Runs;
  readonly #calls: ToolCalls;
  readonly #children: ChildRuns;
  readonly #agentEvents: AgentEventReader;
  readonly #messages: MessageReader;
  readonly #models: ModelCalls;
  readonly #requests: Requests;

  constructor({ sessions, runs, calls, children, agentEvents, messages, models, requests }: FrameReaderOptions) {
    this.#sessions = sessions;
    this.#runs = runs;
    this.#calls = calls;
    this.#children = children;
    this.#agentEvents = agentEvents;
    this.#messages = messages;
    this.#models = models;
    this.#requests = requests;
  }

  read({ event, payload, at }: EventFrame, from: Reading['from'] = 'live'): void {
    const reading: Reading = { from, at };
    switch (event) {
      case 'agent':
      case 'session.tool':
        this.#learnFrom(payload, at);
        this.#agentEvents.read(payload, reading);
        break;
      case 'session.message': {
        const session = this.#learnFrom(payload, at);
        const message = objectOf(payload.message);
        if (session !== undefined && message !== undefined) this.#messages.read(session, message, reading);
        break;
      }
      case 'sessions.changed':
        this.#readChange(payload, at);
        break;
      case 'session.operation':
        this.#readOperation(payload, at);
        break;
      case 'chat':
        this.#agentEvents.readDelta(payload, reading);
        break;
      case 'progressCard.changed':
        this.#readCardChange(payload, at);
        break;
      case 'task':
        this.readTask(objectOf(payload.task) ?? {}, at);
        break;
    }
  }

  /** Most frames carry the session's row, or parts of it. */
  #learnFrom(payload: JsonObject, at: number): GatewaySession | undefined {
    const key = textOf(payload.sessionKey);
    if (key === undefined || key === '') return undefined;
    const session = this.#sessions.of(key);
    const row = objectOf(payload.session);
    if (row !== undefined) this.#sessions.learnRow(session, row, at);
    return session;
  }

  #readChange(payload: JsonObject, at: number): void {
    if (payload.reason === 'delete' || payload.reason === 'reset') this.#endSession(payload, at);
    if (payload.reason === 'delete') return;
    const session = this.#learnFrom(payload, at);
    const active = objectOf(payload.session)?.hasActiveRun;
    if (session === undefined) return;
    const { phase } = payload;
    // Rows that come with the end of a run may still call it active.
    if (phase === 'end' || phase === 'error') {
      this.#expectEnds(session, phase === 'error' ? 'error' : 'done', at);
      return;
    }
    const gatewayId = idOf(payload.runId);
    if (phase === 'start' && gatewayId !== undefined) this.#runs.of(session, gatewayId, { at });
    if (active === false) this.#expectEnds(session, undefined, at);
    if (typeof active === 'boolean') noteActivity(session, active, at);
  }

  /** A row says that nothing is active: what is still open ends by its status, unless its own events come. */
  #expectEnds(session: GatewaySession, byPhase: 'error' | 'done' | undefined, at: number): void {
    const outcome = outcomeOf(session.own.status) ?? byPhase;
    if (outcome === undefined) return;
    for (const run of session.openRuns) this.#runs.expectEnd(run, { outcome: run.ending ?? outcome, at });
  }

  /** Reset or deleted: what was under way is cut, and what comes next has nothing to do with it. */
  #endSession(payload: JsonObject, at: number): void {
    const key = textOf(payload.sessionKey);
    if (key === undefined) return;
    const session = this.#sessions.of(key);
    const why = `the session was ${payload.reason === 'reset' ? 'reset' : 'deleted'}`;
    for (const run of session.openRuns) {
      const reason = run.ending === undefined ? why : undefined;
      this.#runs.end(run, { outcome: run.ending ?? 'interrupted', at, reason });
    }
    this.#sessions.drop(session, at);
  }

  #readOperation(payload: JsonObject, at: number): void {
    if (payload.operation !== 'compact' || payload.phase !== 'end' || payload.completed === false) return;
    const run = this.#learnFrom(payload, at)?.openRuns.at(-1);
    if (run !== undefined) compactRun(run, at);
  }

  /** The session's checklist was written: by a call whose arguments are known, or it has to be asked for. */
  #readCardChange(payload: JsonObject, at: number): void {
    const session = this.#learnFrom(payload, at);
    const run = session?.openRuns.at(-1);
    if (session === undefined || run === undefined) return;
    if (payload.revision === null) run.setPlan([], at);
    else if (!isWritingPlan(run)) {
      this.#requests.add({ method: 'progressCard.get', params: { sessionKey: session.own.address } });
    }
  }

  /** The answer to a request. */
  readAnswer({ at, payload, request }: Answered): void {
    const session = this.#sessions.of(request.params.sessionKey);
    const run = session.openRuns.at(-1);
    if (run === undefined) return;
    if (request.method === 'chat.history') {
      for (const open of session.openRuns) this.#models.readHistory(open, payload, at);
      return;
    }
    const card = objectOf(payload.card);
    // A card from before the run is not its own.
    if (card !== undefined && (numberOf(card.updatedAt) ?? 0) >= run.startedAt) run.setPlan(toPlan(card.steps), at);
  }

  /** What a task says of a command in the background: that there is one, and how it ended. */
  readCommand(task: JsonObject, at: number): void {
    const key = textOf(task.sessionKey);
    const left = leftCommandIn(task);
    const end = backgroundEndIn(task, at);
    if (key !== undefined && left !== undefined) this.#calls.noteCommand(this.#sessions.of(key), left, at);
    if (key !== undefined && end !== undefined) this.#sessions.of(key).endBackground(end);
  }

  /**
   * The ledger of background work: it links children to their parents, says when a result was delivered, and how commands
   * in the background ended.
   */
  readTask(task: JsonObject, at: number): void {
    const parentKey = textOf(task.sessionKey);
    const childKey = textOf(task.childSessionKey);
    this.readCommand(task, at);
    if (childKey === undefined || parentKey === undefined) return;
    // A child of a thread session has a task of its own, which does not name the parent (OpenClaw 2026.9.6).
    if (task.kind === 'cli' && parentKey === childKey) this.#children.note(childKey, task.runId);
    if (!(task.kind === 'subagent' || task.kind === 'cli') || parentKey === childKey) return;
    const parent = this.#sessions.of(parentKey);
    parent.adopt(this.#sessions.of(childKey), { at, label: textOf(task.title) });
    this.#children.note(childKey, task.runId);
    const settled = SETTLED.includes(textOf(task.deliveryStatus) ?? '');
    if (settled && task.status !== 'running') {
      parent.announce({ childKey, childRunId: idOf(task.runId) ?? '', at });
    }
  }
}

/** Delivery states of a child's result after which no announce comes. `session_queued` and `pending` are not among them. */
const SETTLED = ['delivered', 'failed', 'not_applicable', 'parent_missing'];
