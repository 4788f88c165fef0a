import type { CallResult } from '@live-status/simulators/openclaw-files';

/** Where a conversation is in Mattermost. */
export interface Place {
  readonly channelId: string;
  /** Root of the thread; a conversation without one is that of the whole channel. */
  readonly rootId?: string;
}

/** How a call is made. */
export interface CallOptions {
  readonly tool?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  /** Text before it. */
  readonly say?: string;
}

/** A session of an agent that a soak writes: as files, or as frames of a gateway. Every step happens at once. */
export interface Conversation {
  /** Whether a failed attempt is the last word of a run that is cut right after it: a transcript tells no more than that. */
  readonly endsWithFailedAttempt: boolean;
  /** A message arrives and a run begins. */
  begin(text: string): void;
  /** A call, by default of `exec`. */
  call(callId: string, command: string, options?: CallOptions): void;
  result(callId: string, options?: CallResult): void;
  /** A call waits for the approval of a person. */
  askApproval(callId: string): void;
  /** A person decided. What follows is the result. */
  decide(callId: string): void;
  /** A command in the background ended, as OpenClaw notes; `callId`: a call that asks for it in a later run. */
  endBackground(name: string, callId: string): void;
  /** The model call failed, and OpenClaw tries again. */
  failAttempt(): void;
  /** Another model takes over. */
  fallBack(): void;
  /** The conversation is summarised in the middle of a run. */
  compact(): void;
  /** A sub-agent begins to work. */
  spawn(callId: string, label: string): Conversation;
  /** The result of a sub-agent comes back: a run of its own. */
  beginAnnounced(child: Conversation): void;
  answer(text: string): void;
  fail(reason: string): void;
  /** A person stops the run. */
  abort(): void;
  /** The session ends: by `/new`, or by maintenance when its thread is over. */
  archive(how: 'reset' | 'deleted'): void;
}

/** Whether a session was spawned by another. */
export function isSubAgent(sessionKey: string): boolean {
  return sessionKey.includes(':subagent:');
}

/** A gateway with its agents, as a daemon sees it. */
export interface Agents extends AsyncDisposable {
  /** A new session. */
  converse(place: Place): Conversation;
  /** Resolves when people's messages reach the gateway. */
  up(): Promise<void>;
  /** Aborts when the gateway that runs now dies, and with it every run. */
  readonly died: AbortSignal;
  /** The gateway dies and is started again. */
  restart(downMs: number): Promise<void>;
  /** The daemon loses the gateway, whose runs go on. Resolves at once where the daemon has no connection. */
  loseConnection(forMs: number): Promise<void>;
  /** Forgets what it noted of its work and is no longer needed. */
  tidy(): void;
  /** How many old transcripts there are. */
  readonly oldFiles: number;
}
