import { randomUUID } from 'node:crypto';
import { delay } from '@live-status/resilience';
import { FakeGateway, FrameSession, inFlight } from '@live-status/simulators/gateway';
import type { CallResult } from '@live-status/simulators/openclaw-files';
import { type Agents, type CallOptions, type Conversation, isSubAgent, type Place } from './conversation.ts';

type Fields = Readonly<Record<string, unknown>>;

/** How many background commands the gateway still lists. */
const LISTED_TASKS = 50;
/** How many events of a run its history keeps. */
const KEPT_EVENTS = 200;
/** Histories are asked for after the sessions. */
const CAUGHT_UP_MS = 1_000;

/** Agents whose gateway sends frames, as OpenClaw 2026.9.6 does. */
export class GatewayAgents implements Agents {
  readonly gateway: FakeGateway;
  readonly oldFiles = 0;
  readonly #rows = new Map<string, Fields>();
  #life = new AbortController();
  #up = Promise.resolve();

  static async start(): Promise<GatewayAgents> {
    return new GatewayAgents(await FakeGateway.listen());
  }

  private constructor(gateway: FakeGateway) {
    this.gateway = gateway;
  }

  get died(): AbortSignal {
    return this.#life.signal;
  }

  converse({ channelId, rootId }: Place): Conversation {
    const key = `agent:main:mattermost:channel:${channelId}${rootId === undefined ? '' : `:thread:${rootId}`}`;
    return new FrameConversation(this, key);
  }

  up(): Promise<void> {
    return this.#up;
  }

  /** Notes what the gateway answers about a session. */
  note(row: Fields & { readonly key: string }, history: Fields | undefined): void {
    this.#rows.set(row.key, row);
    if (history === undefined) this.gateway.histories.delete(row.key);
    else this.gateway.histories.set(row.key, history);
    this.gateway.rows = [...this.#rows.values()];
  }

  /** The gateway has no such session any more. */
  forget(key: string): void {
    this.#rows.delete(key);
    this.gateway.histories.delete(key);
    this.gateway.rows = [...this.#rows.values()];
  }

  restart(downMs: number): Promise<void> {
    this.#up = this.#restart(downMs);
    return this.#up;
  }

  async #restart(downMs: number): Promise<void> {
    const { gateway } = this;
    this.#life.abort(new Error('The gateway died.'));
    gateway.bootId = randomUUID();
    gateway.histories.clear();
    gateway.tasks = [];
    for (const [key, row] of this.#rows) {
      if (row.hasActiveRun === true) this.#rows.set(key, { ...row, hasActiveRun: false });
    }
    gateway.rows = [...this.#rows.values()];
    gateway.reception = 'starting';
    gateway.drop();
    await delay(downMs);
    gateway.reception = 'open';
    await this.#caughtUp();
    // Nobody goes on with a sub-agent.
    for (const key of [...this.#rows.keys()].filter(isSubAgent)) {
      gateway.send('sessions.changed', { sessionKey: key, reason: 'delete' });
      this.forget(key);
    }
    this.#life = new AbortController();
  }

  loseConnection(forMs: number): Promise<void> {
    this.#up = this.#lose(forMs);
    return this.#up;
  }

  async #lose(forMs: number): Promise<void> {
    this.gateway.reception = 'starting';
    this.gateway.drop();
    await delay(forMs);
    this.gateway.reception = 'open';
    await this.#caughtUp();
  }

  /** The daemon is back and knows what it missed. What happens in that moment is another test's. */
  async #caughtUp(): Promise<void> {
    this.gateway.asked.length = 0;
    await this.gateway.until(() => this.gateway.asked.some(({ method }) => method === 'sessions.list'));
    await delay(CAUGHT_UP_MS);
  }

  tidy(): void {
    this.gateway.asked.length = 0;
    this.gateway.connects.length = 0;
    (this.gateway.closes as unknown[]).length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close();
  }
}

class FrameConversation implements Conversation {
  readonly endsWithFailedAttempt = false;
  readonly #agents: GatewayAgents;
  readonly #more: Fields;
  readonly #sessionId = randomUUID();
  readonly #sentTo: { send(event: string, payload: unknown): void };
  /** What the run in flight did, as `chat.history` tells it. */
  #events: Fields[] = [];
  #asked: Fields | undefined;
  #frames: FrameSession;
  #hasBegun = false;

  constructor(agents: GatewayAgents, key: string, more: Fields = {}) {
    this.#agents = agents;
    this.#more = more;
    this.#sentTo = { send: (event, payload) => this.#send(event, payload as Fields) };
    this.#frames = new FrameSession(this.#sentTo, key, randomUUID(), more);
  }

  begin(text: string): void {
    // A sub-agent's first run was named when it was spawned.
    this.#next(this.#hasBegun ? randomUUID() : this.#frames.runId);
    this.#hasBegun = true;
    this.#asked = { role: 'user', content: text, __openclaw: { id: randomUUID(), recordTimestampMs: Date.now() } };
    this.#frames.begin(text);
  }

