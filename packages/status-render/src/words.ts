import type { BoxState, ModelLine, ModelTrouble, Question, ToolLine } from '@live-status/session-state';
import { formatDuration, formatRemaining } from './amounts.ts';
import { cutEnd, cutMiddle, toOneLine } from './cut.ts';
import type { LabelPart } from './label-template.ts';
import type { Labels } from './labels.ts';
import { type Markup, withoutMarks } from './markup.ts';

/** Longest sentence of a transcript in one line; code points. */
const MAX_TEXT_CHARS = 200;
/** Longest name of a session; code points. */
export const MAX_NAME_CHARS = 60;
/** Longest command that a person is asked to allow: ten lines on a phone; code points. */
const MAX_COMMAND_CHARS = 400;
/** Longest reason or error of a call; code points. */
const MAX_REASON_CHARS = 80;

/** What it takes to put a box into words. */
export interface Wording {
  readonly nowMs: number;
  readonly labels: Labels;
  readonly showText: boolean;
  /** Name of the bot that takes answers in this conversation; absent when unknown. */
  readonly botName?: string | undefined;
  /** Whether an approval can be answered in this conversation. */
  readonly canAnswerHere: boolean;
}

const REASONS: Partial<Record<BoxState, string>> = {
  interrupted: 'the agent stopped',
  timeout: 'still running, no longer followed',
};

/** Why something ended as it did, unless its state says all. An error may repeat what was said. */
export function reasonOf(
  { state, reason: given }: { readonly state: BoxState; readonly reason?: string },
  { showText }: Pick<Wording, 'showText'>,
  markup: Markup,
  maxChars: number = MAX_REASON_CHARS,
): string {
  const isHidden = state === 'done' || state === 'aborted' || (state === 'error' && !showText);
  const reason = isHidden ? '' : (given ?? REASONS[state] ?? '');
  return markup.text(cutEnd(toOneLine(reason), maxChars));
}

/** `[ACTIVE]` and its like. */
export function stateMark(state: BoxState): string {
  return `[${state.toUpperCase()}]`;
}

/** `[DONE] 53s | 12.4k tokens`, with the reason first where there is one. */
export function endingOf(state: BoxState, parts: readonly (string | undefined)[]): string {
  return `${stateMark(state)} ${parts.filter((part) => part !== undefined && part !== '').join(' | ')}`;
}

/** The name of an agent or a child. */
export function nameOf(name: string, markup: Markup, maxChars: number = MAX_NAME_CHARS): string {
  return markup.text(cutName(name, maxChars));
}

/** A name in one line, without anything to keep it from acting. */
export function cutName(name: string, maxChars: number = MAX_NAME_CHARS): string {
  return cutEnd(toOneLine(name.slice(0, 4 * maxChars)), maxChars);
}

/** Commentary or an answer: one line of it. */
export function sentenceOf(text: string, markup: Markup): string {
  return markup.text(cutEnd(toOneLine(withoutMarks(text.slice(0, 8 * MAX_TEXT_CHARS))), MAX_TEXT_CHARS));
}

/** What a tool call is called, without how it stands; its arguments are cut to `maxArgumentChars` code points. */
export function labelOf(
  line: ToolLine,
  { labels, showText }: Wording,
  markup: Markup,
  maxArgumentChars: number = Number.POSITIVE_INFINITY,
): string {
  const { parts } = labels.describe(line.tool, showText ? line.args : undefined);
  return toMarked(parts, markup, maxArgumentChars) || 'tool';
}

function toMarked(parts: readonly LabelPart[], markup: Markup, maxArgumentChars: number): string {
  let label = '';
  let words = '';
  for (const part of parts) {
    if ('text' in part) {
      words += part.text;
      continue;
    }
    const value = Number.isFinite(maxArgumentChars) ? cutMiddle(part.value, maxArgumentChars) : part.value;
    label += spaced(words, markup) + markup.code(value);
    words = '';
  }
  return label + spaced(words, markup);
}

/** Escapes words between arguments and keeps the space around them. */
function spaced(words: string, markup: Markup): string {
  if (words === '') return '';
  const text = markup.text(words);
  return `${/^\s/.test(words) ? ' ' : ''}${text}${/\s$/.test(words) && text !== '' ? ' ' : ''}`;
}

