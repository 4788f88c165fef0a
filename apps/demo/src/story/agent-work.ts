import { randomUUID } from 'node:crypto';
import { FrameSession } from '@live-status/simulators/gateway';
import type { Channel, User } from '@live-status/simulators/mattermost';
import type { Company } from './company.ts';

/** Where a conversation takes place. */
export interface Thread {
  readonly channel: Channel;
  readonly rootId: string;
}

/** How a piece of work ends. */
export type WorkOutcome = 'done' | 'error' | 'aborted' | 'interrupted' | 'timeout';

/** What {@link AgentWork} is about. */
export interface AgentWorkOptions {
  /** Key of its session. */
  readonly key: string;
  readonly agent: string;
  /** The conversation; absent for a job. */
  readonly thread?: Thread;
  /** Name of the job. */
  readonly jobName?: string;
  /** The session that started it as a sub-agent. */
  readonly parent?: AgentWork;
}

/** What a tool does in a story. */
export interface ToolUse {
  readonly args: Readonly<Record<string, unknown>>;
  readonly seconds: number;
}

/** What every answer in a story costs. */
export const TOKENS = { input: 2_100, output: 640, cacheRead: 18_000, cacheWrite: 900 };

/**
 * An agent at work: what OpenClaw's gateway reports of it, frame by frame, and what OpenClaw writes into the thread. The
 * status posts are none of its business: the daemon makes them from the frames.
 */
export class AgentWork {
  readonly key: string;
  readonly thread: Thread | undefined;
  /** How it ended, as far as the story is told; milliseconds since the epoch. */
  outcome: { readonly state: WorkOutcome; readonly startedAt: number; readonly endedAt: number } | undefined;
  readonly #company: Company;
  readonly #options: AgentWorkOptions;
  #run: FrameSession;
  #calls = 0;
  #attempt = 1;
  #startedAt = 0;

  constructor(company: Company, options: AgentWorkOptions) {
    this.#company = company;
    this.#options = options;
    this.key = options.key;
    this.thread = options.thread;
    const { agent, parent } = options;
    const spawnedBy = parent === undefined ? {} : { spawnedBy: parent.key };
    this.#run = new FrameSession(company.gateway, options.key, randomUUID(), { agentId: agent, ...spawnedBy });
  }

  /** The id of its run at the gateway. */
  get runId(): string {
    return this.#run.runId;
  }

  /** Takes up a message. `from`: who wrote it; absent for a job. */
  begin(message: string, from?: User): this {
    const { jobName, parent } = this.#options;
    this.#startedAt = Date.now();
    if (jobName !== undefined) {
      const session = { key: this.key, label: `Automation: ${jobName}`, status: 'running', hasActiveRun: true };
      this.#run.send('sessions.changed', { phase: 'start', runId: this.runId, session });
      this.#run.message({ role: 'assistant', content: message, idempotencyKey: `${this.runId}:user` });
    } else if (parent === undefined) {
      const sender = { senderId: from?.id, senderName: `@${from?.username}`, transport: { channel: 'mattermost' } };
      this.#run.message({ role: 'user', content: message, __openclaw: sender });
    }
    this.#run.lifecycle({ phase: 'start', startedAt: this.#startedAt });
    return this;
  }

  /** Text between calls. */
  says(text: string): this {
    this.#run.say(text);
    return this;
  }

  /** Writes its checklist: the first `done` steps are done, and the next one is under way. */
  plans(steps: readonly string[], done: number): this {
    const plan = steps.map((step, at) => ({
      step,
      status: at < done ? 'completed' : at === done ? 'in_progress' : 'pending',
    }));
    const call = this.#nextCall();
    this.#run.call(call, { plan }, { tool: 'progress_card' });
    this.#run.result(call, { tool: 'progress_card' });
    return this;
  }

  /** Runs a command. */
  async runs(command: string, seconds: number, { exitCode = 0 }: { readonly exitCode?: number } = {}): Promise<this> {
    const call = this.#nextCall();
    this.#run.call(call, { command });
    await this.#company.pace.wait(seconds);
    this.#run.result(call, { exitCode });
    return this;
  }

  /** Begins a command of which nothing more is told. */
  starts(command: string): this {
    this.#run.call(this.#nextCall(), { command });
    return this;
  }

