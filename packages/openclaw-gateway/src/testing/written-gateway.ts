import type { RecordedFrame } from '@live-status/simulators/gateway';
import type { JsonObject } from '@live-status/transcript-parser';
import fc from 'fast-check';

/** What a call does. */
export type WrittenCall =
  | { readonly kind: 'exec'; readonly exitCode: number }
  | { readonly kind: 'read'; readonly isError: boolean }
  /** The command is approved, or not, after some time. */
  | { readonly kind: 'approval'; readonly isDenied: boolean }
  | { readonly kind: 'question' }
  | { readonly kind: 'plan'; readonly steps: number }
  /** A child works on its own, and its end is announced after the run. */
  | { readonly kind: 'child'; readonly calls: number }
  /** The command goes on in the background, and ends later. */
  | { readonly kind: 'background'; readonly exitCode: number };

/** What the model does in a run, once it is asked. */
export type WrittenTurn =
  | { readonly do: 'calls'; readonly text: string; readonly calls: readonly WrittenCall[]; readonly ms: number }
  /** The model fails, and is asked again. */
  | { readonly do: 'retry' };

/** A run, and how it ends. */
export interface WrittenRun {
  /** Of a Mattermost channel, or of a person at the web page. */
  readonly isOfChannel: boolean;
  readonly turns: readonly WrittenTurn[];
  readonly end: 'done' | 'error';
  readonly pauseMs: number;
}

const KEYS = {
  channel: 'agent:main:mattermost:channel:town:thread:root1',
  web: 'agent:main:main',
} as const;

/** The row of a session in which a run is active. */
const RUNNING = { status: 'running', hasActiveRun: true, lastRunId: null } as const;

const call: fc.Arbitrary<WrittenCall> = fc.oneof(
  fc.record({ kind: fc.constant('exec' as const), exitCode: fc.constantFrom(0, 0, 3) }),
  fc.record({ kind: fc.constant('read' as const), isError: fc.boolean() }),
  fc.record({ kind: fc.constant('approval' as const), isDenied: fc.boolean() }),
  fc.record({ kind: fc.constant('question' as const) }),
  fc.record({ kind: fc.constant('plan' as const), steps: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('child' as const), calls: fc.nat(2) }),
  fc.record({ kind: fc.constant('background' as const), exitCode: fc.constantFrom(0, 1) }),
);

const turn: fc.Arbitrary<WrittenTurn> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('calls' as const),
      text: fc.constantFrom('', 'Let me look.'),
      calls: fc.array(call, { minLength: 1, maxLength: 3 }),
      ms: fc.constantFrom(5, 400, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'retry' as const }) },
);

/** A small grammar of what agents do: runs in two sessions, one after the other. */
export const writtenRuns: fc.Arbitrary<readonly WrittenRun[]> = fc.array(
  fc
    .record({
      isOfChannel: fc.boolean(),
      turns: fc.array(turn, { maxLength: 4 }),
      end: fc.constantFrom('done', 'done', 'error'),
      pauseMs: fc.constantFrom(2_500, 20_000),
    })
    // The run that announces a child ends the box, as it ends itself.
    .map(
      (run): WrittenRun =>
        hasCall(run, ['child']) ? { ...run, turns: withChildrenAlone(run.turns), end: 'done' } : run,
    ),
  { minLength: 1, maxLength: 3 },
);

/** Whether a child, or a call that was made with it, is told of first is chance when nobody was connected. */
function withChildrenAlone(turns: readonly WrittenTurn[]): readonly WrittenTurn[] {
  return turns.map((each) => {
    if (each.do !== 'calls') return each;
    const children = each.calls.filter(({ kind }) => kind === 'child');
    return children.length === 0 ? each : { ...each, calls: children };
  });
}

/** Whether a run has a call of one of these kinds. */
function hasCall({ turns }: Pick<WrittenRun, 'turns'>, kinds: readonly WrittenCall['kind'][]): boolean {
  return turns.some((each) => each.do === 'calls' && each.calls.some(({ kind }) => kinds.includes(kind)));
}

