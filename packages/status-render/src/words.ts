import type { BoxState, ToolLine } from '@live-status/session-state';
import { formatDuration } from './amounts.ts';
import { cutEnd, toOneLine } from './cut.ts';
import type { Labels } from './labels.ts';
import { type Markup, withoutMarks } from './markup.ts';

/** Longest sentence of a transcript in one line; code points. */
const MAX_TEXT_CHARS = 200;
/** Longest name of a session; code points. */
const MAX_NAME_CHARS = 60;
const MAX_ERROR_CHARS = 80;

/** What is needed to put a box into words. */
export interface Wording {
  readonly nowMs: number;
  readonly labels: Labels;
  readonly showText: boolean;
}

const REASONS: Partial<Record<BoxState, string>> = {
  interrupted: 'the agent stopped',
  timeout: 'still running, no longer followed',
};

/** Why something ended as it did, unless its state says enough. An error may quote the conversation. */
export function reasonOf(
  { state, reason: given }: { readonly state: BoxState; readonly reason?: string },
  { showText }: Pick<Wording, 'showText'>,
  markup: Markup,
): string {
  const isHidden = state === 'done' || state === 'aborted' || (state === 'error' && !showText);
  const reason = isHidden ? '' : (given ?? REASONS[state] ?? '');
  return markup.text(cutEnd(toOneLine(reason), MAX_TEXT_CHARS));
}

/** `[ACTIVE]`, `[DONE]` and so on. */
export function stateMark(state: BoxState): string {
  return `[${state.toUpperCase()}]`;
}

/** `[DONE] 53s | 12.4k tokens`, with the reason first where there is one. */
export function endingOf(state: BoxState, parts: readonly (string | undefined)[]): string {
  return `${stateMark(state)} ${parts.filter((part) => part !== undefined && part !== '').join(' | ')}`;
}

/** The name of an agent or a child. */
export function nameOf(name: string, markup: Markup): string {
  return markup.text(cutEnd(toOneLine(name), MAX_NAME_CHARS));
}

/** Commentary or an answer: one line of it. */
export function sentenceOf(text: string, markup: Markup): string {
  return markup.text(cutEnd(toOneLine(withoutMarks(text.slice(0, 8 * MAX_TEXT_CHARS))), MAX_TEXT_CHARS));
}

/** The label of a tool call, without its state. */
export function labelOf(line: ToolLine, { labels, showText }: Wording, markup: Markup): string {
  const { parts } = labels.describe(line.tool, showText ? line.args : undefined);
  let label = '';
  let words = '';
  for (const part of parts) {
    if ('text' in part) {
      words += part.text;
      continue;
    }
    label += spaced(words, markup) + markup.code(part.value);
    words = '';
  }
  return label + spaced(words, markup) || 'tool';
}

/** Escapes words between arguments and keeps the space around them. */
function spaced(words: string, markup: Markup): string {
  if (words === '') return '';
  const text = markup.text(words);
  return `${/^\s/.test(words) ? ' ' : ''}${text}${/\s$/.test(words) && text !== '' ? ' ' : ''}`;
}

/** The label of a tool call and its state: `` exec: `npm test` [exit 1] 3s ``. */
export function callOf(line: ToolLine, wording: Wording, markup: Markup): string {
  const ending = line.state === 'running' ? runningMark(line, wording.nowMs) : endMark(line, wording, markup);
  return [labelOf(line, wording, markup), ...ending].filter((part) => part !== '').join(' ');
}

function runningMark(line: ToolLine, nowMs: number): string[] {
  const age = nowMs - line.startedAt;
  return ['...', age >= 1000 ? formatDuration(age) : ''];
}

function endMark(line: ToolLine, { labels, showText }: Wording, markup: Markup): string[] {
  const repeated = line.count > 1;
  const durationMs = line.durationMs ?? (line.endedAt ?? line.startedAt) - line.startedAt;
  const timed = (line.state === 'ok' || line.state === 'error') && !repeated && durationMs >= 1000;
  const error = line.state === 'error' && line.exitCode === undefined && showText ? (line.error ?? '') : '';
  return [
    stateOf(line, labels),
    repeated ? `x${line.count}` : '',
    timed ? formatDuration(durationMs) : '',
    markup.code(cutEnd(toOneLine(error), MAX_ERROR_CHARS)),
  ];
}

function stateOf(line: ToolLine, labels: Labels): string {
  if (line.state === 'error') return line.exitCode === undefined ? '[error]' : `[exit ${line.exitCode}]`;
  if (line.state !== 'ok') return `[${line.state}]`;
  // "Reading `a.md`" says what was done; "exec: `make`" does not say whether it worked.
  return labels.describe(line.tool).namesTool ? '[OK]' : '';
}
