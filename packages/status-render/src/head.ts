import {
  type Box,
  type ChildLine,
  callsIn,
  isOngoing,
  type Line,
  type ModelTrouble,
  type ToolLine,
  waitsForPerson,
} from '@live-status/session-state';
import { countTokens } from './amounts.ts';
import { countChars, cutEnd } from './cut.ts';
import type { Language } from './language.ts';
import { isSafeUrl, type Markup, plain } from './markup.ts';
import { countHeadLines } from './measure.ts';
import {
  argumentsOf,
  cutName,
  labelOf,
  MAX_NAME_CHARS,
  nameOf,
  reasonOf,
  sentenceOf,
  shortQuestionOf,
  stateMark,
  troubleOf,
  type Wording,
} from './words.ts';

/** The head takes at most this many lines on a phone. */
const MAX_HEAD_LINES = 2;
interface Cuts {
  readonly name: number;
  readonly argument: number;
  readonly reason: number;
}

/**
 * How far names, arguments and the reasons of errors are cut, in code points: the first that fits is taken. Other
 * reasons are sentences of our own.
 */
const CUTS: readonly Cuts[] = [
  { name: MAX_NAME_CHARS, argument: 32, reason: 80 },
  { name: 32, argument: 32, reason: 60 },
  { name: 24, argument: 24, reason: 40 },
  { name: 16, argument: 16, reason: 24 },
  { name: 8, argument: 12, reason: 24 },
];

/** How the facts are written. */
interface Form {
  readonly wording: Wording;
  readonly markup: Markup;
  readonly cuts: Cuts;
  /** Leaves out what changes with the clock alone. Default: false. */
  readonly timeless?: true;
}

/** Context use is shown from here on, as a part of the window. */
const NOTABLE_CONTEXT = 0.7;

/** Something the head says. Of those that do not fit, the one with the highest rank goes first; rank 0 stays. */
interface Fact {
  readonly text: string;
  readonly rank: number;
}

/** The first line, which says what matters most: `` **[ACTIVE] main** | 38s | exec: `npm test` 12s ``. */
export function toHead(box: Box, wording: Wording, markup: Markup): string {
  let head = '';
  for (const cuts of CUTS) {
    head = fit(factsOf(box, { wording, markup, cuts }), wording.language);
    if (countHeadLines(head, wording.language) <= MAX_HEAD_LINES) break;
  }
  return head;
}

/** State and name in at most `maxChars` code points, for when there is room for nothing else. */
export function toShortHead(box: Box, maxChars: number): string {
  const mark = cutEnd(stateMark(box.state), maxChars);
  const letters = box.title.replace(/[^\p{L}\p{N} ]/gu, '');
  const inRoom = (chars: number): string => plain.text(cutName(letters, Math.min(chars, MAX_NAME_CHARS)));
  const room = Math.max(0, maxChars - mark.length - 1);
  const whole = inRoom(room);
  // Letters of another direction have a mark at each end.
  const name = countChars(whole) <= room ? whole : inRoom(Math.max(0, room - 2));
  return `${mark} ${name}`.trimEnd();
}

/**
 * What matters most of work that goes on, in a few words that do not change with the clock: whom it waits for, why it
 * cannot be seen, what keeps its model, the step it is at, or what runs. Empty for nothing.
 */
export function briefOf(box: Box, wording: Wording, markup: Markup, maxChars: number): string {
  const form: Form = {
    wording,
    markup,
    cuts: { name: maxChars, argument: maxChars, reason: 2 * maxChars },
    timeless: true,
  };
  const calls = callsIn(box.lines).filter((call) => call.state === 'running');
  const waiting = waitOf(calls.filter(waitsForPerson), form);
  return (
    waiting ||
    reasonOf(box, wording, markup, form.cuts.reason) ||
    (box.trouble === undefined ? '' : troubleOf(timelessTrouble(box.trouble), wording, markup)) ||
    stepOf(box, form) ||
    runningOf(calls, form)
  );
}