/** Writes what an OpenClaw 2026.9.6 gateway says of runs to who has subscribed to everything. */
export function writeFrames(runs: readonly WrittenRun[]): readonly RecordedFrame[] {
  const writer = new FrameWriter();
  for (const [index, run] of runs.entries()) writer.run(run, `run-${index + 1}`);
  writer.finish();
  return writer.frames;
}

class FrameWriter {
  readonly frames: RecordedFrame[] = [];
  #now = 1_796_000_000_000;
  #calls = 0;
  #messages = 0;
  /** What goes on without its run: commands, and children. */
  #goingOn: (() => void)[] = [];

  run({ isOfChannel, turns, end, pauseMs }: WrittenRun, runId: string): void {
    const own = new RunFrames(this, { runId, key: isOfChannel ? KEYS.channel : KEYS.web });
    own.begin();
    for (const each of turns) own.turn(each);
    own.end(end);
    this.wait(pauseMs);
    for (const goOn of this.#goingOn.splice(0)) goOn();
    this.wait(20_000);
  }

  finish(): void {
    this.wait(5_000);
    this.tell('health', {});
  }

  get now(): number {
    return this.#now;
  }

  wait(ms: number): void {
    this.#now += ms;
  }

  nextCall(): string {
    this.#calls += 1;
    return `call_${this.#calls}`;
  }

  nextMessage(): string {
    this.#messages += 1;
    return `message-${this.#messages}`;
  }

  tell(event: string, payload: JsonObject): void {
    this.#now += 3;
    this.frames.push({ t: this.#now, type: 'event', event, payload: { ts: this.#now, ...payload } });
  }

  /** Goes on until after the run. */
  later(goOn: () => void): void {
    this.#goingOn.push(goOn);
  }
}

/** The frames of one run. */
class RunFrames {
  readonly #writer: FrameWriter;
  readonly #runId: string;
  readonly #key: string;
  readonly #isOfChannel: boolean;
  /** Of a child: whose it is. */
  readonly #parentKey: string | undefined;
  readonly #label: string | undefined;
  #startedAt = 0;
  #seq = 0;

  constructor(
    writer: FrameWriter,
    {
      runId,
      key,
      parentKey,
      label,
    }: { readonly runId: string; readonly key: string; readonly parentKey?: string; readonly label?: string },
  ) {
    this.#writer = writer;
    this.#runId = runId;
    this.#key = key;
    this.#parentKey = parentKey;
    this.#label = label;
    this.#isOfChannel = key === KEYS.channel;
  }

  begin(): void {
    this.#row({ reason: this.#parentKey === undefined ? 'send' : 'create' }, RUNNING);
    const idempotencyKey = this.#isOfChannel ? `channel-user:v1:${this.#runId}` : `${this.#runId}:user`;
    const transport = { channel: this.#isOfChannel ? 'mattermost' : 'webchat' };
    this.#message({ role: 'user', content: 'Please go on.', idempotencyKey }, { transport, turnBoundary: true });
    this.#writer.wait(200);
    this.#start();
  }

  /** Tells the parent how the child ended. */
  announce(): void {
    this.#start();
    this.end('done');
  }

  #start(): void {
    this.#startedAt = this.#writer.now;
    this.#agent('lifecycle', { phase: 'start', startedAt: this.#startedAt });
    this.#row({ phase: 'start', runId: this.#runId }, RUNNING);
  }

  turn(turn: WrittenTurn): void {
    this.#writer.wait(300);
    if (turn.do === 'retry') {
      const errorObservation = { failoverReason: 'server_error' };
      this.#agent('lifecycle', { phase: 'finishing', error: '500 The server had an error', errorObservation });
      this.#writer.wait(2_000);
      this.#agent('lifecycle', { phase: 'start', startedAt: this.#startedAt });
      return;
    }
    const calls = turn.calls.map((each) => new CallFrames(each, this.#writer.nextCall()));
    this.#preamble(turn.text);
    const content = calls.map(({ outer: { id, tool, args } }) => ({
      type: 'toolCall',
      id,
      name: tool,
      arguments: args,
    }));
    this.#answer({ content, stopReason: 'toolUse' });
    for (const each of calls) this.#startCall(each);
    for (const each of calls) {
      this.#writer.wait(turn.ms);
      this.#finish(each);
    }
  }

  end(how: WrittenRun['end']): void {
    this.#writer.wait(400);
    const ends = { startedAt: this.#startedAt, endedAt: this.#writer.now + 6, executionSettled: true };
    if (how === 'done') {
      this.#answer({ content: [{ type: 'text', text: 'All is done.' }], stopReason: 'stop' });
      const terminalReply = { disposition: 'visible', text: 'All is done.' };
      this.#agent('lifecycle', { phase: 'end', stopReason: 'stop', aborted: false, terminalReply, ...ends });
    } else {
      this.#answer({ content: [], stopReason: 'error', errorMessage: 'The model is gone.' });
      this.#agent('lifecycle', { phase: 'error', error: 'The model is gone.', ...ends });
    }
    const status = how === 'done' ? 'done' : 'failed';
    const row = {
      status,
      hasActiveRun: false,
      lastRunId: this.#runId,
      endedAt: ends.endedAt,
      startedAt: this.#startedAt,
    };
    this.#row({ phase: how === 'error' ? 'error' : 'end', runId: this.#runId }, row);
  }

  #startCall(started: CallFrames): void {
    const { call, inner, outer } = started;
    started.startedAt = this.#writer.now;
    if (inner !== outer) this.#tool({ phase: 'start', name: outer.tool, toolCallId: outer.id, args: outer.args });
    const { id, parent, tool, args } = inner;
    this.#item({
      toolCallId: id,
      name: tool,
      phase: 'start',
      status: 'running',
      title: `Tool ${id}`,
      startedAt: started.startedAt,
    });
    this.#tool({ phase: 'start', name: tool, toolCallId: id, ...parent, args });
    if (call.kind === 'approval') {
      this.#agent('lifecycle', { phase: 'waiting-approval', approvalId: `approval-${id}`, toolCallId: id });
    }
  }

  #finish(finished: CallFrames): void {
    const { call, inner, outer, isError } = finished;
    const { id, parent, tool, args } = inner;
    const result = finished.result();
    if (call.kind === 'approval') {
      this.#agent('lifecycle', { phase: 'approval-resolved', approvalId: `approval-${id}`, toolCallId: id });
    }
    if (call.kind === 'background') this.#leave(finished);
    this.#tool({ phase: 'result', name: tool, toolCallId: id, ...parent, isError, result });
    const hasFailed = isError || (result.details.exitCode ?? 0) !== 0;
    this.#item({
      toolCallId: id,
      name: tool,
      phase: 'end',
      status: hasFailed ? 'failed' : 'completed',
      title: `Tool ${id}`,
      startedAt: finished.startedAt,
      endedAt: this.#writer.now,
    });
    if (call.kind === 'child') this.#spawn(finished, call.calls);
    if (inner === outer) return;
    const recorded = { toolCallId: id, toolName: tool, isError, ...result, ...parent };
    const content = [
      { type: 'toolCall', id, runId: this.#runId, name: tool, arguments: args, ...parent },
      { type: 'toolResult', runId: this.#runId, ...recorded },
    ];
    this.#message({ role: 'custom', customType: 'openclaw.nested-tool.v1', content }, { runId: this.#runId });
    this.#tool({
      phase: 'result',
      name: outer.tool,
      toolCallId: outer.id,
      isError,
      result: { content: result.content },
    });
  }

