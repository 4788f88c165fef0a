import { isObject, type JsonObject } from '@live-status/basics';
import type { Box, BoxState, ToolLine, ToolState } from '@live-status/session-state';

/*
 * Checks of what a ledger kept of a box. Whoever wrote it had redacted and bounded it; but a file that was changed since
 * must not end the daemon at every start.
 */

/** Children of children, and so on. */
const MAX_DEPTH = 10;

const BOX_STATES: ReadonlySet<unknown> = new Set<BoxState>([
  ...(['active', 'waiting', 'done', 'error', 'aborted', 'interrupted', 'timeout'] as const),
]);
const TOOL_STATES: ReadonlySet<unknown> = new Set<ToolState>([
  ...(['running', 'ok', 'error', 'ended', 'aborted', 'background'] as const),
  ...(['denied', 'not-approved', 'answered', 'no-answer'] as const),
]);
const STEP_STATES: ReadonlySet<unknown> = new Set(['open', 'current', 'done']);

/** The last moment that a date can be, milliseconds since the epoch. Counts are smaller. */
const MAX_NUMBER = 8.64e15;

type Check = (value: unknown) => boolean;

/** Whether a value is a number that can be a time or a count: `1e999` in JSON is infinite. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_NUMBER;
}

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isOneOf =
  (values: ReadonlySet<unknown>): Check =>
  (value) =>
    values.has(value);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

function has(value: unknown, checks: Readonly<Record<string, Check>>): value is JsonObject {
  return isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));
}

/** Whether a value is a box that can be shown. */
export function isBox(value: unknown): value is Box {
  return has(value, {
    ...{ boxId: isText, title: isText, state: isOneOf(BOX_STATES), startedAt: isNumber, earlierLines: isNumber },
    ...{ reason: maybe(isText), answer: maybe(isText), model: maybe(isText), url: maybe(isText), thinking: isFlag },
    ...{ endedAt: maybe(isNumber), filesChanged: maybe(isNumber), inBackground: maybe(isNumber) },
    tokens: (tokens) =>
      has(tokens, {
        ...{ input: isNumber, output: isNumber, cacheRead: isNumber, cacheWrite: isNumber, costUsd: maybe(isNumber) },
      }),
    plan: maybe(listOf((step) => has(step, { text: isText, status: isOneOf(STEP_STATES) }))),
    trouble: maybe(isTrouble),
    context: maybe((context) => has(context, { usedTokens: isNumber, windowTokens: isNumber })),
    lines: listOf((line) => isLine(line, MAX_DEPTH)),
  });
}

/** Whether a value is a call that can be shown. */
export function isToolLine(value: unknown): value is ToolLine {
  return has(value, {
    ...{ id: isText, tool: isText, state: isOneOf(TOOL_STATES), startedAt: isNumber, count: isNumber },
    ...{ endedAt: maybe(isNumber), durationMs: maybe(isNumber), exitCode: maybe(isNumber), error: maybe(isText) },
    approval: maybe((approval) => has(approval, { approvalId: isText, since: isNumber, until: maybe(isNumber) })),
    question: maybe((question) => has(question, { asks: listOf(isAsk), secret: isFlag, until: maybe(isNumber) })),
  });
}

function isAsk(ask: unknown): boolean {
  return has(ask, { text: isText, options: listOf(isText) });
}

function isTrouble(trouble: unknown): boolean {
  if (!isObject(trouble)) return false;
  if (trouble.kind === 'compacting') return true;
  if (trouble.kind === 'fallback') return has(trouble, { reason: isText, model: isText });
  return (
    trouble.kind === 'retry' && has(trouble, { reason: isText, attempt: maybe(isNumber), retryAt: maybe(isNumber) })
  );
}

function isLine(line: unknown, depth: number): boolean {
  if (!isObject(line) || depth === 0) return false;
  switch (line.kind) {
    case 'tool':
      return isToolLine(line);
    case 'text':
      return has(line, { id: isText, text: isText });
    case 'compaction':
      return has(line, { id: isText });
    case 'model':
      return has(line, { id: isText, reason: isText, failures: isNumber, fallback: maybe(isText) });
    case 'child':
      return has(line, {
        ...{ id: isText, label: isText, startedAt: isNumber, endedAt: maybe(isNumber), earlierLines: isNumber },
        ...{ state: (state) => state === 'starting' || BOX_STATES.has(state), reason: maybe(isText), thinking: isFlag },
        lines: listOf((inner) => isLine(inner, depth - 1)),
      });
    default:
      return false;
  }
}
