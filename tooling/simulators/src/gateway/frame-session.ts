import type { CallResult, LiveSession } from '../live-session.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Takes the frames of a session: a {@link FakeGateway}, or a test that hands them on itself. */
export interface FrameSink {
  send(event: string, payload: unknown): void;
}

/** A session of a gateway, frame by frame as OpenClaw 2026.9.6 sends them. Every step is sent at once. */
export class FrameSession implements LiveSession {
  readonly key: string;
  readonly runId: string;
  readonly #sink: FrameSink;
  readonly #more: Fields;

  /** `more`: other fields of each frame (`spawnedBy`). */
  constructor(sink: FrameSink, key: string, runId: string, more: Fields = {}) {
    this.#sink = sink;
    this.key = key;
    this.runId = runId;
    this.#more = more;
  }

  /** The same session in another run. */
  next(runId: string): FrameSession {
    return new FrameSession(this.#sink, this.key, runId, this.#more);
  }

  begin(text: string, more: Fields = {}): this {
    const message = { role: 'user', content: text, ...more };
    return this.message(message).lifecycle({ phase: 'start', startedAt: Date.now() });
  }

  call(
    toolCallId: string,
    args: string | Fields = toolCallId,
    { tool: name = 'exec', say }: { readonly tool?: string; readonly say?: string } = {},
  ): this {
    if (say !== undefined) this.say(say);
    const fields = typeof args === 'string' ? { command: args } : args;
    return this.tool({ phase: 'start', name, toolCallId, args: fields });
  }

  result(toolCallId: string, { tool: name = 'exec', error, exitCode = 0, details: known }: CallResult = {}): this {
    const ended = error === undefined ? { status: 'completed', exitCode } : { status: 'error', tool: name, error };
    const details = known ?? ended;
    const result = { content: [{ type: 'text', text: error ?? 'output' }], details };
    return this.tool({ phase: 'result', name, toolCallId, isError: error !== undefined, result });
  }

  /** Text between calls. */
  say(text: string): this {
    return this.agent('item', { kind: 'preamble', phase: 'end', itemId: `say:${text}`, progressText: text });
  }

  answer(text: string): this {
    return this.lifecycle({ phase: 'end', stopReason: 'stop', terminalReply: { text }, executionSettled: true });
  }

  fail(reason: string): this {
    return this.lifecycle({ phase: 'error', error: reason, executionSettled: true });
  }

  tool(data: Fields): this {
    return this.agent('tool', data);
  }

  lifecycle(data: Fields): this {
    return this.agent('lifecycle', data);
  }

  agent(stream: string, data: Fields): this {
    return this.send('agent', { runId: this.runId, stream, data, ts: Date.now() });
  }

  message(message: Fields): this {
    return this.send('session.message', { message });
  }

  /** Any frame of this session. */
  send(event: string, payload: Fields): this {
    this.#sink.send(event, { sessionKey: this.key, agentId: 'main', ...this.#more, ...payload });
    return this;
  }
}

/** A run as `chat.history` replays it for a channel: its calls without arguments and results. */
export function inFlight(runId: string, ...events: readonly Fields[]): Fields {
  const sent = events.map((event, seq) => ({ runId, seq, ts: Date.now(), ...event }));
  return { messages: [], inFlightRun: { runId, text: '', startedAt: Date.now(), events: sent } };
}
