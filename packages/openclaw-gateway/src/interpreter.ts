import { RunTracker } from '@live-status/run-tracker';
import type { ResumeToken, SessionEvent } from '@live-status/session-state';
import { AgentEventReader } from './agent-events.ts';
import { ChildRuns } from './child-runs.ts';
import { FrameReader } from './frames.ts';
import { MessageReader } from './messages.ts';
import { ModelCalls } from './model-calls.ts';
import type { GatewayRequest, Met, Observation } from './observation.ts';
import { Reconnect } from './reconnect.ts';
import { Requests } from './requests.ts';
import { runsIn } from './resume-token.ts';
import { Runs } from './runs.ts';
import { Sessions, type Tracker } from './sessions.ts';
import { ToolCalls } from './tool-calls.ts';
import { Unanswered } from './unanswered.ts';

/** Ended runs that are remembered, so that what comes late does not start them again. */
const REMEMBERED_RUNS = 512;

/** Options of {@link createInterpreter}. */
export interface InterpreterOptions {
  /** How long the gateway may be unreachable before its runs are given up as interrupted, milliseconds. Default 120 000. */
  readonly graceMs?: number;
  /** Tokens of runs that a previous process left open: taken up where they go on, ended as their sessions say where they do not. Default: none. */
  readonly resumeTokens?: readonly ResumeToken[];
}

/**
 * Turns what a gateway reports into session events. Deterministic: no clock, no IO; the same observations give the same
 * events.
 */
export interface Interpreter {
  /** The events an observation brings about, in order. */
  observe(seen: Observation): readonly SessionEvent[];
  /** When a `tick` changes something, milliseconds since the epoch; `undefined`: not before the next observation. */
  nextDeadline(): number | undefined;
  /** Keys, as the gateway knows them, of sessions with a run that has not ended, or was given up: their history says how it went on. */
  openSessions(): readonly string[];
  /** What to ask the gateway for because of what was observed; the answers are observed (`answered`). Not answered is fine. */
  takeRequests(): readonly GatewayRequest[];
}

/** Creates an interpreter for the frames of one gateway. */
export function createInterpreter(options: InterpreterOptions = {}): Interpreter {
  return new GatewayInterpreter(options);
}

class GatewayInterpreter implements Interpreter {
  readonly #tracker: Tracker = new RunTracker({ rememberedRuns: REMEMBERED_RUNS });
  readonly #runs: Runs;
  readonly #frames: FrameReader;
  readonly #reconnect: Reconnect;
  readonly #sessions: Sessions;
  readonly #requests = new Requests();
  readonly #calls: ToolCalls;
  readonly #unanswered = new Unanswered();

  constructor({ graceMs = 120_000, resumeTokens = [] }: InterpreterOptions) {
    const tracker = this.#tracker;
    const sessions = new Sessions(tracker);
    const children = new ChildRuns(tracker);
    const runs = new Runs(tracker, children);
    const unanswered = this.#unanswered;
    const calls = new ToolCalls({ sessions, runs, unanswered });
    const models = new ModelCalls(this.#requests);
    const messages = new MessageReader({ runs, calls, children, models });
    const agentEvents = new AgentEventReader({ sessions, runs, calls, children, models, unanswered });
    const requests = this.#requests;
    const frames = new FrameReader({ sessions, runs, calls, children, agentEvents, messages, models, requests });
    const resumed = runsIn(resumeTokens);
    this.#sessions = sessions;
    this.#runs = runs;
    this.#calls = calls;
    this.#frames = frames;
    const readers = { tracker, sessions, runs, messages, agentEvents, frames };
    this.#reconnect = new Reconnect({ ...readers, unanswered, graceMs, resumed });
  }

  observe(seen: Observation): readonly SessionEvent[] {
    this.#runs.endOverdue(seen.at);
    this.#reconnect.tick(seen.at);
    // What is not heard now may be said when the gateway is reached again.
    if (!this.#reconnect.isLost) this.#calls.endUnanswered(seen.at);
    if (seen.type === 'frame') this.#frames.read(seen);
    else if (seen.type === 'caught-up') this.#reconnect.catchUp(seen);
    else if (seen.type === 'met') this.#meet(seen);
    else if (seen.type === 'answered') this.#frames.readAnswer(seen);
    else if (seen.type === 'lost') this.#reconnect.lose(seen.at);
    return this.#tracker.takeEvents();
  }

  #meet({ at, bootId, controlUiUrl }: Met): void {
    this.#runs.bootId = bootId;
    this.#sessions.setControlUi(controlUiUrl, at);
  }

  takeRequests(): readonly GatewayRequest[] {
    return this.#requests.take();
  }

  nextDeadline(): number | undefined {
    const ofWaits = this.#reconnect.isLost ? undefined : this.#unanswered.nextDeadline();
    const deadlines = [this.#runs.nextDeadline(), this.#reconnect.nextDeadline(), ofWaits];
    const next = Math.min(...deadlines.map((at) => at ?? Number.POSITIVE_INFINITY));
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  openSessions(): readonly string[] {
    return this.#reconnect.openSessions();
  }
}