/** Since when a person is waited for, milliseconds since the epoch; `undefined` where nobody is. */
export function waitingSince({ lines }: Box): number | undefined {
  const waiting = callsIn(lines).filter((call) => call.state === 'running' && waitsForPerson(call));
  return waiting.length === 0 ? undefined : Math.min(...waiting.map(sinceOf));
}

function timelessTrouble(trouble: ModelTrouble): ModelTrouble {
  if (trouble.kind !== 'retry') return trouble;
  const { retryAt: _, ...rest } = trouble;
  return rest;
}

/** Time since the start, or until the end. */
export function elapsedOf(box: Box, nowMs: number, language: Language): string {
  return language.duration((box.endedAt ?? nowMs) - box.startedAt);
}

/** What a box used, read from cache apart. Absent for nothing. */
export function tokensOf(box: Box, language: Language): string | undefined {
  const count = countTokens(box.tokens);
  return count >= 1 ? language.say('head.tokens', { count, amount: language.shortCount(count) }) : undefined;
}

/** The first line of the answer that says anything. */
export function answerOf(
  box: Box,
  { showAnswer, showText }: { readonly showAnswer: boolean; readonly showText: boolean },
  markup: Markup,
): string | undefined {
  if (!showAnswer || !showText || box.state !== 'done') return undefined;
  const sentence = sentenceOf(/\S.*/.exec(box.answer ?? '')?.[0] ?? '', markup);
  return sentence === '' ? undefined : markup.line(sentence);
}

function fit(facts: readonly Fact[], language: Language): string {
  let kept = [...facts];
  const text = (): string => kept.map((fact) => fact.text).join(' | ');
  while (countHeadLines(text(), language) > MAX_HEAD_LINES) {
    const rank = Math.max(...kept.map((fact) => fact.rank));
    if (rank === 0) break;
    kept = kept.filter((fact) => fact.rank !== rank);
  }
  return text();
}

function factsOf(box: Box, form: Form): Fact[] {
  const about = isOngoing(box.state) ? openFacts(box, form) : finishedFacts(box, form);
  const facts = [whoOf(box, form), elapsedOf(box, form.wording.nowMs, form.wording.language), ...about].filter(
    (text): text is string => text !== undefined && text !== '',
  );
  // State, name, time and what matters most always stay.
  return facts.map((text, index) => ({ text, rank: Math.max(0, index - 2) }));
}

function whoOf(box: Box, { markup, cuts }: Form): string {
  const name = nameOf(box.title, markup, cuts.name);
  const linked = box.url !== undefined && name !== '' && isSafeUrl(box.url) ? markup.link(name, box.url) : name;
  return markup.strong(`${stateMark(box.state)} ${linked}`.trimEnd());
}

function openFacts(box: Box, form: Form): (string | undefined)[] {
  const { wording, markup, cuts } = form;
  const calls = callsIn(box.lines).filter((call) => call.state === 'running');
  const waiting = calls.filter(waitsForPerson);
  const working = calls.filter((call) => !waitsForPerson(call));
  return [
    waitOf(waiting, form),
    reasonOf(box, wording, markup),
    box.trouble === undefined ? '' : troubleOf(box.trouble, wording, markup),
    planOf(box, wording.language),
    working.length > 0 || waiting.length > 0 || box.trouble !== undefined
      ? runningOf(working, form)
      : thinkingOf(box, form),
    contextOf(box, wording.language),
    box.model === undefined ? '' : nameOf(box.model, markup, cuts.name),
  ];
}

function finishedFacts(box: Box, form: Form): (string | undefined)[] {
  const { wording, markup, cuts } = form;
  const { filesChanged = 0, inBackground = 0 } = box;
  return [
    reasonOf(box, wording, markup, box.state === 'error' ? cuts.reason : undefined),
    failedInBackground(box, wording.language),
    tokensOf(box, wording.language),
    wording.language.cost(box.tokens.costUsd),
    filesChanged === 0 ? '' : wording.language.say('head.files', { count: filesChanged }),
    inBackground === 0 ? '' : wording.language.say('head.inBackground', { count: inBackground }),
    box.plan?.every((step) => step.status === 'done') ? '' : planOf(box, wording.language),
    contextOf(box, wording.language),
    box.model === undefined ? '' : nameOf(box.model, markup, cuts.name),
  ];
}

