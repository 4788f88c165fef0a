import type { Box, ChildLine, Line, ToolLine } from '@live-status/session-state';
import { countTokens, formatCost, formatCount, formatDuration } from './amounts.ts';
import { cutEnd, toOneLine } from './cut.ts';
import { type Markup, markdown } from './markup.ts';
import { endingOf, labelOf, nameOf, reasonOf, sentenceOf, stateMark, type Wording } from './words.ts';

/** The first line, which sums up the box: `` **[ACTIVE] main** | 38s | exec: `npm test` 12s ``. */
export function toHead(box: Box, wording: Wording, statusNote: string | undefined): string {
  const reason = reasonOf(box, wording, markdown);
  const parts = [
    `**${`${stateMark(box.state)} ${nameOf(box.title, markdown)}`.trimEnd()}**`,
    elapsedOf(box, wording.nowMs),
    markdown.text(statusNote ?? ''),
    reason,
    box.state === 'active' ? currentWork(box, wording) : reason === '' ? tokensOf(box) : '',
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' | ');
}

/** State and name in at most `maxChars` code points, when there is no room for more. */
export function toShortHead(box: Box, maxChars: number): string {
  const name = toOneLine(box.title.slice(0, 200)).replace(/[^\p{L}\p{N} ]/gu, '');
  return cutEnd(`${stateMark(box.state)} ${name}`.trimEnd(), maxChars);
}

/** What the list of a finished box ends with: the first line of the answer, then the outcome. */
export function toTail(box: Box, wording: Wording & { showAnswer: boolean }, markup: Markup): string[] {
  if (box.state === 'active') return [];
  return [...answerOf(box, wording, markup), endingOf(box.state, endingParts(box, wording, markup))];
}

/** The first line of the answer that is not empty. */
export function answerOf(
  box: Box,
  { showAnswer, showText }: { showAnswer: boolean; showText: boolean },
  markup: Markup,
): string[] {
  if (!showAnswer || !showText || box.state !== 'done') return [];
  const first = /\S.*/.exec(box.answer ?? '')?.[0] ?? '';
  const sentence = sentenceOf(first, markup);
  return sentence === '' ? [] : [markup.line(sentence)];
}

function endingParts(box: Box, wording: Wording, markup: Markup): (string | undefined)[] {
  return [reasonOf(box, wording, markup), elapsedOf(box, wording.nowMs), tokensOf(box), formatCost(box.tokens.costUsd)];
}

/** Time since the start, or until the end. */
export function elapsedOf(box: Box, nowMs: number): string {
  return formatDuration((box.endedAt ?? nowMs) - box.startedAt);
}

function tokensOf(box: Box): string | undefined {
  const tokens = countTokens(box.tokens);
  return tokens >= 1 ? `${formatCount(tokens)} tokens` : undefined;
}

/** What is happening now: the call that began last, else who is thinking, else who is waited for. */
function currentWork(box: Box, wording: Wording): string {
  const lines = flatten(box.lines);
  const running = lines.filter((line): line is ToolLine => line.kind === 'tool' && line.state === 'running');
  const latest = running.reduce<ToolLine | undefined>((a, b) => (a && a.startedAt > b.startedAt ? a : b), undefined);
  if (latest) {
    const age = wording.nowMs - latest.startedAt;
    const others = running.length > 1 ? `(+${running.length - 1})` : '';
    return [labelOf(latest, wording, markdown), age >= 1000 ? formatDuration(age) : '', others]
      .filter(Boolean)
      .join(' ');
  }
  if (box.thinking) return 'Thinking...';
  const children = lines.filter((line): line is ChildLine => line.kind === 'child');
  return waitOf(children, 'Thinking...', wording) ?? waitOf(children, 'waiting to start', wording) ?? '';
}

function waitOf(
  children: readonly ChildLine[],
  what: 'Thinking...' | 'waiting to start',
  wording: Wording,
): string | undefined {
  const child = children.find((each) =>
    what === 'Thinking...' ? each.state === 'active' && each.thinking : each.state === 'starting',
  );
  if (!child) return undefined;
  return `${(wording.showText && nameOf(child.label, markdown)) || 'Sub-agent'}: ${what}`;
}

function flatten(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) => (line.kind === 'child' ? [line, ...flatten(line.lines)] : [line]));
}