/** The arguments of a call alone: what a person is asked to approve. */
export function argumentsOf(line: ToolLine, { labels, showText }: Wording, markup: Markup, maxChars: number): string {
  const values = labels
    .describe(line.tool, showText ? line.args : undefined)
    .parts.flatMap((part) => ('value' in part ? [part.value] : []));
  return values.length === 0 ? markup.text(line.tool) : markup.code(cutMiddle(values.join(' '), maxChars));
}

/** A tool call and how it stands: `` exec: `npm test` [exit 1] 3s ``. */
export function callOf(line: ToolLine, wording: Wording, markup: Markup): string {
  if (line.question !== undefined) return questionOf(line, line.question, wording, markup);
  if (line.state === 'running' && line.approval !== undefined) {
    const parts = withWholeCommand(line, wording);
    return `${toMarked(parts, markup, Number.POSITIVE_INFINITY) || 'tool'} ${approvalOf(line.approval, wording, markup)}`;
  }
  const label = labelOf(line, wording, markup);
  const ending = line.state === 'running' ? runningMark(line, wording.nowMs) : endMark(line, wording, markup);
  return [label, ...ending].filter((part) => part !== '').join(' ');
}

/** The command that a person is asked to allow, alone. */
export function commandOf(line: ToolLine, wording: Wording, markup: Markup): string {
  const [value, ...others] = withWholeCommand(line, wording).flatMap((part) => ('value' in part ? [part.value] : []));
  const isCut = value !== undefined && isCommandCut(line, wording);
  const command = value === undefined ? markup.text(line.tool) : markup.code([value, ...others].join(' '));
  return isCut ? `${command} ${CUT}` : command;
}

const CUT = '(not shown in full)';

/** A label whose command is shown as a whole: people must see what they allow. One that is too long says so. */
function withWholeCommand(line: ToolLine, wording: Wording): readonly LabelPart[] {
  const { parts } = wording.labels.describe(line.tool, wording.showText ? line.args : undefined);
  const command = wholeCommandOf(line, wording);
  const index = parts.findIndex((part) => 'value' in part);
  if (command === undefined || index === -1) return parts;
  const whole = parts.with(index, { value: cutMiddle(command, MAX_COMMAND_CHARS) });
  return isCommandCut(line, wording) ? whole.toSpliced(index + 1, 0, { text: ` ${CUT}` }) : whole;
}

function isCommandCut(line: ToolLine, wording: Wording): boolean {
  const command = wholeCommandOf(line, wording) ?? '';
  // Longer arguments were cut before they were kept.
  return command.length > MAX_COMMAND_CHARS || command.endsWith('…');
}

function wholeCommandOf({ args }: ToolLine, { showText }: Wording): string | undefined {
  if (!showText || typeof args !== 'object' || args === null) return undefined;
  const { cmd, command = cmd } = args as { readonly cmd?: unknown; readonly command?: unknown };
  return typeof command === 'string' && command !== '' ? toOneLine(command) : undefined;
}

function runningMark(line: ToolLine, nowMs: number): string[] {
  const age = nowMs - line.startedAt;
  return ['...', age >= 1000 ? formatDuration(age) : ''];
}

function endMark(line: ToolLine, { labels, showText }: Wording, markup: Markup): string[] {
  const repeated = line.count > 1;
  const durationMs = line.durationMs ?? (line.endedAt ?? line.startedAt) - line.startedAt;
  const timed = ['ok', 'error', 'ended', 'answered'].includes(line.state) && !repeated && durationMs >= 1000;
  const error = line.state === 'error' && line.exitCode === undefined && showText ? (line.error ?? '') : '';
  return [
    endingMark(line, labels),
    repeated ? `x${line.count}` : '',
    timed ? formatDuration(durationMs) : '',
    markup.code(cutEnd(toOneLine(error), MAX_REASON_CHARS)),
  ];
}

const ENDINGS: Record<Exclude<ToolLine['state'], 'ok' | 'error' | 'running'>, string> = {
  aborted: '[aborted]',
  ended: '[ended]',
  background: '[background]',
  denied: '[denied]',
  'not-approved': '[not approved in time]',
  answered: '[answered]',
  'no-answer': '[no answer]',
};