  /** Leaves a command running in the background. Returns how to end it. */
  leavesRunning(command: string): (exitCode: number) => void {
    const call = this.#nextCall();
    const sessionId = `background-${call}`;
    const task = { kind: 'exec', runtime: 'cli', sessionKey: this.key, sourceId: sessionId, title: command };
    const details = { status: 'running', sessionId, pid: 4711 };
    const content = [{ type: 'text', text: `Command still running (session ${sessionId}, pid 4711).` }];
    this.#run.call(call, { command, background: true });
    this.#run.tool({ phase: 'result', name: 'exec', toolCallId: call, isError: false, result: { content, details } });
    this.#run.send('task', { task: { ...task, status: 'running' } });
    const run = this.#run;
    return (exitCode) => {
      const end = exitCode === 0 ? { status: 'completed' } : failedTask(exitCode);
      run.send('task', { task: { ...task, ...end, endedAt: Date.now() } });
    };
  }

  /** Uses another tool. */
  async uses(tool: string, { args, seconds }: ToolUse): Promise<this> {
    const call = this.#nextCall();
    this.#run.call(call, args, { tool });
    await this.#company.pace.wait(seconds);
    this.#run.result(call, { tool });
    return this;
  }

  /** The model does not answer, and is asked again after some seconds. */
  async isRefusedByModel(reason: string, seconds: number): Promise<this> {
    const { gateway, pace } = this.#company;
    this.#attempt += 1;
    const status = {
      phase: 'retrying',
      attempt: this.#attempt,
      maxAttempts: 8,
      delayMs: pace.milliseconds(seconds),
      reason,
    };
    const event = { sessionKey: this.key, runId: this.runId, stream: 'run_status', data: status, ts: Date.now() };
    gateway.histories.set(this.key, { messages: [], inFlightRun: { runId: this.runId, events: [event] } });
    this.#run.lifecycle({ phase: 'finishing', error: reason, errorObservation: { failoverReason: reason } });
    await pace.wait(seconds);
    this.#run.lifecycle({ phase: 'start', startedAt: this.#startedAt });
    return this;
  }

  /** A command waits until somebody allows it, which `person` does in the thread, `afterSeconds` later. */
  async waitsForApproval(
    command: string,
    {
      person,
      afterSeconds,
      runsFor,
    }: { readonly person: User; readonly afterSeconds: number; readonly runsFor: number },
  ): Promise<this> {
    const { pace } = this.#company;
    const call = this.#nextCall();
    const approvalId = randomUUID();
    const decision = `${approvalId.slice(0, 8)} allow-once`;
    this.#run.call(call, { command });
    await pace.wait(0.3);
    this.#run.lifecycle({ phase: 'waiting-approval', approvalId, toolCallId: call });
    await pace.wait(afterSeconds);
    this.#answerInThread(person, `@openclaw /approve ${decision}`);
    await pace.wait(0.5);
    this.#replyInThread(`✅ Approval allow-once submitted for ${approvalId.slice(0, 8)}.`);
    this.#run.lifecycle({ phase: 'approval-resolved', approvalId, toolCallId: call });
    await pace.wait(runsFor);
    this.#run.result(call);
    return this;
  }

