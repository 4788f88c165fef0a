import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStartTimeTicks } from './start-time.ts';

/** One agent session as OpenClaw writes it: a transcript, its lock, its entry in the catalog. */
export class TranscriptSession {
  readonly #sessionsDir: string;
  readonly #channelId: string;
  readonly #sessionId = randomUUID();
  #entries = 0;

  constructor(agentsDir: string, channelId: string) {
    this.#sessionsDir = join(agentsDir, 'main', 'sessions');
    this.#channelId = channelId;
    mkdirSync(this.#sessionsDir, { recursive: true });
  }

  /** A message arrives and its run begins. */
  begin(text: string): this {
    const owner = { pid: process.pid, createdAt: new Date().toISOString(), starttime: readStartTimeTicks() };
    writeFileSync(`${this.#path}.lock`, JSON.stringify(owner), { flag: 'wx' });
    this.catalog('running');
    if (this.#entries === 0) {
      this.#append({ type: 'session', version: 3, id: this.#sessionId, cwd: '/workspace' });
    }
    return this.message({ role: 'user', content: [{ type: 'text', text }] });
  }

  call(callId: string, command: string): this {
    const content = [{ type: 'toolCall', id: callId, name: 'exec', arguments: { command } }];
    return this.message({ role: 'assistant', content, stopReason: 'toolUse', usage: usage(10, 5) });
  }

  result(callId: string): this {
    const details = { status: 'completed', exitCode: 0, durationMs: 40 };
    const content = [{ type: 'text', text: 'ok' }];
    return this.message({ role: 'toolResult', toolCallId: callId, toolName: 'exec', content, details, isError: false });
  }

  /** The answer is written and the run is over. */
  answer(text: string): this {
    const content = [{ type: 'text', text }];
    this.message({ role: 'assistant', content, stopReason: 'stop', usage: usage(20, 7) });
    rmSync(`${this.#path}.lock`);
    return this.catalog('done');
  }

  message(message: object): this {
    this.#append({ type: 'message', message: { ...message, timestamp: Date.now() } });
    return this;
  }

  catalog(status: 'running' | 'done'): this {
    const now = Date.now();
    const target = { channel: 'mattermost', to: `channel:${this.#channelId}` };
    const entry = {
      sessionId: this.#sessionId,
      sessionFile: this.#path,
      updatedAt: now,
      status,
      startedAt: now,
      ...(status === 'done' && { endedAt: now }),
      chatType: 'channel',
      channel: 'mattermost',
      groupId: this.#channelId,
      lastChannel: 'mattermost',
      lastTo: target.to,
      deliveryContext: target,
    };
    const path = join(this.#sessionsDir, 'sessions.json');
    writeFileSync(`${path}.tmp`, JSON.stringify({ [`agent:main:mattermost:channel:${this.#channelId}`]: entry }));
    renameSync(`${path}.tmp`, path);
    return this;
  }

  get #path(): string {
    return join(this.#sessionsDir, `${this.#sessionId}.jsonl`);
  }

  #append(line: Record<string, unknown>): void {
    this.#entries += 1;
    const id = this.#entries.toString(16).padStart(8, '0');
    const header = line.type === 'session' ? {} : { id, parentId: null };
    appendFileSync(this.#path, `${JSON.stringify({ ...header, timestamp: new Date().toISOString(), ...line })}\n`);
  }
}

function usage(input: number, output: number): object {
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
}
