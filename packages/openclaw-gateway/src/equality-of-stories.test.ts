import { createInterpreter, type Observation } from '@live-status/openclaw-transcripts';
import type { BoxEntry } from '@live-status/session-state';
import { type JsonObject, parseCatalog, toEntry } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';
import { KEY, Story } from './testing/story.ts';

const DIR = '/state/agents/main/sessions';
const PATH = `${DIR}/s1.jsonl`;
const T0 = 1_000_000;

/** The same session, told line by line by the transcript that OpenClaw up to 2026.7 writes. */
class Written {
  readonly #interpreter = createInterpreter();
  readonly #play = new Play();
  #now = T0;
  #lines = 0;

  constructor() {
    const catalog = parseCatalog(JSON.stringify({ [KEY]: { sessionId: 's1', sessionFile: PATH, status: 'running' } }));
    if (!catalog.ok) throw new Error('no catalog');
    this.#see({ type: 'live', at: this.#now });
    this.#see({ type: 'catalog', path: `${DIR}/sessions.json`, dir: DIR, entries: catalog.entries, at: this.#now });
    this.#see({ type: 'lock', path: PATH, at: this.#now });
  }

  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  user(content: string): this {
    return this.message({ role: 'user', content });
  }

  call(id: string, name: string, args: JsonObject): this {
    const content = [{ type: 'toolCall', id, name, arguments: args }];
    return this.message({ role: 'assistant', stopReason: 'toolUse', model: 'mock-1', content });
  }

  result(toolCallId: string, toolName: string, details: JsonObject = {}): this {
    return this.message({ role: 'toolResult', toolCallId, toolName, content: [], isError: false, details });
  }

  fail(errorMessage: string): this {
    return this.message({ role: 'assistant', stopReason: 'error', model: 'mock-1', content: [], errorMessage });
  }

  answer(text: string, model = 'mock-1'): this {
    return this.message({ role: 'assistant', stopReason: 'stop', model, content: [{ type: 'text', text }] });
  }

  message(message: JsonObject): this {
    this.#lines += 1;
    const entry = toEntry('message', { id: `e${this.#lines}`, message });
    this.#see({ type: 'line', path: PATH, fingerprint: 'f', startOffset: this.#lines, entry, at: this.#now });
    return this;
  }

  boxes(): BoxEntry[] {
    this.#see({ type: 'lock-gone', path: PATH, at: this.#now });
    this.#see({ type: 'tick', at: this.#now + 10_000 });
    return this.#play.passUntil(this.#now + 20_000).boxes();
  }

  #see(seen: Observation): void {
    this.#play.passUntil(seen.at).fold(this.#interpreter.observe(seen));
  }
}

const IDS_AND_TIMES = ['id', 'boxId', 'startedAt', 'endedAt', 'durationMs'];

function shown(entries: readonly BoxEntry[]): unknown {
  const boxes = entries.map(({ box, worthPost }) => ({ box, worthPost }));
  return JSON.parse(JSON.stringify(boxes, (name, value) => (IDS_AND_TIMES.includes(name) ? undefined : value)));
}

const PLAN = {
  plan: [
    { step: 'Read the code', status: 'completed' },
    { step: 'Fix it', status: 'in_progress' },
  ],
};

