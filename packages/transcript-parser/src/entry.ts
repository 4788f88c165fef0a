import type { JsonObject } from './json.ts';

/**
 * One line of a session transcript. `kind` tells them apart; what OpenClaw adds in later versions arrives as `other`
 * (entries, messages) or as `other` blocks, with everything that was written.
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
  /** Unique within a session, also in copies of it. Transcripts of format version 1 have none. */
  readonly id?: string;
  /** Entry this one follows; `null` for a root. */
  readonly parentId?: string | null;
  /** When the line was appended, milliseconds since the epoch. */
  readonly recordedAt?: number;
}

/** First line of a file. `id` is the session id. */
export interface HeaderEntry extends Base {
  readonly kind: 'header';
  readonly version?: number;
  readonly cwd?: string;
  /** Path of the transcript this one was copied from (a fork, or the successor of a compaction). */
  readonly parentSession?: string;
}

/** A line the model reads as the user's: a person's message, or one that OpenClaw wrote. */
export interface UserEntry extends Base {
  readonly kind: 'user';
  /** Text blocks, joined by line breaks. */
  readonly text: string;
  readonly blocks: readonly Block[];
  /** When the message came in, milliseconds since the epoch. */
  readonly messageAt?: number;
  /** Set for messages between sessions. */
  readonly provenance?: Provenance;
  /** Channel id of the person who wrote (`__openclaw.senderId`, 2026.7.1). */
  readonly senderId?: string;
}

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
  /** `stop`, `length`, `toolUse`, `error`, `aborted`, or what a later version writes. */
  readonly stopReason?: string;
  readonly errorMessage?: string;
  readonly usage?: TokenUsage;
  /** When the model call began, milliseconds since the epoch. */
  readonly messageAt?: number;
}

/** Tokens of one model call. `input` does not count what was read from a cache. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly costUsd?: number;
}

/** The result of one tool call. */
export interface ToolResultEntry extends Base {
  readonly kind: 'tool-result';
  readonly callId: string;
  readonly tool: string;
  /** As written; 2026.3.28 leaves it false for most failures: use `hasFailed`. */
  readonly isError: boolean;
  /** Of `details`: `completed`, `error`, `failed`, `running`, `accepted`, `yielded`, … */
  readonly status?: string;
  readonly exitCode?: number;
  readonly durationMs?: number;
  /** Of `details`: a child session was accepted under this key. */
  readonly childSessionKey?: string;
  /** Of `details`: why it failed. */
  readonly error?: string;
  /** First text of the result; absent when the line was skimmed. */
  readonly text?: string;
}

/** Bookkeeping of OpenClaw or an extension (`openclaw:prompt-error`, `model-snapshot`, …). */
export interface CustomEntry extends Base {
  readonly kind: 'custom';
  readonly customType: string;
  readonly data: JsonObject;
}

/** A message for the model that is no user's (`openclaw.sessions_yield`, …). */
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
  /** `type` of the line, or `message/<role>` for a message of an unknown role. */
  readonly type: string;
  readonly raw: JsonObject;
}

export type Block = TextBlock | ThinkingBlock | ToolCallBlock | OtherBlock;

export interface TextBlock {
  readonly kind: 'text';
  readonly text: string;
}

export interface ThinkingBlock {
  readonly kind: 'thinking';
  readonly text: string;
}

export interface ToolCallBlock {
  readonly kind: 'tool-call';
  readonly callId: string;
  readonly tool: string;
  /** As the model wrote them; usually an object. */
  readonly args: unknown;
}

/** Images, and blocks of later versions. */
export interface OtherBlock {
  readonly kind: 'other';
  readonly type: string;
  readonly raw: unknown;
}
