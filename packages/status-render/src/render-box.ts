import { type Box, isOngoing } from '@live-status/session-state';
import { type Attachment, toCard } from './card.ts';
import { countChars } from './cut.ts';
import { answerOf, elapsedOf, toHead, tokensOf, toShortHead } from './head.ts';
import { inLessAndLessRoom, type ShownLine } from './height.ts';
import type { Labels } from './labels.ts';
import type { Language } from './language.ts';
import { ENGLISH } from './language-file.ts';
import { type Markup, markdown, plain, type Span, spans, toCodeFence, toSpans } from './markup.ts';
import { toPlanRows, toRows } from './rows.ts';
import { endingOf, reasonOf } from './words.ts';

export type RenderStyle = 'list' | 'fence' | 'card';

export interface RenderOptions {
  /** Now, milliseconds since the epoch on the clock of the box. Elapsed and running times depend on it, nothing else. */
  readonly nowMs: number;
  readonly labels: Labels;
  /** Language of everything but tags such as `[DONE]`, the words to answer with, and what comes from the box. Default: English. */
  readonly language?: Language;
  /** `list` wraps on phones; `fence` is one code block; `card` an attachment. Default `list`. */
  readonly style?: RenderStyle;
  /**
   * Height of the lines under the head, as a phone of 390 px wraps them (in `fence`, which does not wrap, simply lines).
   * The oldest go first; what runs or waits is shown even if that takes more. Default 15.
   */
  readonly maxLines?: number;
  /** Longest post in code points, attachment included. Default 15000. */
  readonly maxChars?: number;
  /** Whether commentary, arguments, questions, plans, names of children and the answer may be shown. Default true. */
  readonly showText?: boolean;
  /**
   * Whether arguments of tools (commands, paths, …) and the texts of errors may be shown. Names of tools, commentary,
   * questions, the plan and the answer stay. Default true.
   */
  readonly showArguments?: boolean;
  /** Shows the head alone. Default false. */
  readonly headOnly?: boolean;
  /** Whether the first line of the answer may be shown: where the answer is not the conversation's own next message. Default true. */
  readonly showAnswer?: boolean;
  /** Name of the bot that takes answers in this conversation, without `@`. Default: not known. */
  readonly botName?: string;
  /** Whether an approval can be answered in this conversation. Default false. */
  readonly canAnswerHere?: boolean;
}

/** The content of a post. `props` replaces the post's attachments when present. */
export interface RenderedPost {
  readonly message: string;
  readonly props?: { readonly attachments: readonly Attachment[] };
}

const DEFAULTS = {
  style: 'list',
  maxLines: 15,
  maxChars: 15_000,
  showText: true,
  showArguments: true,
  headOnly: false,
  showAnswer: true,
  canAnswerHere: false,
  language: ENGLISH,
} as const;

type Settings = RenderOptions & Required<Omit<RenderOptions, 'botName'>>;

/** A card shows this many of the newest lines: Mattermost folds an attachment early. */
const CARD_LINES = 5;

/**
 * A box as the content of a Mattermost post, at most `maxChars` code points. Pure and total: any box gives well-formed
 * text whose only structure is its own; nothing in the box can mention, link, embed, format or leave its line. Only its
 * name links, to the `url` of the box where that is a plain address.
 */
export function renderBox(box: Box, options: RenderOptions): RenderedPost {
  const settings: Settings = { ...DEFAULTS, ...options };
  const head = toHead(box, settings, markdown);
  const short = { message: countChars(head) <= settings.maxChars ? head : toShortHead(box, settings.maxChars) };
  if (settings.headOnly) return short;
  for (const lines of everShorter(box, settings, settings.style === 'fence' ? plain : markdown)) {
    const post = layOut(box, head, lines, settings);
    if (lengthOf(post) <= settings.maxChars) return post;
  }
  return short;
}

/** A line of a box, as parts that whoever shows it escapes and marks. */
export interface RenderedLine {
  /** 0 for the box's own lines, one more for each child around. */
  readonly depth: number;
  readonly spans: readonly Span[];
}

/** What a box shows, without the marks of any format. */
export interface RenderedLines {
  readonly head: readonly Span[];
  readonly lines: readonly RenderedLine[];
}

/**
 * A box for a page or a terminal: the same words as {@link renderBox} in its style `list`, as parts of lines. `maxLines`
 * counts lines of a phone. Pure and total; no part has a control character or a line end.
 */
export function renderLines(box: Box, options: Omit<RenderOptions, 'style' | 'maxChars' | 'headOnly'>): RenderedLines {
  const settings: Settings = { ...DEFAULTS, ...options };
  const [lines = []] = everShorter(box, settings, spans);
  return {
    head: toSpans(toHead(box, settings, spans)),
    lines: lines.map(({ depth, text }) => ({ depth, spans: toSpans(text) })),
  };
}

/** The lines under the head: as many as `maxLines` allows, then ever fewer. */
function* everShorter(box: Box, settings: Settings, markup: Markup): Generator<readonly ShownLine[]> {
  const { style, maxLines } = settings;
  const tail = tailOf(box, settings, markup).map((text) => ({ depth: 0, text }));
  const sizes = inLessAndLessRoom({
    rows: toRows(box, settings, markup),
    plan: toPlanRows(box, settings, markup, false),
    shortPlan: toPlanRows(box, settings, markup, true),
    earlierLines: box.earlierLines,
    maxLines: style === 'card' ? Math.min(CARD_LINES, maxLines) : maxLines,
    wide: style === 'fence',
    language: settings.language,
  });
  for (const lines of sizes) yield [...lines, ...tail];
  yield tail.slice(-1);
}

/** What the list of a finished box ends with: the first line of the answer; in a fence also the outcome, as in v4. */
function tailOf(box: Box, settings: Settings, markup: Markup): string[] {
  if (isOngoing(box.state)) return [];
  const { language, nowMs } = settings;
  const outcome = [
    reasonOf(box, settings, markup),
    elapsedOf(box, nowMs, language),
    tokensOf(box, language),
    language.cost(box.tokens.costUsd),
  ];
  return [
    answerOf(box, settings, markup),
    settings.style === 'fence' ? endingOf(box.state, outcome) : undefined,
  ].filter((text) => text !== undefined);
}

function layOut(box: Box, head: string, lines: readonly ShownLine[], { style }: Settings): RenderedPost {
  const items = lines.map(({ depth, text }) => `${'    '.repeat(depth)}${style === 'fence' ? '' : '- '}${text}`);
  if (style === 'card') return { message: head, props: { attachments: [toCard(box, items)] } };
  const body = style === 'fence' && items.length > 0 ? toCodeFence(items) : items;
  return { message: [head, ...body].join('\n') };
}

function lengthOf({ message, props }: RenderedPost): number {
  return countChars(message) + (props ? countChars(JSON.stringify(props)) : 0);
}