  /** A command goes on without the run. */
  #leave({ call, inner, outer }: CallFrames): void {
    const exitCode = call.kind === 'background' ? call.exitCode : 0;
    const [sourceId, command] = [`command-${outer.id}`, String(inner.args.command)];
    const startedAt = this.#writer.now;
    const tell = (task: JsonObject): void => {
      const named = { id: `task-${sourceId}`, kind: 'exec', title: command, startedAt };
      const told = { ...named, sessionKey: this.#key, sourceId, runId: `exec:${sourceId}`, ...task };
      this.#writer.tell('task', { action: 'upserted', task: told });
    };
    tell({ status: 'running' });
    this.#writer.later(() => {
      this.#writer.wait(200);
      const failed = { status: 'failed', error: `Command failed (exit code ${exitCode})` };
      tell({ ...(exitCode === 0 ? { status: 'completed' } : failed), endedAt: this.#writer.now });
    });
  }

  /** A child begins at once, works when the run is over, and is announced. */
  #spawn({ childKey: key, childRunId: runId, inner }: CallFrames, calls: number): void {
    const label = String(inner.args.label);
    const child = new RunFrames(this.#writer, { runId, key, parentKey: this.#key, label });
    child.begin();
    this.#writer.later(() => {
      const exec = { kind: 'exec', exitCode: 0 } as const;
      for (let turn = 0; turn < calls; turn += 1) child.turn({ do: 'calls', text: '', calls: [exec], ms: 400 });
      child.end('done');
      this.#writer.wait(300);
      new RunFrames(this.#writer, { runId: `announce:v1:${key}:${runId}`, key: this.#key }).announce();
    });
  }

  #preamble(text: string): void {
    if (text === '') return;
    const preamble = {
      kind: 'preamble',
      title: 'Preamble',
      progressText: text,
      itemId: `commentary-${this.#writer.now}`,
    };
    this.#agent('item', { ...preamble, phase: 'update' });
    this.#agent('item', { ...preamble, phase: 'end' });
  }

  #answer(message: JsonObject): void {
    const usage = { input: 100, output: 10, cacheRead: 0, cacheWrite: 0, totalTokens: 110 };
    this.#message({ role: 'assistant', model: 'mock-1', provider: 'mock', usage, ...message }, { runId: this.#runId });
  }

  #message(message: JsonObject, metadata: JsonObject): void {
    const recordTimestampMs = this.#writer.now + 1;
    const __openclaw = { id: this.#writer.nextMessage(), recordTimestampMs, ...metadata };
    this.#writer.tell('session.message', { sessionKey: this.#key, message: { ...message, __openclaw } });
  }

  /** Tools of runs that began inside the gateway come under another name. */
  #tool(data: JsonObject): void {
    this.#writer.tell(this.#isOfChannel ? 'agent' : 'session.tool', this.#own('tool', data));
  }

  #item(data: JsonObject): void {
    this.#agent('item', { kind: 'tool', itemId: `tool:${data.toolCallId}`, ...data });
  }

  #agent(stream: string, data: JsonObject): void {
    this.#writer.tell('agent', this.#own(stream, data));
  }

  #own(stream: string, data: JsonObject): JsonObject {
    const spawnedBy = this.#parentKey === undefined ? {} : { spawnedBy: this.#parentKey };
    this.#seq += 1;
    return {
      sessionKey: this.#key,
      sessionId: `session of ${this.#key}`,
      runId: this.#runId,
      seq: this.#seq,
      ...spawnedBy,
      stream,
      data,
    };
  }

  #row(payload: JsonObject, row: JsonObject): void {
    const deliveryContext = this.#isOfChannel
      ? { channel: 'mattermost', to: 'channel:town', threadId: 'root1', accountId: 'default' }
      : { channel: 'webchat' };
    const parent =
      this.#parentKey === undefined
        ? {}
        : { spawnedBy: this.#parentKey, parentSessionKey: this.#parentKey, label: this.#label };
    const session = { key: this.#key, ...parent, sessionId: `session of ${this.#key}`, deliveryContext, ...row };
    this.#writer.tell('sessions.changed', { sessionKey: this.#key, ...payload, session });
  }
}