  call(callId: string, command: string, { tool = 'exec', args = { command }, say }: CallOptions = {}): void {
    this.#frames.call(callId, args, { tool, ...(say !== undefined && { say }) });
  }

  result(callId: string, options?: CallResult): void {
    const name = options?.details?.sessionId;
    if (options?.details?.status === 'running' && typeof name === 'string') this.#task(name, { status: 'running' });
    this.#frames.result(callId, options);
  }

  askApproval(callId: string): void {
    this.#frames.lifecycle({ phase: 'waiting-approval', approvalId: `approval-${callId}`, toolCallId: callId });
  }

  decide(callId: string): void {
    this.#frames.lifecycle({ phase: 'approval-resolved', approvalId: `approval-${callId}`, toolCallId: callId });
  }

  endBackground(name: string): void {
    this.#task(name, { status: 'completed', endedAt: Date.now() });
  }

  failAttempt(): void {
    const errorObservation = { failoverReason: 'rate_limit' };
    this.#frames.lifecycle({ phase: 'finishing', error: '429', errorObservation }).lifecycle({ phase: 'start' });
  }

  fallBack(): void {
    const step = { fallbackStepFinalOutcome: 'next_fallback', fallbackStepToModel: 'mock/mock-2' };
    this.#frames
      .lifecycle({ phase: 'finishing', error: '402', errorObservation: { failoverReason: 'billing' } })
      .lifecycle({ phase: 'fallback_step', fallbackStepFromFailureReason: 'billing', ...step })
      .lifecycle({ phase: 'start' });
  }

  compact(): void {
    this.#frames.agent('compaction', { phase: 'start' }).agent('compaction', { phase: 'end', completed: true });
  }

  spawn(callId: string, label: string): Conversation {
    const childKey = `agent:main:subagent:${randomUUID()}`;
    const child = new FrameConversation(this.#agents, childKey, { spawnedBy: this.#frames.key });
    const task = { kind: 'subagent', sessionKey: this.#frames.key, childSessionKey: childKey, title: label };
    this.#frames.send('task', { task: { ...task, runId: child.#frames.runId, status: 'running' } });
    this.#frames.result(callId, { tool: 'sessions_spawn', details: { status: 'accepted', childSessionKey: childKey } });
    return child;
  }

  beginAnnounced(child: Conversation): void {
    if (!(child instanceof FrameConversation)) throw new TypeError('The sub-agent sends no frames.');
    this.#asked = undefined;
    this.#next(`announce:v1:${child.#frames.key}:${child.#frames.runId}`);
    this.#frames.lifecycle({ phase: 'start' });
  }

  answer(text: string): void {
    this.#frames.answer(text);
    this.#tellRow('end', this.#note('done'));
  }

  fail(reason: string): void {
    this.#frames.fail(reason);
    this.#tellRow('end', this.#note('failed'));
  }

  abort(): void {
    this.#frames.lifecycle({ phase: 'end', status: 'cancelled', aborted: true, stopReason: 'rpc' });
    this.#tellRow('end', this.#note('killed'));
  }

  archive(how: 'reset' | 'deleted'): void {
    this.#frames.send('sessions.changed', { reason: how === 'reset' ? 'reset' : 'delete' });
    this.#agents.forget(this.#frames.key);
  }

  #next(runId: string): void {
    this.#events = [];
    this.#frames = new FrameSession(this.#sentTo, this.#frames.key, runId, this.#more);
    this.#tellRow('start', this.#note('running'));
  }

  /** Frames go to whoever is connected, and into the history of the run. */
  #send(event: string, payload: Fields): void {
    if (event === 'agent') {
      this.#events.push({ stream: payload.stream, data: payload.data });
      if (this.#events.length > KEPT_EVENTS) this.#events.shift();
      this.#note('running');
    }
    this.#agents.gateway.send(event, payload);
  }

  /** Notes what the gateway answers about the session from now on. Returns its row. */
  #note(status: 'running' | 'done' | 'failed' | 'killed'): Fields & { readonly key: string } {
    const isRunning = status === 'running';
    const { key, runId } = this.#frames;
    const row = { key, sessionId: this.#sessionId, status, hasActiveRun: isRunning, ...this.#more };
    const messages = this.#asked === undefined ? [] : [this.#asked];
    const history = isRunning ? { ...inFlight(runId, ...this.#events), messages } : undefined;
    this.#agents.note(row, history);
    return row;
  }

  #tellRow(phase: 'start' | 'end', row: Fields): void {
    this.#frames.send('sessions.changed', { phase, runId: this.#frames.runId, session: row });
  }

  #task(name: string, change: Fields): void {
    const { gateway } = this.#agents;
    const known = { kind: 'exec', sessionKey: this.#frames.key, sourceId: name, runId: `exec:${name}` };
    const task = { ...known, startedAt: Date.now(), ...change };
    gateway.tasks = [...gateway.tasks.filter(({ sourceId }) => sourceId !== name), task].slice(-LISTED_TASKS);
    gateway.send('task', { task });
  }
}
