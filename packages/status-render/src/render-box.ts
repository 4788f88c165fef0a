import type { Box } from '@live-status/session-state';
import { type Attachment, toCard } from './card.ts';
import { countChars } from './cut.ts';
import { answerOf, toHead, toShortHead, toTail } from './head.ts';
import type { Labels } from './labels.ts';
import { markdown, plain, toCodeFence } from './markup.ts';
import { toRows } from './rows.ts';
import { type ShownLine, toDropOrder, withoutDropped } from './shorten.ts';

/** How a post is laid out; see {@link RenderOptions.style}. */
export type RenderStyle = 'list' | 'fence' | 'card';

/** Options of {@link renderBox}. */
export interface RenderOptions {
  /** Now, milliseconds since the epoch on the clock of the box. Only elapsed and running times depend on it. */
  readonly nowMs: number;
  readonly labels: Labels;
  /** `list` wraps on phones; `fence` is one code block; `card` an attachment. Default `list`. */
  readonly style?: RenderStyle;
  /** Most lines of work shown; the oldest are dropped first. Default 15. */
  readonly maxLines?: number;
  /** Longest post in code points, including the attachment. Default 15000. */
  readonly maxChars?: number;
  /** Whether commentary, arguments, names of children and the answer may be shown. Default true. */
  readonly showText?: boolean;
  /** Whether the answer may be shown. Default true. */
  readonly showAnswer?: boolean;
  /** Something Live Status has to say, shown beside the elapsed time: `gateway unreachable`. */
  readonly statusNote?: string;
}

/** The content of a post. `props` replaces the post's attachments when present. */
export interface RenderedPost {
  readonly message: string;
  readonly props?: { readonly attachments: readonly Attachment[] };
}

const DEFAULTS = { style: 'list', maxLines: 15, maxChars: 15_000, showText: true, showAnswer: true } as const;

type Settings = RenderOptions & Required<Omit<RenderOptions, 'statusNote'>>;

/**
 * A box as the content of a Mattermost post, at most `maxChars` code points. Pure and total: any box gives well-formed
 * text whose only structure is its own; no text in the box can mention, link, embed, format or break out of its line.
 */
export function renderBox(box: Box, options: RenderOptions): RenderedPost {
  const settings: Settings = { ...DEFAULTS, ...options };
  const head = toHead(box, settings, settings.statusNote);
  for (const lines of fewerAndFewerLines(box, settings)) {
    const post = layOut(box, head, lines, settings);
    if (lengthOf(post) <= settings.maxChars) return post;
  }
  return { message: countChars(head) <= settings.maxChars ? head : toShortHead(box, settings.maxChars) };
}

/** All lines that `maxLines` allows, then one row fewer each time, then only the ending. */
function* fewerAndFewerLines(box: Box, settings: Settings): Generator<readonly ShownLine[]> {
  const markup = settings.style === 'fence' ? plain : markdown;
  const rows = toRows(box, settings, markup);
  const order = toDropOrder(rows);
  const tail = toTailLines(box, settings);
  const dropped = new Set(order.slice(0, Math.max(0, rows.length - settings.maxLines)));
  yield [...withoutDropped(rows, dropped, box.earlierLines), ...tail];
  for (const index of order.slice(dropped.size)) {
    dropped.add(index);
    yield [...withoutDropped(rows, dropped, box.earlierLines), ...tail];
  }
  yield tail.slice(-1);
}

/** A card shows the outcome in its fields, so its list ends with the answer. */
function toTailLines(box: Box, settings: Settings): ShownLine[] {
  const markup = settings.style === 'fence' ? plain : markdown;
  const lines = settings.style === 'card' ? answerOf(box, settings, markup) : toTail(box, settings, markup);
  return lines.map((text) => ({ depth: 0, text }));
}

function layOut(box: Box, head: string, lines: readonly ShownLine[], { style, nowMs }: Settings): RenderedPost {
  const items = lines.map(({ depth, text }) => `${'    '.repeat(depth)}${style === 'fence' ? '' : '- '}${text}`);
  if (style === 'card') return { message: head, props: { attachments: [toCard(box, items, nowMs)] } };
  const body = style === 'fence' && items.length > 0 ? toCodeFence(items) : items;
  return { message: [head, ...body].join('\n') };
}

function lengthOf({ message, props }: RenderedPost): number {
  return countChars(message) + (props ? countChars(JSON.stringify(props)) : 0);
}