/** Commands in the background that failed after all else was done. */
function failedInBackground({ endedAt = Number.POSITIVE_INFINITY, lines }: Box, language: Language): string {
  const failed = callsIn(lines).filter((call) => call.state === 'error' && (call.endedAt ?? 0) > endedAt);
  return failed.length === 0 ? '' : language.say('head.failedInBackground', { count: failed.length });
}

/** What a person is waited for: what ends first, of those what began first, and how many more there are. */
function waitOf(waiting: readonly ToolLine[], { wording, markup, cuts }: Form): string {
  const [first, ...others] = [...waiting].sort((a, b) => endOf(a) - endOf(b) || sinceOf(a) - sinceOf(b));
  if (first === undefined) return '';
  const what =
    first.question === undefined
      ? wording.language.say('head.approval', { command: argumentsOf(first, wording, markup, cuts.argument) })
      : shortQuestionOf(first.question, wording, markup, cuts.argument);
  return withOthers(what, others.length);
}

/** When OpenClaw stops waiting; what has no known end comes last. */
function endOf({ approval, question }: ToolLine): number {
  return (approval ?? question)?.until ?? Number.MAX_VALUE;
}

function sinceOf({ approval, startedAt }: ToolLine): number {
  return approval?.since ?? startedAt;
}

/** `plan 1/3`: steps done, of all. */
function planOf({ plan = [] }: Box, language: Language): string {
  const done = plan.filter((step) => step.status === 'done').length;
  return plan.length === 0 ? '' : language.say('head.plan', { done, steps: plan.length });
}

/** The step of the plan that is worked on, else how many are done. */
function stepOf(box: Box, { wording, markup, cuts }: Form): string {
  const progress = planOf(box, wording.language);
  const current = wording.showText ? box.plan?.find((step) => step.status === 'current') : undefined;
  return current === undefined ? progress : `${progress}: ${nameOf(current.text, markup, cuts.name)}`;
}

/** The call that began last, and how many others run. */
function runningOf(running: readonly ToolLine[], { wording, markup, cuts, timeless }: Form): string {
  const latest = running.reduce<ToolLine | undefined>((a, b) => (a && a.startedAt > b.startedAt ? a : b), undefined);
  if (latest === undefined) return '';
  const age = wording.nowMs - latest.startedAt;
  const label = labelOf(latest, wording, markup, cuts.argument);
  return withOthers(
    age >= 1000 && timeless === undefined ? `${label} ${wording.language.duration(age)}` : label,
    running.length - 1,
  );
}

function withOthers(text: string, others: number): string {
  return others > 0 ? `${text} (+${others})` : text;
}

/** Who thinks, else who is waited for. */
function thinkingOf(box: Box, { wording, markup, cuts }: Form): string {
  const { language } = wording;
  if (box.thinking) return language.say('head.thinking');
  const children = childrenIn(box.lines);
  const nameOfChild = (child: ChildLine): string =>
    (wording.showText && nameOf(child.label, markup, cuts.name)) || language.say('child.unnamed');
  const thinking = children.find((child) => child.state === 'active' && child.thinking);
  if (thinking !== undefined) return language.say('head.childThinking', { name: nameOfChild(thinking) });
  const starting = children.find((child) => child.state === 'starting');
  return starting === undefined ? '' : language.say('child.starting', { name: nameOfChild(starting) });
}

function contextOf({ context }: Box, language: Language): string {
  if (context === undefined || !(context.windowTokens > 0)) return '';
  const used = context.usedTokens / context.windowTokens;
  return used >= NOTABLE_CONTEXT ? language.say('head.context', { percent: language.percent(Math.min(1, used)) }) : '';
}

function childrenIn(lines: readonly Line[]): ChildLine[] {
  return lines.flatMap((line) => (line.kind === 'child' ? [line, ...childrenIn(line.lines)] : []));
}
