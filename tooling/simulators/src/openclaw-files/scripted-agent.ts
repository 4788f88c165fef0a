import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { CallResult, LiveSession } from '../live-session.ts';
import { ownProcess, type ProcessName } from './lock-owner.ts';
import { type Fields, mattermostEntry, type Script, ScriptedSession } from './scripted-session.ts';
import { createSessionsWriter } from './sessions-writer.ts';

/** An agent whose sessions a test writes by hand: transcripts, locks in the name of this process, one catalog. */
export interface ScriptedAgent {
  readonly sessionsDir: string;
  /**
   * A session that begins to be written with its first `begin`. Without a key it never gets a catalog entry, as a
   * command-line run with an id of its own. `entry`: fields of its catalog entry, for example {@link mattermostEntry}.
   */
  session(key?: string, entry?: Fields): FileSession;
}

/** The session of a Mattermost channel, as the catalog has it. */
export function channelSession(agent: ScriptedAgent, channelId: string, entry: Fields = {}): FileSession {
  const place = { chatType: 'channel', channel: 'mattermost', groupId: channelId };
  return agent.session(`agent:main:mattermost:channel:${channelId}`, {
    ...place,
    ...mattermostEntry(`channel:${channelId}`),
    ...entry,
  });
}

/**
 * Lays out `<agentsDir>/<agentId>/sessions` for an agent written by hand. Its methods throw the file system's errors.
 * `owner`: in whose name a lock is taken, asked for each. Default: this process.
 */
export function createScriptedAgent(
  agentsDir: string,
  agentId = 'main',
  owner: () => ProcessName = ownProcess,
): ScriptedAgent {
  const sessionsDir = join(agentsDir, agentId, 'sessions');
  const writer = createSessionsWriter(sessionsDir, '2026.7.1');
  const disk = { events: [], files: new Map(), catalog: new Map() };
  const script: Script = {
    version: '2026.7.1',
    sessionsDir,
    startedAt: 0,
    showsFirstLine: true,
    step(tMs, write) {
      write(disk);
      for (const event of disk.events.splice(0)) writer.apply(event, { owner: owner(), nowMs: tMs });
    },
  };
  return { sessionsDir, session: (key, entry = {}) => new FileSession(script, key, entry) };
}

/** A session of a {@link ScriptedAgent}: each step is written at once, as the gateway would at that moment. */
export class FileSession implements LiveSession {
  readonly key: string | undefined;
  /** Absolute path of the transcript. */
  readonly path: string;
  readonly #script: Script;
  readonly #id = randomUUID();
  readonly #entry: Fields;
  #written: ScriptedSession | undefined;

  constructor(script: Script, key: string | undefined, entry: Fields) {
    this.key = key;
    this.#script = script;
    this.#entry = entry;
    this.path = join(script.sessionsDir, `${this.#id}.jsonl`);
  }

  begin(text: string, more: Fields = {}): this {
    this.#start((session, now) => session.user(now, text, more));
    return this;
  }

  /** A run begins with the result of a sub-agent. */
  beginAnnounced(childSessionKey: string): this {
    this.#start((session, now) => session.announced(now, childSessionKey));
    return this;
  }

  call(callId: string, args: string | Fields = callId, { tool = 'exec', say }: CallOptions = {}): this {
    const fields = typeof args === 'string' ? { command: args } : args;
    this.#session.calls(Date.now(), { [callId]: [tool, fields] }, say);
    return this;
  }

  result(callId: string, { tool = 'exec', error, exitCode = 0, details: known }: CallResult = {}): this {
    const ended = error === undefined ? { status: 'completed', exitCode } : { status: 'error', tool, error };
    const details = known ?? ended;
    const content = [{ type: 'text', text: error ?? 'ok' }];
    this.#session.result(Date.now(), callId, details, { toolName: tool, content });
    return this;
  }

  /** The call of `sessions_spawn` was accepted. */
  spawned(callId: string, childSessionKey: string): this {
    this.#session.spawned(Date.now(), callId, childSessionKey);
    return this;
  }

  answer(text: string): this {
    this.#session.answer(Date.now(), text);
    return this.#end('done');
  }

  fail(reason: string): this {
    this.#session.fail(Date.now(), reason);
    return this.#end('failed');
  }

  /** The model call fails, and OpenClaw tries again. */
  failAttempt(reason: string): this {
    this.#session.fail(Date.now(), reason);
    return this;
  }

  /** `/stop`, while the model writes. */
  abort(): this {
    const now = Date.now();
    this.#session.entry(now, { abortedLastRun: true }).answer(now, 'Half an ans', 'aborted').promptError(now);
    this.#session.unlocked(now).ended(now, 'killed');
    return this;
  }

  /** The conversation is summarised in the middle of a run. */
  compact(): this {
    this.#session.compaction(Date.now());
    return this;
  }

  /** The whole file is written again as it is, as 2026.7.1 does after a run. */
  rewrite(): this {
    this.#session.rewrite(Date.now());
    return this;
  }

  /** The next start of a gateway that died removes the lock it left. */
  removeStaleLock(): this {
    this.#session.unlocked(Date.now());
    return this;
  }

  /**
   * `/new` archives the transcript as `reset`; the next session of the key begins another. Maintenance archives it as
   * `deleted`, with its catalog entry. Returns the new path.
   */
  archive(how: 'reset' | 'deleted'): string {
    const now = Date.now();
    const name = `${this.#session.file}.${how}.${new Date(now).toISOString().replaceAll(':', '-')}`;
    this.#session.rename(now, name);
    if (how === 'deleted') this.#session.unlisted(now);
    return join(this.#script.sessionsDir, name);
  }

  /** Appends a message as it is. */
  message(message: Fields): this {
    this.#session.message(Date.now(), message);
    return this;
  }

  /** Changes fields of the catalog entry; `undefined` removes one. A session without a key has none. */
  entry(change: Fields): this {
    this.#session.entry(Date.now(), change);
    return this;
  }

  get #session(): ScriptedSession {
    if (this.#written === undefined) throw new Error('The session was not begun: call begin() first.');
    return this.#written;
  }

  #start(say: (session: ScriptedSession, now: number) => void): void {
    const now = Date.now();
    const running = { status: 'running', startedAt: now, endedAt: undefined, abortedLastRun: false };
    if (this.#written === undefined) this.#written = this.#create(now, running);
    else this.#written.locked(now).entry(now, running);
    say(this.#written, now);
  }

  /** The lock comes before the catalog entry, as OpenClaw takes it. */
  #create(now: number, running: Fields): ScriptedSession {
    const file = `${this.#id}.jsonl`;
    this.#script.step(now, ({ events }) => events.push({ tMs: now, op: 'lock', file: `${file}.lock` }));
    return new ScriptedSession(this.#script, {
      id: this.#id,
      tMs: now,
      entry: { ...this.#entry, ...running },
      header: { cwd: '/workspace' },
      ...(this.key !== undefined && { key: this.key }),
    });
  }

  #end(status: 'done' | 'failed'): this {
    const now = Date.now();
    this.#session.unlocked(now).ended(now, status);
    return this;
  }
}

interface CallOptions {
  readonly tool?: string;
  readonly say?: string;
}
