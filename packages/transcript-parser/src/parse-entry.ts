import { compact, idOf, isObject, type JsonObject, numberOf, objectOf, textOf } from '@live-status/basics';
import type { Block, TokenUsage, TranscriptEntry } from './entry.ts';
import { flagOf, parseObject, timeOf } from './json.ts';
import { isResultRole, readToolCall, readToolResult } from './tool-shapes.ts';

/** An entry, or why the line is not one. */
export type ParsedEntry =
  | { readonly ok: true; readonly entry: TranscriptEntry }
  | { readonly ok: false; readonly reason: string };

/**
 * Parses one line of a transcript. Never throws: for a line that is not an entry the result holds the reason, without
 * the line's text, which may contain secrets. Unknown types and blocks are kept.
 */
export function parseEntry(line: string): ParsedEntry {
  const raw = parseObject(line);
  if (raw === undefined) return { ok: false, reason: 'not a JSON object' };
  const type = textOf(raw.type);
  if (type === undefined) return { ok: false, reason: 'no `type`' };
  return { ok: true, entry: toEntry(type, raw) };
}

/** Converts a parsed line of type `type`, or an object of the same shape, to an entry. Never throws. */
export function toEntry(type: string, raw: JsonObject): TranscriptEntry {
  const base = baseOf(raw);
  switch (type) {
    case 'session':
      return {
        kind: 'header',
        ...base,
        ...compact({
          version: numberOf(raw.version),
          cwd: textOf(raw.cwd),
          parentSession: textOf(raw.parentSession),
        }),
      };
    case 'message':
      return toMessage(base, raw);
    case 'custom':
      return { kind: 'custom', ...base, customType: textOf(raw.customType) ?? '', data: objectOf(raw.data) ?? {} };
    case 'custom_message':
      return {
        kind: 'custom-message',
        ...base,
        customType: textOf(raw.customType) ?? '',
        text: joinText(toBlocks(raw.content)),
        details: objectOf(raw.details) ?? {},
      };
    case 'compaction':
      return { kind: 'compaction', ...base, ...compact({ tokensBefore: numberOf(raw.tokensBefore) }) };
    default:
      return { kind: 'other', ...base, type, raw };
  }
}

type Base = Pick<TranscriptEntry, 'id' | 'parentId' | 'recordedAt'>;

function baseOf(raw: JsonObject): Base {
  return compact({
    id: idOf(raw.id),
    parentId: raw.parentId === null ? null : idOf(raw.parentId),
    recordedAt: timeOf(raw.timestamp),
  });
}

function toMessage(base: Base, raw: JsonObject): TranscriptEntry {
  const message = objectOf(raw.message) ?? {};
  const role = textOf(message.role) ?? '';
  if (role === 'user') return toUser(base, message);
  if (role === 'assistant') return toAssistant(base, message);
  if (isResultRole(role)) return { kind: 'tool-result', ...base, ...readToolResult(message) };
  return { kind: 'other', ...base, type: `message/${role}`, raw };
}

function toUser(base: Base, message: JsonObject): TranscriptEntry {
  const blocks = toBlocks(message.content);
  const provenance = objectOf(message.provenance);
  const openclaw = objectOf(message.__openclaw);
  return {
    kind: 'user',
    ...base,
    text: joinText(blocks),
    blocks,
    ...compact({
      messageAt: timeOf(message.timestamp),
      senderId: textOf(openclaw?.senderId),
      senderIsOwner: flagOf(openclaw?.senderIsOwner),
      idempotencyKey: textOf(message.idempotencyKey),
      provenance:
        provenance &&
        compact({
          kind: textOf(provenance.kind),
          sourceSessionKey: textOf(provenance.sourceSessionKey),
          sourceTool: textOf(provenance.sourceTool),
        }),
    }),
  };
}

function toAssistant(base: Base, message: JsonObject): TranscriptEntry {
  const { finishReason, finish_reason: finish, stopReason, stop_reason: stop } = message;
  return {
    kind: 'assistant',
    ...base,
    blocks: [...toBlocks(message.content), ...callsBeside(message)],
    ...compact({
      provider: textOf(message.provider),
      model: textOf(message.model),
      stopReason: textOf(stopReason) ?? textOf(stop) ?? textOf(finishReason) ?? textOf(finish),
      errorMessage: textOf(message.errorMessage),
      messageAt: timeOf(message.timestamp),
      usage: toUsage(message.usage),
      contextTokens: numberOf(objectOf(message.usage)?.totalTokens),
    }),
  };
}

function toUsage(value: unknown): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  return {
    input: numberOf(value.input) ?? 0,
    output: numberOf(value.output) ?? 0,
    cacheRead: numberOf(value.cacheRead) ?? 0,
    cacheWrite: numberOf(value.cacheWrite) ?? 0,
    ...compact({ costUsd: numberOf(objectOf(value.cost)?.total) }),
  };
}

/** Blocks that are read of one message; no model writes so many. */
const MAX_BLOCKS = 10_000;

function toBlocks(content: unknown): Block[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return Array.isArray(content) ? content.slice(0, MAX_BLOCKS).map(toBlock) : [];
}

function toBlock(raw: unknown): Block {
  const block = objectOf(raw) ?? {};
  const type = textOf(block.type) ?? '';
  if (type === 'text' && typeof block.text === 'string') return { kind: 'text', text: block.text };
  if (type === 'thinking') return { kind: 'thinking', text: textOf(block.thinking) ?? '' };
  const call = readToolCall(type, block);
  if (call !== undefined) return call;
  const result = readToolResult(block, type);
  return result === undefined ? { kind: 'other', type, raw } : { kind: 'tool-result', ...result };
}

/** Some writers put the calls of an answer beside its content. */
function callsBeside(message: JsonObject): Block[] {
  const { function_call: one, tool_calls: many, toolCalls = many } = message;
  const calls = Array.isArray(toolCalls) ? toolCalls : one === undefined ? [] : [one];
  return calls.slice(0, MAX_BLOCKS).flatMap((raw) => readToolCall('function', objectOf(raw) ?? {}) ?? []);
}

/** The text blocks of a message, joined by line breaks. */
export function joinText(blocks: readonly Block[]): string {
  return blocks
    .filter((block) => block.kind === 'text')
    .map((block) => block.text)
    .join('\n');
}
