import type { Box, ChildLine, Line } from '@live-status/session-state';
import { decodeEntities, prepareMessage, scanText } from '@live-status/simulators/mattermost';
import fc from 'fast-check';
import { lexer, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { countChars, toOneLine } from './cut.ts';
import { createLabels } from './labels.ts';
import { markdown } from './markup.ts';
import { type RenderedPost, type RenderOptions, renderBox } from './render-box.ts';

/*
 * Structure: marked, of which Mattermost's web client runs a fork. Text between code: the scanners that Mattermost runs
 * over it.
 */

/** Inline content in pieces of text; code breaks a piece. Fails at anything that is neither. */
function textNodes(tokens: readonly Token[]): string[] {
  const nodes = [''];
  for (const token of tokens) {
    // Formulas are found in the source, as Markdown is; cost is ours, and one dollar sign alone starts none.
    if (/\$(?!\d[\d.]*$)/.test(token.type === 'codespan' ? '' : token.raw)) throw new Error(`formula: ${token.raw}`);
    if (token.type === 'codespan') nodes.push('');
    else if (token.type === 'text' || token.type === 'escape') nodes.push(`${nodes.pop() ?? ''}${token.text}`);
    else throw new Error(`${token.type} out of the box: ${token.raw}`);
  }
  return nodes.map(decodeEntities);
}

interface Reading {
  items: number;
  texts: string[];
}

function readList(tokens: readonly Token[], reading: Reading): void {
  for (const token of tokens) {
    if (token.type !== 'list' || token.ordered) throw new Error(`${token.type} out of the box: ${token.raw}`);
    for (const item of token.items) {
      if (item.task) throw new Error(`task out of the box: ${item.raw}`);
      const [text, ...nested] = item.tokens;
      if (text?.type !== 'text') throw new Error(`${text?.type} out of the box: ${item.raw}`);
      reading.items += 1;
      reading.texts.push(...textNodes('tokens' in text ? (text.tokens ?? []) : []));
      readList(nested, reading);
    }
  }
}

/** Reads a list of rows, and the first line if there is one, as Mattermost would. */
function read(source: string, { head }: { head: boolean }): Reading {
  const reading: Reading = { items: 0, texts: [] };
  const tokens = lexer(prepareMessage(source), { gfm: true }).filter((token) => token.type !== 'space');
  if (head) {
    const first = tokens.shift();
    if (first?.type !== 'paragraph') throw new Error(`the first line became a ${first?.type}`);
    const [strong, ...rest] = first.tokens ?? [];
    if (strong?.type !== 'strong') throw new Error('the first line lost its head');
    reading.texts.push(...textNodes(strong.tokens ?? []), ...textNodes(rest));
  }
  readList(tokens, reading);
  return reading;
}

function expectHarmless(reading: Reading): void {
  expect(reading.texts.flatMap(scanText)).toEqual([]);
}

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '@all',
          '@here',
          '@channel',
          '@bob.smith-x_',
          'a@b.co',
          '~town-square',
          '#tag',
          '#',
          ':smile:',
          ':)',
          '<3',
          'x-d',
        ],
        ...[
          'http://x.y/z',
          'https:',
          'www.',
          'x.com/',
          'mailto:a',
          'tel:1',
          '//',
          '![',
          '[',
          '](',
          ']',
          ')',
          '](http://x)',
        ],
        ...[
          '[x]: http://y',
          '[^1]',
          '- ',
          '-',
          '--',
          '---',
          '+ ',
          '1. ',
          '1) ',
          '# ',
          '## ',
          '> ',
          '|',
          '| --- |',
          ':--',
          '===',
        ],
        ...[
          '*',
          '**',
          '_',
          '__',
          '~',
          '~~',
          '`',
          '``',
          '```',
          '~~~',
          '$',
          '$$',
          '$x$',
          '\\',
          '\\(',
          '&',
          '&lt;',
          '&#64;all',
          ';',
        ],
        ...[
          '<b>',
          '</b>',
          '<!--',
          '-->',
          '<a href="x">',
          '<http://x>',
          '<',
          '>',
          '!',
          '\n',
          '\n\n',
          '\r',
          '\t',
          '    ',
          ' ',
          '  ',
        ],
        ...[
          'a',
          'word',
          '1',
          '.',
          ',',
          '"',
          "'",
          '😀',
          'é',
          '\u200b',
          '\u202e',
          '\ud83d',
          '\u0000',
          '\u2028',
          '\u2424',
          '\u00a0',
          '[ ] ',
          '[x] ',
        ],
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const at = fc.integer({ min: 0, max: 100_000 });
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const toolLine: fc.Arbitrary<Line> = fc
  .record({
    kind: fc.constant('tool' as const),
    id: fc.string(),
    tool: fc.oneof(fc.constantFrom('exec', 'read', 'message', 'process', 'web_fetch', 'constructor'), hostile),
    args: fc.oneof(
      fc.record({
        command: hostile,
        path: hostile,
        url: hostile,
        action: hostile,
        sessionId: fc.oneof(hostile, fc.integer()),
      }),
      fc.anything(),
    ),
    state: fc.constantFrom(
      'running' as const,
      'ok' as const,
      'error' as const,
      'aborted' as const,
      'background' as const,
    ),
    startedAt: at,
    endedAt: optional(at),
    durationMs: optional(at),
    exitCode: optional(fc.integer()),
    error: optional(hostile),
    count: fc.integer({ min: 1, max: 20 }),
  })
  .map((line) => line as Line);
