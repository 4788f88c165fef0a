import type { JsonObject } from '@live-status/transcript-parser';
import type { EventFrame } from '../observation.ts';
import { Play } from './play.ts';

/** The session that stories are about, unless they say otherwise. */
export const KEY = 'agent:main:t1';

/** A gateway at work, told frame by frame. */
export class Story extends Play {
  #now = 1_000_000;

  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  pass(ms: number): this {
    this.#now += ms;
    return this.passUntil(this.#now);
  }

  tell(event: string, payload: JsonObject): this {
    return this.observe({ type: 'frame', event, payload, at: this.#now });
  }

  agent(stream: string, data: JsonObject, more: JsonObject = {}): this {
    return this.tell('agent', { sessionKey: KEY, runId: 'r1', stream, data, ...more });
  }

  start(more: JsonObject = {}): this {
    return this.agent('lifecycle', { phase: 'start' }, more);
  }

  end(more: JsonObject = {}): this {
    return this.agent('lifecycle', { phase: 'end', ...more });
  }

  call(toolCallId: string, name = 'exec', more: JsonObject = {}): this {
    return this.agent('tool', { phase: 'start', name, toolCallId, args: { command: toolCallId }, ...more });
  }

  result(toolCallId: string, name = 'exec', more: JsonObject = {}): this {
    return this.agent('tool', { phase: 'result', name, toolCallId, result: { details: { exitCode: 0 } }, ...more });
  }

  ask(content: string, more: JsonObject = {}): this {
    return this.tell('session.message', { sessionKey: KEY, message: { role: 'user', content, ...more } });
  }

  /** A row in `sessions.changed`. */
  change(payload: JsonObject, row: JsonObject = {}): this {
    return this.tell('sessions.changed', { sessionKey: KEY, ...payload, session: { key: KEY, ...row } });
  }

  /** A connection begins: who answers is known before what happened meanwhile. */
  meet(bootId: string): this {
    return this.observe({ type: 'met', bootId, at: this.#now });
  }

  /** Answers what was asked last. */
  answer(payload: JsonObject): this {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('nothing was asked');
    return this.observe({ type: 'answered', request, payload, at: this.#now });
  }

  lose(): this {
    return this.observe({ type: 'lost', at: this.#now });
  }

  /** `meanwhile`: frames that came before the histories; those at 0 came now. */
  find(
    rows: JsonObject[],
    bootId = 'b1',
    histories: [string, JsonObject][] = [],
    meanwhile: readonly EventFrame[] = [],
  ): this {
    const frames = meanwhile.map((frame) => ({ ...frame, at: frame.at || this.#now }));
    return this.observe({ type: 'caught-up', bootId, rows, histories: new Map(histories), frames, at: this.#now });
  }

  get now(): number {
    return this.#now;
  }

  lines(): unknown[] {
    return this.box().box.lines.map((line) => (line.kind === 'tool' ? `${line.tool} ${line.state}` : line.kind));
  }
}
