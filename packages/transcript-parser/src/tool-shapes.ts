import { compact, idOf, type JsonObject, numberOf, objectOf, textOf } from '@live-status/basics';
import type { ToolCallBlock, ToolResult } from './entry.ts';

/**
 * The shapes in which tool calls and their results are written. OpenClaw itself writes `toolCall` blocks and messages of
 * the role `toolResult`; runtimes, importers and other writers keep the shape of the model service they speak to.
 */

const CALL_TYPES: ReadonlySet<string> = new Set([
  ...['toolcall', 'tooluse', 'functioncall', 'function'],
  ...['servertooluse', 'mcptooluse', 'customtoolcall', 'localshellcall'],
]);
const RESULT_TYPE = /^(?:\w*tool\w*result|functionresponse|(?:function|custom_?tool|local_?shell)_?call_?output)$/i;
const RESULT_ROLES: ReadonlySet<string> = new Set(['toolResult', 'tool_result', 'toolresult', 'tool', 'function']);
/** Names of the id by which a result names its call. A call may have them beside an `id` that names something else. */
const CALL_IDS = ['toolCallId', 'tool_call_id', 'callId', 'call_id', 'toolUseId', 'tool_use_id'] as const;
/** Objects that hold a call or a result in place of a `type`. */
const INNER_CALLS = [
  'functionCall',
  'function_call',
  'toolCall',
  'tool_call',
  'toolUse',
  'tool_use',
  'function',
] as const;
const INNER_RESULTS = ['functionResponse', 'function_response', 'toolResult', 'tool_result'] as const;
/** Longer text is not decoded: of so much only the beginning is ever shown. Characters. */
const MAX_DECODED_CHARS = 16_000_000;
/** How often text is decoded that was encoded more than once. */
const MAX_DECODINGS = 3;

/** Whether messages of this role are tool results. */
export function isResultRole(role: string): boolean {
  return RESULT_ROLES.has(role);
}

/** The call in a block; `undefined` for a block that is not one. */
export function readToolCall(type: string, block: JsonObject): ToolCallBlock | undefined {
  const inner = innerOf(block, INNER_CALLS);
  const isCall = type === '' ? inner !== undefined : CALL_TYPES.has(plain(type));
  if (!isCall) return undefined;
  const call = inner === undefined ? block : { ...block, ...inner };
  const { name, tool, tool_name: snakeName, toolName = snakeName } = call;
  return {
    kind: 'tool-call',
    callId: callIdOf(call),
    tool: textOf(name) ?? textOf(toolName) ?? textOf(tool) ?? (plain(type) === 'localshellcall' ? 'local_shell' : ''),
    args: argumentsOf(call),
  };
}

/** The result in a block; `undefined` for a block that is not one. */
export function readToolResult(block: JsonObject, type: string): ToolResult | undefined;
/** The result that a message is. */
export function readToolResult(message: JsonObject): ToolResult;
export function readToolResult(given: JsonObject, type?: string): ToolResult | undefined {
  const inner = innerOf(given, INNER_RESULTS);
  if (type !== undefined && (type === '' ? inner === undefined : !RESULT_TYPE.test(type))) return undefined;
  const result = inner === undefined ? given : { ...given, ...inner };
  const { is_error: snakeError, isError = snakeError, name, toolName = name, response } = result;
  const details = objectOf(result.details);
  const answer = objectOf(response) ?? {};
  return {
    callId: callIdOf(result),
    tool: textOf(toolName) ?? textOf(result.tool_name) ?? '',
    isError: isError === true,
    ...toolDetails(details ?? { ...answer, status: result.status ?? answer.status }),
    ...compact({
      text: firstText([result.content, result.output, response, answer.output, answer.result, answer.error]),
    }),
  };
}

/** The fields of a tool result's `details` that are used. */
export function toolDetails(
  details: JsonObject,
): Pick<ToolResult, 'status' | 'exitCode' | 'durationMs' | 'childSessionKey' | 'processId' | 'error'> {
  return compact({
    status: textOf(details.status),
    exitCode: numberOf(details.exitCode),
    durationMs: numberOf(details.durationMs),
    childSessionKey: textOf(details.childSessionKey),
    processId: idOf(details.sessionId),
    error: textOf(details.error),
  });
}

/** The id of a call, by any of its names; some models number their calls. Empty for none. */
export function callIdOf(call: JsonObject): string {
  for (const name of CALL_IDS) {
    const id = callId(call[name]);
    if (id !== '') return id;
  }
  return callId(call.id);
}

function callId(value: unknown): string {
  return typeof value === 'number' ? String(value) : (idOf(value) ?? '');
}

/** Arguments as an object where they are JSON text, encoded however often; any other text stays as it is. Never throws. */
export function readArguments(given: unknown): unknown {
  let args = given;
  for (let i = 0; i < MAX_DECODINGS && typeof args === 'string'; i += 1) {
    if (args.length > MAX_DECODED_CHARS || !/^\s*[[{"]/.test(args)) break;
    try {
      args = JSON.parse(args);
    } catch {
      break;
    }
  }
  return args;
}

function argumentsOf({ action, args, arguments: given = args, input, parameters, params }: JsonObject): unknown {
  return readArguments([given, input, parameters, params, action].find((value) => value !== undefined));
}

function innerOf(block: JsonObject, names: readonly string[]): JsonObject | undefined {
  for (const name of names) {
    const inner = objectOf(block[name]);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The first text in any of these: a text, or a list of blocks. */
function firstText(places: readonly unknown[]): string | undefined {
  for (const place of places) {
    if (typeof place === 'string') return place;
    if (!Array.isArray(place)) continue;
    for (const block of place) {
      const text = textOf(block) ?? textOf(objectOf(block)?.text);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** `tool_use`, `toolUse` and `tool-use` are the same. */
function plain(type: string): string {
  return type.replace(/[_-]/g, '').toLowerCase();
}
