import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { delay } from '@live-status/resilience';
import {
  type CallResult,
  createScriptedAgent,
  type FileSession,
  type LockOwner,
  mattermostEntry,
  type ScriptedAgent,
  startLockOwner,
} from '@live-status/simulators/openclaw-files';
import { type Agents, type CallOptions, type Conversation, isSubAgent, type Place } from './conversation.ts';

/** What the agents of one gateway share. */
interface Desk {
  readonly agent: ScriptedAgent;
  /** Transcripts that are archived, oldest first. */
  readonly archived: string[];
  readonly keepFiles: number;
  /** Sessions with a run under way. */
  readonly working: Set<FileSession>;
}

/** Agents that write transcripts, catalog and locks, as OpenClaw 2026.7.1 does. */
export class FileAgents implements Agents {
  readonly #desk: Desk;
  #owner: LockOwner;
  #life = new AbortController();
  #up = Promise.resolve();

  /** `keepFiles`: how many archived transcripts stay on disk, as OpenClaw's maintenance has a limit for them. */
  static async start(agentsDir: string, keepFiles: number): Promise<FileAgents> {
    return new FileAgents(agentsDir, keepFiles, await startLockOwner());
  }

  private constructor(agentsDir: string, keepFiles: number, owner: LockOwner) {
    this.#owner = owner;
    const agent = createScriptedAgent(agentsDir, 'main', () => this.#owner);
    this.#desk = { agent, archived: [], keepFiles, working: new Set() };
  }

  get died(): AbortSignal {
    return this.#life.signal;
  }

  get oldFiles(): number {
    return this.#desk.archived.length;
  }

  converse({ channelId, rootId }: Place): Conversation {
    const to = `channel:${channelId}`;
    const channelKey = `agent:main:mattermost:channel:${channelId}`;
    const common = { chatType: 'channel', channel: 'mattermost', groupId: channelId, ...mattermostEntry(to) };
    if (rootId === undefined) return new FileConversation(this.#desk, this.#desk.agent.session(channelKey, common));
    const deliveryContext = { channel: 'mattermost', to, accountId: 'default', threadId: rootId };
    const entry = { ...common, lastThreadId: rootId, deliveryContext };
    return new FileConversation(this.#desk, this.#desk.agent.session(`${channelKey}:thread:${rootId}`, entry));
  }

  up(): Promise<void> {
    return this.#up;
  }

  restart(downMs: number): Promise<void> {
    this.#up = this.#restart(downMs);
    return this.#up;
  }

  async #restart(downMs: number): Promise<void> {
    const cut = [...this.#desk.working];
    this.#desk.working.clear();
    this.#life.abort(new Error('The gateway died.'));
    await this.#owner.kill('SIGKILL');
    await delay(downMs);
    this.#owner = await startLockOwner();
    for (const session of cut) {
      session.removeStaleLock().entry({ status: 'failed', endedAt: Date.now() });
      // Nobody goes on with a sub-agent.
      if (isSubAgent(session.key ?? '')) this.#desk.archived.push(session.archive('deleted'));
    }
    this.#life = new AbortController();
  }

  async loseConnection(): Promise<void> {}

  tidy(): void {
    const { archived, keepFiles } = this.#desk;
    for (const path of archived.splice(0, Math.max(0, archived.length - keepFiles))) rmSync(path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#up;
    await this.#owner[Symbol.asyncDispose]();
  }
}

class FileConversation implements Conversation {
  readonly endsWithFailedAttempt = true;
  readonly #desk: Desk;
  readonly #session: FileSession;

  constructor(desk: Desk, session: FileSession) {
    this.#desk = desk;
    this.#session = session;
  }

  begin(text: string): void {
    this.#session.begin(text);
    this.#desk.working.add(this.#session);
  }

  call(callId: string, command: string, { tool = 'exec', args = { command }, say }: CallOptions = {}): void {
    this.#session.call(callId, args, { tool, ...(say !== undefined && { say }) });
  }

  result(callId: string, options?: CallResult): void {
    this.#session.result(callId, options);
  }

  /** Files do not say that a call waits for an approval. */
  askApproval(): void {}

  decide(): void {}

  endBackground(name: string, callId: string): void {
    this.#session.call(callId, { action: 'poll', sessionId: name }, { tool: 'process' });
    this.#session.result(callId, {
      tool: 'process',
      details: { status: 'completed', sessionId: name, exitCode: 0 },
    });
  }

  failAttempt(): void {
    this.#session.failAttempt('429 Rate limit reached for requests');
  }

  fallBack(): void {
    this.#session.failAttempt('402 insufficient credits');
  }

  compact(): void {
    this.#session.compact().rewrite();
  }

  spawn(callId: string, label: string): Conversation {
    const key = `agent:main:subagent:${randomUUID()}`;
    const parent = this.#session.key;
    const child = this.#desk.agent.session(key, { spawnedBy: parent, label, channel: 'mattermost' });
    this.#session.spawned(callId, key);
    return new FileConversation(this.#desk, child);
  }

  beginAnnounced(child: Conversation): void {
    if (!(child instanceof FileConversation)) throw new TypeError('The sub-agent writes no files.');
    this.#session.beginAnnounced(child.#session.key ?? '');
    this.#desk.working.add(this.#session);
  }

  answer(text: string): void {
    this.#session.answer(text).rewrite();
    this.#desk.working.delete(this.#session);
  }

  fail(reason: string): void {
    this.#session.fail(reason);
    this.#desk.working.delete(this.#session);
  }

  abort(): void {
    this.#session.abort();
    this.#desk.working.delete(this.#session);
  }

  archive(how: 'reset' | 'deleted'): void {
    this.#desk.archived.push(this.#session.archive(how));
  }
}