  /** Asks with a choice of options, and gets the answer of `person`, the number of an option, `afterSeconds` later. */
  async asks(
    question: string,
    options: readonly string[],
    { person, answer, afterSeconds }: { readonly person: User; readonly answer: number; readonly afterSeconds: number },
  ): Promise<this> {
    const { pace } = this.#company;
    const call = this.#nextCall();
    const labels = options.map((label) => ({ label }));
    this.#run.call(call, { questions: [{ question, options: labels }], timeoutSeconds: 900 }, { tool: 'ask_user' });
    const list = options.map((option, at) => `${at + 1}. ${option}`).join('\n');
    this.#replyInThread(
      `Question for you:\n\n${question}\n${list}\n\nReply with the number, the option text, or your own answer.`,
    );
    await pace.wait(afterSeconds);
    this.#answerInThread(person, String(answer));
    await pace.wait(0.5);
    const details = { status: 'answered', answers: { answers: { question: [options[answer - 1]] } } };
    const result = { content: [{ type: 'text', text: options[answer - 1] }], details };
    this.#run.tool({ phase: 'result', name: 'ask_user', toolCallId: call, isError: false, result });
    return this;
  }

  /** Starts sub-agents and waits for them: `play` plays each to its end. Then it goes on with their results. */
  async delegates(
    labels: readonly string[],
    play: (children: readonly AgentWork[]) => Promise<unknown>,
  ): Promise<this> {
    const children = labels.map((label) => this.#spawn(label));
    const call = this.#nextCall();
    this.#run.call(call, { message: 'Waiting.' }, { tool: 'sessions_yield' });
    const result = { content: [{ type: 'text', text: 'Waiting.' }], details: { status: 'yielded' } };
    this.#run.tool({ phase: 'result', name: 'sessions_yield', toolCallId: call, isError: false, result });
    this.#run.lifecycle({ phase: 'end', yielded: true, stopReason: 'end_turn', executionSettled: true });
    for (const child of children) child.begin('');
    await play(children);
    await this.#company.pace.wait(0.5);
    const runs = children.map(({ runId }) => runId).join(',');
    this.#run = this.#run.next(`announce:requester-settle:${this.#options.agent}:${this.key}:${runs}:yield-1`);
    this.#run.lifecycle({ phase: 'start', startedAt: Date.now() });
    return this;
  }

  #spawn(label: string): AgentWork {
    const { agent } = this.#options;
    const child = new AgentWork(this.#company, { key: `agent:${agent}:subagent:${randomUUID()}`, agent, parent: this });
    const call = this.#nextCall();
    const details = { status: 'accepted', childSessionKey: child.key, runId: child.runId, mode: 'run' };
    this.#run.call(call, { task: label, label }, { tool: 'sessions_spawn' });
    const task = {
      kind: 'subagent',
      sessionKey: this.key,
      childSessionKey: child.key,
      runId: child.runId,
      title: label,
    };
    this.#run.send('task', { task: { ...task, status: 'running' } });
    const result = { content: [{ type: 'text', text: 'accepted' }], details };
    this.#run.tool({ phase: 'result', name: 'sessions_spawn', toolCallId: call, isError: false, result });
    return child;
  }

  /** Gives its answer, with which it ends; in a conversation OpenClaw posts it. */
  answers(text: string): this {
    const { input, output, cacheRead } = TOKENS;
    this.#run.message({
      role: 'assistant',
      content: [{ type: 'text', text }],
      stopReason: 'stop',
      model: 'gpt-5.2',
      usage: { ...TOKENS, totalTokens: input + output + cacheRead },
      __openclaw: { runId: this.runId, id: randomUUID() },
    });
    this.#run.answer(text);
    this.#replyInThread(text);
    return this.#end('done');
  }

  /** The model refuses for good. */
  fails(reason: string): this {
    this.#run.fail(reason);
    this.#replyInThread(`⚠️ ${reason}`);
    return this.#end('error');
  }

  /** `person` stops it from the thread. */
  async isStoppedBy(person: User, message: string): Promise<this> {
    this.#answerInThread(person, message);
    await this.#company.pace.wait(0.5);
    this.#run.lifecycle({
      phase: 'end',
      status: 'cancelled',
      aborted: true,
      stopReason: 'rpc',
      executionSettled: true,
    });
    this.#replyInThread('⚙️ Agent was aborted.');
    return this.#end('aborted');
  }

  /** It is not heard of any more: its process is gone, or nobody follows it any longer. */
  isLost(state: 'interrupted' | 'timeout'): this {
    return this.#end(state);
  }

  #end(state: WorkOutcome): this {
    this.outcome = { state, startedAt: this.#startedAt, endedAt: Date.now() };
    return this;
  }

  #answerInThread(person: User, message: string): void {
    if (this.thread !== undefined) this.#company.write(person, this.thread.channel, message, this.thread.rootId);
  }

  #replyInThread(message: string): void {
    if (this.thread !== undefined) this.#company.reply(this.thread, message);
  }

  #nextCall(): string {
    this.#calls += 1;
    return `${this.runId.slice(0, 8)}-${this.#calls}`;
  }
}

function failedTask(exitCode: number): object {
  return { status: 'failed', terminalSummary: 'Command failed', error: `Command failed (exit code ${exitCode})` };
}
