import type { JsonObject } from '@live-status/basics';

/**
 * One line of a session transcript, by `kind`. Types that OpenClaw adds in later versions arrive as entries or blocks of
 * kind `other`, with everything that was written.
 *
 * Source: recordings of OpenClaw 2026.3.28 and 2026.7.1; pi's session format (version 3).
 */
export type TranscriptEntry =
  | HeaderEntry
  | UserEntry
  | AssistantEntry
  | ToolResultEntry
  | CustomEntry
  | CustomMessageEntry
  | CompactionEntry
  | OtherEntry;

interface Base {
  /** Unique within a session, and the same in copies of it. Absent in format version 1. */
  readonly id?: string;
  /** The entry this one follows; `null` for the first. */
  readonly parentId?: string | null;
  /** When the line was appended, milliseconds since the epoch. */
  readonly recordedAt?: number;
}

/** First line of a file. `id` is the session id. */
export interface HeaderEntry extends Base {
  readonly kind: 'header';
  readonly version?: number;
  readonly cwd?: string;
  /** Path of the transcript this one was copied from: a fork, or the successor after a compaction. */
  readonly parentSession?: string;
}

/** A line the model reads as the user's: a person's message, or one that OpenClaw wrote. */
export interface UserEntry extends Base {
  readonly kind: 'user';
  /** Text blocks, joined by line breaks. */
  readonly text: string;
  readonly blocks: readonly Block[];
  /** When the message arrived, milliseconds since the epoch. */
  readonly messageAt?: number;
  /** Set for messages between sessions. */
  readonly provenance?: Provenance;
  /** The sender's id on the channel (`__openclaw.senderId`, 2026.7.1). Not written for direct messages. */
  readonly senderId?: string;
  /** Whether the sender owns the agent (`__openclaw.senderIsOwner`, 2026.7.1). Written for messages of every channel. */
  readonly senderIsOwner?: boolean;
  /** Names the request of a program, such as the web chat, that sent it. */
  readonly idempotencyKey?: string;
}

/** Which session and tool a message between sessions came from. */
export interface Provenance {
  readonly kind?: string;
  readonly sourceSessionKey?: string;
  readonly sourceTool?: string;
}

/** One finished model call. */
export interface AssistantEntry extends Base {
  readonly kind: 'assistant';
  readonly blocks: readonly Block[];
  readonly provider?: string;
  readonly model?: string;
  /** As written: `stop`, `length`, `toolUse`, `error`, `aborted`, or another value of other writers and later versions. */
  readonly stopReason?: string;
  readonly errorMessage?: string;
  readonly usage?: TokenUsage;
  /** Tokens in the model's context after this call, with its answer (`usage.totalTokens`). */
  readonly contextTokens?: number;
  /** When the model call started, milliseconds since the epoch. */
  readonly messageAt?: number;
}

/** Tokens of one model call. `input` excludes tokens read from a cache. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly costUsd?: number;
}

/** The result of one tool call. */
export interface ToolResult {
  /** Empty when the result does not name its call: then it is that of the oldest open call of `tool`. */
  readonly callId: string;
  /** Empty when the result does not name its tool. */
  readonly tool: string;
  /** As written. 2026.3.28 leaves it false for most failures, so use `hasFailed`. */
  readonly isError: boolean;
  /** From `details`: `completed`, `error`, `failed`, `running`, `accepted`, `yielded`, … */
  readonly status?: string;
  readonly exitCode?: number;
  readonly durationMs?: number;
  /** From `details`: the key of the child session that was spawned. */
  readonly childSessionKey?: string;
  /** From `details`: OpenClaw's name of the command that goes on in the background, or that `process` was asked about. */
  readonly processId?: string;
  /** From `details`: why it failed. */
  readonly error?: string;
  /** The first text block; absent when the line was only skimmed. */
  readonly text?: string;
}

/** A line that is a tool result. */
export interface ToolResultEntry extends Base, ToolResult {
  readonly kind: 'tool-result';
}

/** Bookkeeping of OpenClaw or an extension (`openclaw:prompt-error`, `model-snapshot`, …). */
export interface CustomEntry extends Base {
  readonly kind: 'custom';
  readonly customType: string;
  readonly data: JsonObject;
}

/** A message to the model that is not from a user (`openclaw.sessions_yield`, …). */
export interface CustomMessageEntry extends Base {
  readonly kind: 'custom-message';
  readonly customType: string;
  readonly text: string;
  readonly details: JsonObject;
}

/** The session was compacted. */
export interface CompactionEntry extends Base {
  readonly kind: 'compaction';
  readonly tokensBefore?: number;
}

/** Every other line: model changes, leaves, labels, and types of later versions. */
export interface OtherEntry extends Base {
  readonly kind: 'other';
  /** The line's `type`, or `message/<role>` for a message with an unknown role. */
  readonly type: string;
  readonly raw: JsonObject;
}

/** A part of a message's content. */
export type Block = TextBlock | ThinkingBlock | ToolCallBlock | ToolResultBlock | OtherBlock;

/** Text. */
export interface TextBlock {
  readonly kind: 'text';
  readonly text: string;
}

/** The model's reasoning. */
export interface ThinkingBlock {
  readonly kind: 'thinking';
  readonly text: string;
}

/** A tool call. */
export interface ToolCallBlock {
  readonly kind: 'tool-call';
  /** Empty when the model gave none: see `callsOf`. */
  readonly callId: string;
  /** Empty when the model gave none. */
  readonly tool: string;
  /** The arguments as the model wrote them, decoded if they are JSON text; usually an object. */
  readonly args: unknown;
}

/** A tool result inside a message. */
export interface ToolResultBlock extends ToolResult {
  readonly kind: 'tool-result';
}

/** Images, and blocks of later versions. */
export interface OtherBlock {
  readonly kind: 'other';
  readonly type: string;
  readonly raw: unknown;
}
