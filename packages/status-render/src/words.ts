import type { BoxState, ModelLine, ModelTrouble, Question, ToolLine } from '@live-status/session-state';
import { cutEnd, cutMiddle, toOneLine } from './cut.ts';
import type { LabelPart } from './label-template.ts';
import type { Labels } from './labels.ts';
import type { Language } from './language.ts';
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
  readonly language: Language;
  readonly showText: boolean;
  /** Whether arguments of tools, and what was said of an error, may be shown. */
  readonly showArguments: boolean;
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
  wording: Pick<Wording, 'showText' | 'showArguments' | 'language'>,
  markup: Markup,
  maxChars: number = MAX_REASON_CHARS,
): string {
  const isHidden = state === 'done' || state === 'aborted' || (state === 'error' && !showsDetails(wording));
  const reason = isHidden ? '' : (given ?? REASONS[state] ?? '');
  return markup.text(cutEnd(toOneLine(wording.language.reason(reason)), maxChars));
}

/** Whether what tools were given, and what went wrong with them, may be shown. */
function showsDetails({ showText, showArguments }: Pick<Wording, 'showText' | 'showArguments'>): boolean {
  return showText && showArguments;
}

/** The arguments of a call, as far as they may be shown. */
function shownArgs({ args }: ToolLine, wording: Wording): unknown {
  return showsDetails(wording) ? args : undefined;
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
  wording: Wording,
  markup: Markup,
  maxArgumentChars: number = Number.POSITIVE_INFINITY,
): string {
  const { parts } = wording.labels.describe(line.tool, shownArgs(line, wording));
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
export function argumentsOf(line: ToolLine, wording: Wording, markup: Markup, maxChars: number): string {
  const values = wording.labels
    .describe(line.tool, shownArgs(line, wording))
    .parts.flatMap((part) => ('value' in part ? [part.value] : []));
  return values.length === 0 ? markup.text(line.tool) : markup.code(cutMiddle(values.join(' '), maxChars));
}

/** A tool call and how it stands: `` exec: `npm test` [exit 1] 3s ``. */
export function callOf(line: ToolLine, wording: Wording, markup: Markup): string {
  if (line.question !== undefined) return questionOf(line, line.question, wording, markup);
  if (line.state === 'running' && line.approval !== undefined) {
    const call = toMarked(withWholeCommand(line, wording), markup, Number.POSITIVE_INFINITY) || 'tool';
    return approvalOf(call, line.approval, wording, markup);
  }
  const label = labelOf(line, wording, markup);
  const ending = line.state === 'running' ? runningMark(line, wording) : endMark(line, wording, markup);
  return [label, ...ending].filter((part) => part !== '').join(' ');
}

/** The command that a person is asked to allow, alone. */
export function commandOf(line: ToolLine, wording: Wording, markup: Markup): string {
  const [value, ...others] = withWholeCommand(line, wording).flatMap((part) => ('value' in part ? [part.value] : []));
  const isCut = value !== undefined && isCommandCut(line, wording);
  const command = value === undefined ? markup.text(line.tool) : markup.code([value, ...others].join(' '));
  return isCut ? `${command} ${wording.language.say('waiting.cut')}` : command;
}

/** A label whose command is shown as a whole: people must see what they allow. One that is too long says so. */
function withWholeCommand(line: ToolLine, wording: Wording): readonly LabelPart[] {
  const { parts } = wording.labels.describe(line.tool, shownArgs(line, wording));
  const command = wholeCommandOf(line, wording);
  const index = parts.findIndex((part) => 'value' in part);
  if (command === undefined || index === -1) return parts;
  const whole = parts.with(index, { value: cutMiddle(command, MAX_COMMAND_CHARS) });
  return isCommandCut(line, wording)
    ? whole.toSpliced(index + 1, 0, { text: ` ${wording.language.say('waiting.cut')}` })
    : whole;
}

function isCommandCut(line: ToolLine, wording: Wording): boolean {
  const command = wholeCommandOf(line, wording) ?? '';
  // Longer arguments were cut before they were kept.
  return command.length > MAX_COMMAND_CHARS || command.endsWith('…');
}

function wholeCommandOf(line: ToolLine, wording: Wording): string | undefined {
  const args = shownArgs(line, wording);
  if (typeof args !== 'object' || args === null) return undefined;
  const { cmd, command = cmd } = args as { readonly cmd?: unknown; readonly command?: unknown };
  return typeof command === 'string' && command !== '' ? toOneLine(command) : undefined;
}

function runningMark(line: ToolLine, { nowMs, language }: Wording): string[] {
  const age = nowMs - line.startedAt;
  return ['...', age >= 1000 ? language.duration(age) : ''];
}

function endMark(line: ToolLine, wording: Wording, markup: Markup): string[] {
  const { labels, language } = wording;
  const repeated = line.count > 1;
  const durationMs = line.durationMs ?? (line.endedAt ?? line.startedAt) - line.startedAt;
  const timed = ['ok', 'error', 'ended', 'answered'].includes(line.state) && !repeated && durationMs >= 1000;
  const error =
    line.state === 'error' && line.exitCode === undefined && showsDetails(wording) ? (line.error ?? '') : '';
  return [
    endingMark(line, labels),
    repeated ? `x${line.count}` : '',
    timed ? language.duration(durationMs) : '',
    markup.code(cutEnd(toOneLine(error), MAX_REASON_CHARS)),
  ];
}

/** Tags stay as they are in every language: people search for them. */
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
  call: string,
  { approvalId, since, until }: NonNullable<ToolLine['approval']>,
  wording: Wording,
  markup: Markup,
): string {
  const { language, nowMs } = wording;
  const duration = language.duration(nowMs - since);
  const waiting =
    until === undefined
      ? language.say('waiting.approval', { call, duration })
      : language.say('waiting.approvalUntil', { call, duration, end: endOf(until, wording) });
  return wording.canAnswerHere ? withAnswer(waiting, approvalId, wording, markup) : waiting;
}