const textLine = fc.record({ kind: fc.constant('text' as const), id: fc.string(), text: hostile });
const compactionLine = fc.record({ kind: fc.constant('compaction' as const), id: fc.string() });
const boxState = fc.constantFrom(
  'active' as const,
  'done' as const,
  'error' as const,
  'aborted' as const,
  'interrupted' as const,
  'timeout' as const,
);

const { line } = fc.letrec<{ line: Line; child: ChildLine }>((tie) => ({
  line: fc.oneof({ depthSize: 'small', withCrossShrink: true }, toolLine, textLine, compactionLine, tie('child')),
  child: fc
    .record({
      kind: fc.constant('child' as const),
      id: fc.string(),
      label: hostile,
      state: fc.oneof(boxState, fc.constant('starting' as const)),
      reason: optional(hostile),
      startedAt: at,
      endedAt: optional(at),
      earlierLines: fc.nat({ max: 30 }),
      lines: fc.array(tie('line'), { maxLength: 6 }),
      thinking: fc.boolean(),
    })
    .map((child) => child as ChildLine),
}));

const anyBox: fc.Arbitrary<Box> = fc
  .record({
    boxId: fc.string(),
    title: hostile,
    state: boxState,
    reason: optional(hostile),
    startedAt: at,
    endedAt: optional(at),
    tokens: fc.record({
      input: fc.nat(),
      output: fc.nat(),
      cacheRead: fc.nat(),
      cacheWrite: fc.nat(),
      costUsd: optional(fc.double()),
    }),
    earlierLines: fc.nat({ max: 30 }),
    lines: fc.array(line, { maxLength: 30 }),
    answer: optional(hostile),
    thinking: fc.boolean(),
  })
  .map((box) => box as Box);

const labels = createLabels();
const anyOptions: fc.Arbitrary<RenderOptions> = fc.record({
  nowMs: at,
  labels: fc.constant(labels),
  style: fc.constantFrom('list' as const, 'fence' as const, 'card' as const),
  maxLines: fc.nat({ max: 40 }),
  maxChars: fc.oneof(fc.integer({ min: 200, max: 15_000 }), fc.integer({ min: 0, max: 200 })),
  showText: fc.boolean(),
  showAnswer: fc.boolean(),
});

describe('whatever is in a box', () => {
  it('a list has our structure and nothing else', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const { message } = renderBox(box, { ...options, style: 'list', maxChars: 15_000 });
        const reading = read(message, { head: true });
        expect(reading.items).toBe(message.split('\n').length - 1);
        expectHarmless(reading);
      }),
      { numRuns: 500 },
    );
  });

  it('words stay the words they were', () => {
    fc.assert(
      fc.property(hostile, (words) => {
        const shown = toOneLine(words).replaceAll('\u200b', '');
        const reading = read(`- x ${markdown.text(words)} x`, { head: false });
        expect(reading.texts.join('').replaceAll('\u200b', '').trim()).toBe(`x ${shown} x`);
      }),
      { numRuns: 1000 },
    );
  });

  it('a fence stays closed around everything but the first line', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const { message } = renderBox(box, { ...options, style: 'fence', maxChars: 15_000 });
        const [head = '', ...rest] = message.split('\n');
        expectHarmless(read(head, { head: true }));
        const tokens = lexer(prepareMessage(rest.join('\n')));
        expect(tokens.map((token) => token.type)).toEqual(rest.length > 0 ? ['code'] : []);
        expect(tokens.map((token) => (token.type === 'code' ? token.text : ''))).toEqual(
          rest.length > 0 ? [rest.slice(1, -1).join('\n')] : [],
        );
      }),
      { numRuns: 300 },
    );
  });

  it('a card has our structure and nothing else', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const { message, props } = renderBox(box, { ...options, style: 'card', maxChars: 15_000 });
        const [card] = props?.attachments ?? [];
        const reading = read(card?.text ?? '', { head: false });
        expect(reading.items).toBe((card?.text ?? '').split('\n').filter((row) => row !== '').length);
        expectHarmless(reading);
        expectHarmless(read(message, { head: true }));
        expect(card?.fallback).not.toMatch(/[@~#:$<`*_]/);
      }),
      { numRuns: 300 },
    );
  });

  it('a post fits and is well-formed', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const post = renderBox(box, options);
        const size = countChars(post.message) + (post.props ? countChars(JSON.stringify(post.props)) : 0);
        expect(size).toBeLessThanOrEqual(options.maxChars ?? 0);
        expect(post.message.isWellFormed()).toBe(true);
        expect(JSON.stringify(post.props ?? {}).isWellFormed()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('only ages depend on the clock', () => {
    const withoutAges = (post: RenderedPost): string =>
      [
        post.message,
        ...(post.props?.attachments ?? []).flatMap(({ color, fallback, text, fields }) => [
          color,
          fallback,
          text,
          ...fields.map(({ title, value }) => `${title} ${value}`),
        ]),
      ]
        .join('\n')
        .replace(/ (?:\d+h \d\dm|\d+m \d\ds|\d+s)(?= |$)/gm, '');
    fc.assert(
      fc.property(anyBox, anyOptions, at, (box, options, nowMs) => {
        const roomy = { ...options, maxChars: 1_000_000 };
        const one = renderBox(box, roomy);
        expect(renderBox(box, roomy)).toEqual(one);
        expect(withoutAges(renderBox(box, { ...roomy, nowMs }))).toBe(withoutAges(one));
      }),
      { numRuns: 300 },
    );
  });
});
