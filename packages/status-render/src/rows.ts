import { type Box, type ChildLine, isOngoing, type Line, type PlanStep } from '@live-status/session-state';
import type { Markup } from './markup.ts';
import { RecentCache } from './recent-cache.ts';
import { callOf, modelLineOf, nameOf, reasonOf, sentenceOf, stateMark, troubleOf, type Wording } from './words.ts';

/** One line of the list, with the lines under it. */
export interface Row {
  readonly text: string;
  /** When it began, milliseconds since the epoch: the oldest rows go first. */
  readonly at: number;
  /** Shown whatever the height: what runs or waits, an active child's name, the step of the plan that is worked on. */
  readonly kept: boolean;
  readonly child?: ChildRow;
}

/** What a row of a child has besides. */
export interface ChildRow {
  readonly rows: readonly Row[];
  /** Lines of it that the box no longer holds. */
  readonly earlierLines: number;
  /** The whole child in one line; absent while it works. */
  readonly folded?: string;
}

/** Deeper children are shown at this depth: a phone has no room for more. */
export const MAX_DEPTH = 4;
/** A longer plan shows the step that is worked on and its neighbours. */
const MAX_PLAN_STEPS = 7;

/** The agent's checklist; `short` for when there is too little room. */
export function toPlanRows({ plan = [], startedAt }: Box, wording: Wording, markup: Markup, short: boolean): Row[] {
  if (!wording.showText || plan.length === 0) return [];
  const current = currentStep(plan);
  const shown = short || plan.length > MAX_PLAN_STEPS ? plan.slice(Math.max(0, current - 1), current + 2) : plan;
  const rows = shown.map((step) => ({
    text: markup.line(stepText(step, markup)),
    at: startedAt,
    kept: step.status === 'current',
  }));
  const hidden = plan.length - shown.length;
  const more = wording.language.say('list.morePlanSteps', { count: hidden });
  return hidden === 0 ? rows : [...rows, { text: markup.line(more), at: startedAt, kept: false }];
}

/** The step that is worked on, else the first that is open, else the last. */
function currentStep(plan: readonly PlanStep[]): number {
  const current = plan.findIndex((step) => step.status === 'current');
  const open = plan.findIndex((step) => step.status === 'open');
  return current !== -1 ? current : open !== -1 ? open : plan.length - 1;
}

const STEP_MARKS = { done: '✓', current: '▸', open: '○' } as const;

function stepText({ text, status }: PlanStep, markup: Markup): string {
  const words = sentenceOf(text, markup);
  return `${STEP_MARKS[status]} ${status === 'current' ? markup.strong(words) : words}`;
}

/** The lines of a box and of the children in it, in the order they are shown. */
export function toRows(box: Box, wording: Wording, markup: Markup): Row[] {
  const rows = rowsOf(box.lines, box.startedAt, wording, markup);
  if (box.trouble === undefined || !isOngoing(box.state)) return rows;
  return [...rows, { text: markup.line(troubleOf(box.trouble, wording, markup)), at: wording.nowMs, kept: true }];
}

function rowsOf(lines: readonly Line[], startedAt: number, wording: Wording, markup: Markup): Row[] {
  const rows: Row[] = [];
  let at = startedAt;
  for (const line of lines) {
    // Text carries no time of its own: it is as old as what stands before it.
    if (line.kind === 'tool' || line.kind === 'child') at = line.startedAt;
    const text = line.kind === 'child' ? childText(line, wording, markup) : lineText(line, wording, markup);
    if (text === '') continue;
    rows.push({
      text: markup.line(text),
      at,
      kept: line.kind === 'tool' ? line.state === 'running' : line.kind === 'child' && isAtWork(line),
      ...(line.kind === 'child' ? { child: childRowOf(line, text, wording, markup) } : {}),
    });
  }
  return rows;
}

/** What a line says that the clock does not change, with what it was put into words by. */
interface Words extends Pick<Wording, 'labels' | 'language' | 'showText' | 'showArguments'> {
  readonly markup: Markup;
  readonly text: string;
}

/** A box is rendered several times for each of its changes, most of which concern one line: those of 20 busy boxes are remembered. */
const REMEMBERED_LINES = 500;
const REMEMBERED = new RecentCache<Line, Words>(REMEMBERED_LINES);

function lineText(line: Exclude<Line, ChildLine>, wording: Wording, markup: Markup): string {
  if (line.kind === 'tool' && line.state === 'running') return callOf(line, wording, markup);
  const { labels, language, showText, showArguments } = wording;
  const known = REMEMBERED.get(line);
  const isSame =
    known?.labels === labels &&
    known.language === language &&
    known.markup === markup &&
    known.showText === showText &&
    known.showArguments === showArguments;
  if (isSame) return known.text;
  const text = settledText(line, wording, markup);
  REMEMBERED.set(line, { labels, language, markup, showText, showArguments, text });
  return text;
}

function settledText(line: Exclude<Line, ChildLine>, wording: Wording, markup: Markup): string {
  if (line.kind === 'tool') return callOf(line, wording, markup);
  if (line.kind === 'compaction') return `[${wording.language.say('list.compacted')}]`;
  if (line.kind === 'model') return modelLineOf(line, wording, markup);
  return wording.showText ? sentenceOf(line.text, markup) : '';
}

function isAtWork({ state }: ChildLine): boolean {
  return state === 'starting' || isOngoing(state);
}

/** `Sub-agent: planner [DONE] 28s`; while it works, its name. */
function childText(child: ChildLine, wording: Wording, markup: Markup): string {
  const { language } = wording;
  const name = wording.showText ? nameOf(child.label, markup) : '';
  if (child.state === 'starting')
    return language.say('child.starting', { name: name || language.say('child.unnamed') });
  const header = name === '' ? language.say('child.unnamed') : language.say('child.named', { name });
  if (isOngoing(child.state)) return header;
  const elapsed = language.duration((child.endedAt ?? child.startedAt) - child.startedAt);
  const ended = { state: child.state, ...(child.reason === undefined ? {} : { reason: child.reason }) };
  const reason = reasonOf(ended, wording, markup);
  return [header, stateMark(child.state), elapsed, reason === '' ? '' : `| ${reason}`].filter(Boolean).join(' ');
}

function childRowOf(child: ChildLine, text: string, wording: Wording, markup: Markup): ChildRow {
  const rows = rowsOf(child.lines, child.startedAt, wording, markup);
  const { earlierLines } = child;
  if (isAtWork(child)) return { rows, earlierLines };
  const steps = rows.length + earlierLines;
  const folded = steps === 0 ? text : wording.language.say('child.folded', { child: text, count: steps });
  return { rows, earlierLines, folded };
}