/** What is told of a call, or of one that another one carries. */
interface ToldCall {
  readonly id: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly parent?: { readonly parentToolCallId: string };
}

/** A call as it is told. Tools that are searched for are carried by another call. */
class CallFrames {
  readonly call: WrittenCall;
  readonly outer: ToldCall;
  readonly inner: ToldCall;
  startedAt = 0;

  constructor(call: WrittenCall, id: string) {
    this.call = call;
    const told = { id, tool: toolOf(call), args: argsOf(call, id) };
    const isCarried = call.kind === 'question' || call.kind === 'child';
    const carried = { ...told, id: `tool_search_code:${id}:${told.tool}:1`, parent: { parentToolCallId: id } };
    this.inner = isCarried ? carried : told;
    this.outer = isCarried ? { id, tool: 'tool_call', args: { id: told.tool, args: told.args } } : this.inner;
  }

  get childKey(): string {
    return `agent:main:subagent:${this.outer.id}`;
  }

  /** Ids of children's runs have no colons: those of their announces are made of a key and such an id. */
  get childRunId(): string {
    return `run-of-${this.outer.id}`;
  }

  get isError(): boolean {
    const { call } = this;
    return (call.kind === 'read' && call.isError) || (call.kind === 'approval' && call.isDenied);
  }

