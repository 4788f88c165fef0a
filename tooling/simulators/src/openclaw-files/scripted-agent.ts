import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ownProcess } from './lock-owner.ts';
import { createSessionsWriter, type SessionsWriter } from './writer.ts';

/** Fields of a JSON object as OpenClaw writes it. */
export type Fields = Readonly<Record<string, unknown>>;

/** A session of a {@link ScriptedAgent}: its steps are written at once, as the gateway would at that moment. */
export interface ScriptedSession {
  readonly key: string | undefined;
  /** Absolute path of the transcript. */
  readonly path: string;
  /** A message arrives and its run begins: lock, catalog, user line. `more` are other fields of the line's message. */
  begin(text: string, more?: Fields): ScriptedSession;
  /** One call, with text before it. A string of arguments is the command of `exec`. */
  call(
    callId: string,
    args: string | Fields,
    options?: { readonly tool?: string; readonly say?: string },
  ): ScriptedSession;
  /** The call's result; with `error`, a failure with that text. */
  result(callId: string, options?: { readonly tool?: string; readonly error?: string }): ScriptedSession;
  /** The answer is written and the run is over. */
  answer(text: string): ScriptedSession;
  /** The model call fails for good and the run is over. */
  fail(reason: string): ScriptedSession;
  /** Appends a message as it is. */
  message(message: Fields): ScriptedSession;
  /** Changes fields of the catalog entry; `undefined` removes one. A session without a key has none. */
  catalog(change: Fields): ScriptedSession;
}

/** An agent whose sessions a test writes by hand: transcripts, locks in the name of this process, one catalog. */
export interface ScriptedAgent {
  readonly sessionsDir: string;
  /**
   * A session that begins to be written with its first `begin`. Without a key it never gets a catalog entry, as a
   * command-line run with an id of its own. `entry`: fields of its catalog entry, for example {@link mattermostEntry}.
   */
  session(key?: string, entry?: Fields): ScriptedSession;
}

/** The session of a Mattermost channel, as the catalog has it. */
export function channelSession(agent: ScriptedAgent, channelId: string, entry: Fields = {}): ScriptedSession {
  const place = { chatType: 'channel', channel: 'mattermost', groupId: channelId };
  return agent.session(`agent:main:mattermost:channel:${channelId}`, {
    ...place,
    ...mattermostEntry(`channel:${channelId}`),
    ...entry,
  });
}

/** Where the catalog says that answers go: `channel:<id>` or `user:<id>` on Mattermost. */
export function mattermostEntry(to: string): Fields {
  return {
    lastChannel: 'mattermost',
    lastTo: to,
    lastAccountId: 'default',
    deliveryContext: { channel: 'mattermost', to, accountId: 'default' },
  };
}

/** Lays out `<agentsDir>/<agentId>/sessions` for an agent written by hand. Its methods throw the file system's errors. */
export function createScriptedAgent(agentsDir: string, agentId = 'main'): ScriptedAgent {
  const sessionsDir = join(agentsDir, agentId, 'sessions');
  const writer = createSessionsWriter(sessionsDir, '2026.7.1');
  const catalog: Record<string, Fields> = {};
  const put = (key: string, change: Fields): void => {
    catalog[key] = { ...catalog[key], ...change, updatedAt: Date.now() };
    writer.replaceCatalog(Buffer.from(JSON.stringify(catalog, null, 2)));
  };
  return {
    sessionsDir,
    session: (key, entry = {}) =>
      new WrittenSession(writer, key, (change) => key !== undefined && put(key, change), entry),
  };
}

class WrittenSession implements ScriptedSession {
  readonly key: string | undefined;
  readonly path: string;
  readonly #writer: SessionsWriter;
  readonly #id = randomUUID();
  readonly #put: (change: Fields) => void;
  readonly #entry: Fields;
  #lines = 0;

  constructor(writer: SessionsWriter, key: string | undefined, put: (change: Fields) => void, entry: Fields) {
    this.key = key;
    this.#writer = writer;
    this.#put = put;
    this.#entry = entry;
    this.path = join(writer.dir, this.#file);
  }

  begin(text: string, more: Fields = {}): this {
    const now = Date.now();
    const life = { sessionId: this.#id, sessionFile: this.path, status: 'running', startedAt: now, endedAt: undefined };
    this.#writer.lock(`${this.#file}.lock`, ownProcess(), now);
    this.catalog({ ...(this.#lines === 0 ? this.#entry : {}), ...life });
    if (this.#lines === 0) this.#append({ type: 'session', version: 3, id: this.#id, cwd: '/workspace' });
    return this.message({ role: 'user', content: text, ...more });
  }

  call(callId: string, args: string | Fields, { tool = 'exec', say }: { tool?: string; say?: string } = {}): this {
    const words = say === undefined ? [] : [{ type: 'text', text: say }];
    const call = {
      type: 'toolCall',
      id: callId,
      name: tool,
      arguments: typeof args === 'string' ? { command: args } : args,
    };
    return this.#assistant([...words, call], { stopReason: 'toolUse', usage: usage(10, 5) });
  }

  result(callId: string, { tool = 'exec', error }: { tool?: string; error?: string } = {}): this {
    const details =
      error === undefined ? { status: 'completed', exitCode: 0, durationMs: 40 } : { status: 'error', tool, error };
    const content = [{ type: 'text', text: error ?? 'ok' }];
    return this.message({ role: 'toolResult', toolCallId: callId, toolName: tool, content, details, isError: false });
  }

  answer(text: string): this {
    this.#assistant([{ type: 'text', text }], { stopReason: 'stop', usage: usage(20, 7) });
    return this.#over('done');
  }

  fail(reason: string): this {
    this.#assistant([], { stopReason: 'error', errorMessage: reason, usage: usage(0, 0) });
    return this.#over('failed');
  }

  message(message: Fields): this {
    this.#append({ type: 'message', message: { ...message, timestamp: Date.now() } });
    return this;
  }

  catalog(change: Fields): this {
    this.#put(change);
    return this;
  }

  get #file(): string {
    return `${this.#id}.jsonl`;
  }

  #assistant(content: readonly Fields[], more: Fields): this {
    return this.message({ role: 'assistant', content, provider: 'mock', model: 'mock-1', ...more });
  }

  #over(status: 'done' | 'failed'): this {
    this.#writer.unlock(`${this.#file}.lock`);
    return this.catalog({ status, endedAt: Date.now() });
  }

  #append(line: Fields): void {
    this.#lines += 1;
    const id = this.#lines.toString(16).padStart(8, '0');
    const header = line.type === 'session' ? {} : { id, parentId: null };
    const text = JSON.stringify({ ...header, timestamp: new Date().toISOString(), ...line });
    this.#writer.append(this.#file, Buffer.from(`${text}\n`));
  }
}

function usage(input: number, output: number): Fields {
  return { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
}