function endingMark(line: ToolLine, labels: Labels): string {
  if (line.state === 'error') return line.exitCode === undefined ? '[error]' : `[exit ${line.exitCode}]`;
  if (line.state === 'running') return '...';
  if (line.state !== 'ok') return ENDINGS[line.state];
  // "Reading `a.md`" says what was done; "exec: `make`" does not say that it worked.
  return labels.describe(line.tool).namesTool ? '[OK]' : '';
}

function approvalOf(
  { approvalId, since, until }: NonNullable<ToolLine['approval']>,
  wording: Wording,
  markup: Markup,
): string {
  const waits = `waits for approval ${waitingTime(since, until, wording.nowMs)}`;
  return wording.canAnswerHere ? `${waits}. ${howToAnswer(approvalId, wording, markup)}` : waits;
}

/** The exact words that decide on an approval in this conversation. */
export function howToAnswer(approvalId: string, { botName }: Pick<Wording, 'botName'>, markup: Markup): string {
  const short = approvalId.replace(/[^\w-]/g, '').slice(0, 8);
  const answer = (decision: string): string =>
    markup.code(`${botName === undefined ? '' : `@${botName} `}/approve ${short} ${decision}`);
  const where = botName === undefined ? 'Answer here, after a mention of the bot:' : 'Answer here:';
  return `${where} ${answer('allow-once')} or ${answer('deny')}`;
}

/** `for 2m 58s (ends in 27m)`. */
function waitingTime(since: number, until: number | undefined, nowMs: number): string {
  const ends =
    until === undefined ? '' : until > nowMs ? ` (ends in ${formatRemaining(until - nowMs)})` : ' (time is up)';
  return `for ${formatDuration(nowMs - since)}${ends}`;
}

function questionOf(line: ToolLine, question: Question, wording: Wording, markup: Markup): string {
  const asked = askedOf(question, wording, markup);
  if (line.state === 'running') {
    return `${asked}, waits for an answer ${waitingTime(line.startedAt, question.until, wording.nowMs)}`;
  }
  return [asked, ...endMark(line, wording, markup)].filter((part) => part !== '').join(' ');
}

/** `Asks: Where shall I deploy? (Staging, Production)`. */
function askedOf({ asks, secret }: Question, { showText }: Wording, markup: Markup): string {
  if (secret) return 'Asks for a secret';
  if (!showText || asks.length === 0) return 'Asks a question';
  const words = asks.map(({ text, options }) => (options.length === 0 ? text : `${text} (${options.join(', ')})`));
  return `Asks: ${markup.text(cutEnd(toOneLine(words.join('; ')), MAX_TEXT_CHARS))}`;
}

/** The first question in a few words, for the head. */
export function shortQuestionOf(
  { asks, secret }: Question,
  { showText }: Wording,
  markup: Markup,
  maxChars: number,
): string {
  if (secret) return 'asks for a secret';
  const first = showText ? asks[0]?.text : undefined;
  return first === undefined ? 'asks a question' : `asks: ${markup.text(cutEnd(toOneLine(first), maxChars))}`;
}

/** What keeps the model from answering: `Model: server error, attempt 3 in 6s`. */
export function troubleOf(trouble: ModelTrouble, nowMs: number, markup: Markup): string {
  if (trouble.kind === 'compacting') return 'Compacting the conversation...';
  const reason = markup.text(trouble.reason);
  if (trouble.kind === 'fallback') return `Model: ${reason}, now ${nameOf(trouble.model, markup)}`;
  const { attempt, retryAt } = trouble;
  // Some failures are not tried again: what follows is not known then.
  if (attempt === undefined) return `Model: ${reason}`;
  if (retryAt === undefined) return `Model: ${reason}, trying again (attempt ${attempt})`;
  const waitMs = retryAt - nowMs;
  return `Model: ${reason}, attempt ${attempt} ${waitMs > 0 ? `in ${formatRemaining(waitMs)}` : 'now'}`;
}

/** Model calls that failed before an answer came: `Model: server error x3, recovered`. */
export function modelLineOf({ reason, failures, fallback }: ModelLine, markup: Markup): string {
  const failed = `Model: ${markup.text(reason)}${failures > 1 ? ` x${failures}` : ''}`;
  return `${failed}, ${fallback === undefined ? 'recovered' : `now ${nameOf(fallback, markup)}`}`;
}