/** What waits for an approval, with the exact words that decide on it in this conversation. They are the same in every language. */
export function withAnswer(
  waiting: string,
  approvalId: string,
  { botName, language }: Pick<Wording, 'botName' | 'language'>,
  markup: Markup,
): string {
  const short = approvalId.replace(/[^\w-]/g, '').slice(0, 8);
  const answer = (decision: string): string =>
    markup.code(`${botName === undefined ? '' : `@${botName} `}/approve ${short} ${decision}`);
  const key = botName === undefined ? 'waiting.answerToBot' : 'waiting.answerHere';
  return language.say(key, { waiting, allow: answer('allow-once'), deny: answer('deny') });
}

/** When OpenClaw stops waiting: `ends in 27m`. */
function endOf(until: number, { language, nowMs }: Wording): string {
  return until > nowMs
    ? language.say('time.endsIn', { time: language.remaining(until - nowMs) })
    : language.say('time.isUp');
}

function questionOf(line: ToolLine, question: Question, wording: Wording, markup: Markup): string {
  const { language, nowMs } = wording;
  const asked = askedOf(question, wording, markup);
  if (line.state !== 'running')
    return [asked, ...endMark(line, wording, markup)].filter((part) => part !== '').join(' ');
  const duration = language.duration(nowMs - line.startedAt);
  return question.until === undefined
    ? language.say('waiting.answer', { question: asked, duration })
    : language.say('waiting.answerUntil', { question: asked, duration, end: endOf(question.until, wording) });
}

/** `Asks: Where shall I deploy? (Staging, Production)`. */
function askedOf({ asks, secret }: Question, { language, showText }: Wording, markup: Markup): string {
  if (secret) return language.say('waiting.secret');
  if (!showText || asks.length === 0) return language.say('waiting.someQuestion');
  const words = asks.map(({ text, options }) => (options.length === 0 ? text : `${text} (${options.join(', ')})`));
  return language.say('waiting.question', {
    question: markup.text(cutEnd(toOneLine(words.join('; ')), MAX_TEXT_CHARS)),
  });
}

/** The first question in a few words, for the head. */
export function shortQuestionOf(
  { asks, secret }: Question,
  { language, showText }: Wording,
  markup: Markup,
  maxChars: number,
): string {
  if (secret) return language.say('head.secret');
  const first = showText ? asks[0]?.text : undefined;
  if (first === undefined) return language.say('head.someQuestion');
  return language.say('head.question', { question: markup.text(cutEnd(toOneLine(first), maxChars)) });
}

/** What keeps the model from answering: `Model: server error, attempt 3 in 6s`. */
export function troubleOf(trouble: ModelTrouble, { language, nowMs }: Wording, markup: Markup): string {
  if (trouble.kind === 'compacting') return language.say('model.compacting');
  const reason = markup.text(language.reason(trouble.reason));
  if (trouble.kind === 'fallback')
    return language.say('model.fallback', { reason, model: nameOf(trouble.model, markup) });
  const { attempt, retryAt } = trouble;
  // Some failures are not tried again: what follows is not known then.
  if (attempt === undefined) return language.say('model.failed', { reason });
  if (retryAt === undefined) return language.say('model.retry', { reason, attempt });
  const waitMs = retryAt - nowMs;
  const when = waitMs > 0 ? language.say('time.in', { time: language.remaining(waitMs) }) : language.say('time.now');
  return language.say('model.retryAt', { reason, attempt, when });
}

/** Model calls that failed before an answer came: `Model: server error x3, recovered`. */
export function modelLineOf({ reason, failures, fallback }: ModelLine, { language }: Wording, markup: Markup): string {
  const failed = `${markup.text(language.reason(reason))}${failures > 1 ? ` x${failures}` : ''}`;
  return fallback === undefined
    ? language.say('model.recovered', { reason: failed })
    : language.say('model.fallback', { reason: failed, model: nameOf(fallback, markup) });
}