describe('a story that the gateway tells and a transcript tells, too', () => {
  it('is the same box: a plan, files, and calls of the model that fail', () => {
    const frames = new Story().ask('go').start().call('p1', 'update_plan', { args: PLAN }).result('p1', 'update_plan');
    frames
      .wait(1_000)
      .call('w1', 'write', { args: { path: 'a.txt' } })
      .wait(500)
      .result('w1', 'write');
    for (const _ of [1, 2]) {
      const error = { error: 'x', errorObservation: { failoverReason: 'server_error' } };
      frames
        .wait(6_000)
        .agent('lifecycle', { phase: 'finishing', ...error })
        .start();
    }
    frames
      .wait(6_000)
      .call('e1', 'exec', { args: { command: 'ls' } })
      .wait(500)
      .result('e1');
    frames.end({ terminalReply: { text: 'Done.' } }).pass(30_000);

    const lines = new Written().user('go').call('p1', 'update_plan', PLAN).result('p1', 'update_plan');
    lines.wait(1_000).call('w1', 'write', { path: 'a.txt' }).wait(500).result('w1', 'write', { exitCode: 0 });
    for (const _ of [1, 2]) lines.wait(6_000).fail('500 The server had an error');
    lines.wait(6_000).call('e1', 'exec', { command: 'ls' }).wait(500).result('e1', 'exec', { exitCode: 0 });
    const written = shown(lines.answer('Done.').boxes());

    expect(written).toEqual(shown(frames.boxes()));
    expect(written).toMatchObject([
      {
        box: {
          state: 'done',
          plan: [{ status: 'done' }, { text: 'Fix it', status: 'current' }],
          filesChanged: 1,
          lines: [{ tool: 'write' }, { kind: 'model', reason: 'server error', failures: 2 }, { tool: 'exec' }],
        },
      },
    ]);
  });

  it('is the same box: calls and results in the shapes of other model services', () => {
    const content = [
      { type: 'tool_use', id: 'c1', name: 'Bash', input: { command: 'npm test' } },
      { type: 'function_call', call_id: 2, name: 'read', arguments: '{"path":"a.md"}' },
      { functionCall: { name: 'write', args: { path: 'b.md' } } },
    ];
    const results = [
      { type: 'tool_result', tool_use_id: 'c1', content: 'no', is_error: true },
      { type: 'function_call_output', call_id: 2, output: 'fine' },
      { functionResponse: { name: 'write', response: { output: 'ok' } } },
    ];
    const calls = { role: 'assistant', stopReason: 'tool_use', model: 'mock-1', content };
    const frames = new Story().ask('go').start();
    const say = (message: JsonObject) => frames.tell('session.message', { sessionKey: KEY, message });
    say({ ...calls, __openclaw: { runId: 'r1', id: 'm1' } });
    frames.wait(500);
    say({ role: 'user', content: results });
    frames.end({ terminalReply: { text: 'Done.' } }).pass(30_000);

    const lines = new Written().user('go').message(calls).wait(500).message({ role: 'user', content: results });
    const written = shown(lines.answer('Done.').boxes());

    expect(written).toEqual(shown(frames.boxes()));
    expect(written).toMatchObject([
      {
        box: {
          state: 'done',
          filesChanged: 1,
          lines: [
            { tool: 'Bash', state: 'error', error: 'no' },
            { tool: 'read', args: { path: 'a.md' }, state: 'ok' },
            { tool: 'write', state: 'ok' },
          ],
        },
      },
    ]);
  });

  it('is the same box: another model takes over', () => {
    const frames = new Story()
      .ask('go')
      .start()
      .call('e1', 'exec', { args: { command: 'ls' } })
      .wait(500)
      .result('e1');
    const failed = { error: 'x', errorObservation: { failoverReason: 'billing' } };
    const step = { fallbackStepToModel: 'mock/mock-2', fallbackStepFinalOutcome: 'next_fallback' };
    frames.wait(1_000).agent('lifecycle', { phase: 'finishing', ...failed });
    frames.agent('lifecycle', { phase: 'fallback_step', ...step, fallbackStepFromFailureReason: 'billing' }).start();
    frames.wait(1_000).tell('chat', { sessionKey: KEY, runId: 'r1', state: 'delta' });
    frames.end({ terminalReply: { text: 'Done.' } }).pass(30_000);

    const lines = new Written().user('go').call('e1', 'exec', { command: 'ls' }).wait(500);
    lines.result('e1', 'exec', { exitCode: 0 }).wait(1_000).fail('402 Your credit balance is too low');
    const written = shown(lines.wait(1_000).answer('Done.', 'mock-2').boxes());

    expect(written).toEqual(shown(frames.boxes()));
    expect(written).toMatchObject([{ box: { model: 'mock-2', lines: [{}, { kind: 'model', fallback: 'mock-2' }] } }]);
  });

  it.each([
    ['completed', 0, { state: 'ok', exitCode: 0 }],
    ['failed', 3, { state: 'error', exitCode: 3 }],
  ])('is the same box: a command in the background that ends %s', (status, exitCode, line) => {
    const started = { status: 'running', sessionId: 'brisk-wharf' };
    const ended = { status, sessionId: 'brisk-wharf', exitCode };
    const poll = { action: 'poll', sessionId: 'brisk-wharf' };
    const frames = new Story()
      .ask('go')
      .start()
      .call('e1', 'exec', { args: { command: 'npm test' } })
      .wait(500);
    frames.result('e1', 'exec', { result: { details: started } }).wait(5_000);
    frames.call('p1', 'process', { args: poll }).wait(500);
    const error = exitCode === 0 ? {} : { error: `Command failed (exit code ${exitCode})` };
    frames.tell('task', { task: { kind: 'exec', sessionKey: KEY, sourceId: 'brisk-wharf', status, ...error } });
    frames.result('p1', 'process', { result: { details: ended } }).end({ terminalReply: { text: 'Done.' } });

    const lines = new Written().user('go').call('e1', 'exec', { command: 'npm test' }).wait(500);
    lines.result('e1', 'exec', started).wait(5_000).call('p1', 'process', poll).wait(500);
    const written = shown(lines.result('p1', 'process', ended).answer('Done.').boxes());

    expect(written).toEqual(shown(frames.pass(30_000).boxes()));
    expect(written).toMatchObject([{ box: { lines: [{ tool: 'exec', ...line }, { tool: 'process' }] } }]);
  });

  it('is the same box: a command in the background of which nothing more is told', () => {
    const started = { status: 'running', sessionId: 'brisk-wharf' };
    const frames = new Story()
      .ask('go')
      .start()
      .call('e1', 'exec', { args: { command: 'npm start' } })
      .wait(500);
    frames.result('e1', 'exec', { result: { details: started } }).end({ terminalReply: { text: 'Started.' } });
    const lines = new Written().user('go').call('e1', 'exec', { command: 'npm start' }).wait(500);
    const written = shown(lines.result('e1', 'exec', started).answer('Started.').boxes());
    expect(written).toEqual(shown(frames.pass(30_000).boxes()));
    expect(written).toMatchObject([{ box: { state: 'done', inBackground: 1, lines: [{ state: 'background' }] } }]);
  });

  it('is the same box: a person is asked and answers', () => {
    const asked = { questions: [{ question: 'Where?', options: [{ label: 'Here' }, { label: 'There' }] }] };
    const frames = new Story().ask('go').start().call('q1', 'ask_user', { args: asked }).wait(2_000);
    frames.result('q1', 'ask_user', { result: { details: { status: 'answered' } } });
    frames.end({ terminalReply: { text: 'Done.' } });
    const lines = new Written().user('go').call('q1', 'ask_user', asked).wait(2_000);
    const written = shown(lines.result('q1', 'ask_user', { status: 'answered' }).answer('Done.').boxes());
    const answered = JSON.parse(JSON.stringify(shown(frames.pass(30_000).boxes())));
    expect(written).toEqual(answered);
    expect(written).toMatchObject([{ box: { lines: [{ tool: 'ask_user', state: 'answered' }] } }]);
  });
});