  result(): {
    readonly content: readonly JsonObject[];
    readonly details: JsonObject & { readonly exitCode?: number };
  } {
    const { call, childKey, childRunId: runId } = this;
    const { id } = this.outer;
    const said = (text: string, details: JsonObject) => ({ content: [{ type: 'text', text }], details });
    switch (call.kind) {
      case 'exec':
        return call.exitCode === 0
          ? said('fine', { status: 'completed', exitCode: 0 })
          : said(`no\n\n(Command exited with code ${call.exitCode})`, { status: 'completed', exitCode: call.exitCode });
      case 'read':
        return said(call.isError ? 'File not found' : 'text', {});
      case 'approval':
        return call.isDenied
          ? said(`Exec denied (gateway id=approval-${id}, user-denied): do ${id}`, { status: 'failed' })
          : said('fine', { status: 'completed', exitCode: 0 });
      case 'question':
        return said('Where: Here\n\n{"status":"answered"}', { status: 'answered' });
      case 'child': {
        const spawned = { status: 'accepted', childSessionKey: childKey, runId };
        return said(JSON.stringify(spawned), spawned);
      }
      case 'plan':
        return said('ok', {});
      case 'background':
        return said(`Command still running (session command-${id}, pid 1).`, {
          status: 'running',
          sessionId: `command-${id}`,
        });
    }
  }
}

function toolOf({ kind }: WrittenCall): string {
  const tools: Readonly<Partial<Record<WrittenCall['kind'], string>>> = {
    read: 'read',
    question: 'ask_user',
    plan: 'progress_card',
    child: 'sessions_spawn',
  };
  return tools[kind] ?? 'exec';
}

function argsOf(call: WrittenCall, id: string): JsonObject {
  switch (call.kind) {
    case 'read':
      return { path: `${id}.md` };
    case 'question': {
      const question = { id: 'q', header: 'Where', question: 'Where to?', options: [{ label: 'Here' }] };
      return { questions: [question], timeoutSeconds: 120 };
    }
    case 'plan': {
      const steps = Array.from({ length: call.steps }, (_, index) => `Step ${index + 1}`);
      return { plan: steps.map((step, index) => ({ step, status: index === 0 ? 'in_progress' : 'pending' })) };
    }
    case 'child':
      return { task: 'help', label: `child of ${id}` };
    default:
      return { command: `do ${id}` };
  }
}
