import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Cue,
  cueOf,
  type ModelMessage,
  promptOf,
  SCENES,
  type SceneName,
  type ScriptedCall,
  type Step,
} from './scenes.ts';

/** A request for a step of a scene, or the answer to it. */
export interface Exchange {
  readonly scene: SceneName;
  readonly index: number;
  /** What the agent was asked last: the newest messages of a user, with what OpenClaw says about them. */
  readonly prompt: string;
  /** When it came in, or when the last byte of its answer was out, milliseconds since the epoch. */
  readonly at: number;
}

/** A model server on loopback with OpenAI's chat completions, which follows scenes. Disposing closes it. */
export interface MockModel extends AsyncDisposable {
  /** Base URL for an `openai-completions` provider. */
  readonly url: string;
  /** Every request, oldest first. */
  questions(): readonly Exchange[];
  /** Every answer that was given to its end, oldest first. */
  answers(): readonly Exchange[];
}

const CHUNK_GAP_MS = 500;
/** Agents always have tools; what asks without any wants a text about a session. */
const SUMMARY: Cue = { scene: 'summary', index: 0, step: SCENES.summary[0] };
const USAGE = { prompt_tokens: 1_200, completion_tokens: 40, total_tokens: 1_240 };

/** Starts the model server. */
export async function startMockModel(): Promise<MockModel> {
  const log: Log = { questions: [], answers: [] };
  const server = createServer((request, response) => {
    void answer(request, response, log).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    questions: () => log.questions,
    answers: () => log.answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Log {
  readonly questions: Exchange[];
  readonly answers: Exchange[];
}

/** The part of OpenClaw's request that the script uses. */
interface Request {
  readonly model?: string;
  readonly messages?: readonly ModelMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

async function answer(request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Request;
  const cue = body.tools === undefined ? SUMMARY : cueOf(body.messages ?? []);
  const { scene, index, step } = cue;
  const prompt = promptOf(body.messages ?? []);
  log.questions.push({ scene, index, prompt, at: Date.now() });
  await sleep(step.waitMs ?? 0);
  const isRetried = step.failures !== undefined && countOf(log, cue) > step.failures;
  const isOther = step.failingModel !== undefined && step.failingModel !== body.model;
  if (step.status === undefined || isRetried || isOther)
    await stream(response, cue, new Set(body.tools?.map((tool) => tool.function.name)));
  else fail(response, step.status);
  if (!response.destroyed) log.answers.push({ scene, index, prompt, at: Date.now() });
}

function countOf({ questions }: Log, { scene, index }: Cue): number {
  return questions.filter((question) => question.scene === scene && question.index === index).length;
}

function fail(response: ServerResponse, status: number): void {
  const error = { message: 'The server had an error while processing your request', type: 'server_error' };
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
}

async function stream(
  response: ServerResponse,
  { scene, index, step }: Cue,
  offered: ReadonlySet<string>,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const send = (delta: object, rest: object = {}): void => {
    const choices = [{ index: 0, delta, finish_reason: null, ...rest }];
    const chunk = { id: `mock-${scene}-${index}`, object: 'chat.completion.chunk', model: 'mock-1', choices };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant', content: '' });
  for (const piece of pieces(step)) {
    send({ content: piece });
    if (response.destroyed) return;
    if (step.streamMs !== undefined) await sleep(CHUNK_GAP_MS);
  }
  const calls = (step.calls ?? []).map((call) => (offered.has(call.name) ? call : throughSearch(call, offered)));
  if (calls.length > 0) send({ tool_calls: calls.map((call, i) => toolCall(call, `call_${scene}_${index}_${i}`, i)) });
  send({}, { finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' });
  response.write(
    `data: ${JSON.stringify({ id: 'usage', object: 'chat.completion.chunk', choices: [], usage: USAGE })}\n\n`,
  );
  response.end('data: [DONE]\n\n');
}

/** Since 2026.8 OpenClaw offers most tools only through another one. */
function throughSearch(call: ScriptedCall, offered: ReadonlySet<string>): ScriptedCall {
  return offered.has('tool_call') ? { name: 'tool_call', args: { id: call.name, args: call.args } } : call;
}

function toolCall({ name, args }: ScriptedCall, id: string, index: number): object {
  return { index, id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}

/** The text in as many pieces as its time has gaps. */
function pieces({ text = '', streamMs = 0 }: Step): string[] {
  const count = Math.max(1, Math.ceil(streamMs / CHUNK_GAP_MS));
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, i) => text.slice(i * length, (i + 1) * length));
}
