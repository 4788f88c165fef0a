import type { FakeGateway } from '@live-status/simulators/gateway';

type Fields = Readonly<Record<string, unknown>>;

/** A session of a gateway, told frame by frame as OpenClaw 2026.9.6 tells it. Every method tells one thing, now. */
export class ToldSession {
  readonly key: string;
  readonly runId: string;
  readonly #gateway: FakeGateway;
  readonly #more: Fields;

  /** `more`: other fields of each frame (`spawnedBy`). */
  constructor(gateway: FakeGateway, key: string, runId: string, more: Fields = {}) {
    this.#gateway = gateway;
    this.key = key;
    this.runId = runId;
    this.#more = more;
  }

  /** The same session in another run. */
  next(runId: string): ToldSession {
    return new ToldSession(this.#gateway, this.key, runId, this.#more);
  }

  /** A person's message arrives and its run begins. */
  begin(text: string): this {
    return this.message({ role: 'user', content: text }).lifecycle({ phase: 'start', startedAt: Date.now() });
  }

  call(toolCallId: string, command: string = toolCallId): this {
    return this.tool({ phase: 'start', name: 'exec', toolCallId, args: { command } });
  }

  result(toolCallId: string, exitCode = 0): this {
    const result = { content: [{ type: 'text', text: 'output' }], details: { status: 'completed', exitCode } };
    return this.tool({ phase: 'result', name: 'exec', toolCallId, isError: false, result });
  }

  /** Text between calls. */
  say(text: string): this {
    return this.agent('item', { kind: 'preamble', phase: 'end', itemId: `say:${text}`, progressText: text });
  }

  answer(text: string): this {
    return this.lifecycle({ phase: 'end', stopReason: 'stop', terminalReply: { text }, executionSettled: true });
  }

  tool(data: Fields): this {
    return this.agent('tool', data);
  }

  lifecycle(data: Fields): this {
    return this.agent('lifecycle', data);
  }

  agent(stream: string, data: Fields): this {
    return this.tell('agent', { runId: this.runId, stream, data, ts: Date.now() });
  }

  message(message: Fields): this {
    return this.tell('session.message', { message });
  }

  tell(event: string, payload: Fields): this {
    this.#gateway.send(event, { sessionKey: this.key, agentId: 'main', ...this.#more, ...payload });
    return this;
  }
}

/** A call as `chat.history` replays it for a channel's run: without arguments and result. */
export function inFlight(runId: string, ...events: readonly Fields[]): Fields {
  const told = events.map((event, seq) => ({ runId, seq, ts: Date.now(), ...event }));
  return { messages: [], inFlightRun: { runId, text: '', startedAt: Date.now(), events: told } };
}
