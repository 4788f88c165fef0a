import type { Box, ChildLine, Line } from '@live-status/session-state';
import { decodeEntities, prepareMessage, scanText } from '@live-status/simulators/mattermost';
import fc from 'fast-check';
import { lexer, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { renderBoard } from './board.ts';
import { countChars, toOneLine } from './cut.ts';
import { LanguageError } from './errors.ts';
import { createLabels } from './labels.ts';
import type { Language } from './language.ts';
import { createLanguage, LANGUAGES } from './language-file.ts';
import en from './languages/en.json' with { type: 'json' };
import { markdown } from './markup.ts';
import { type RenderedPost, type RenderOptions, renderBox, renderLines } from './render-box.ts';
import { withoutTimes } from './status-post.ts';

/*
 * Structure: marked, of which Mattermost's web client runs a fork. Text between code: the scanners that Mattermost runs
 * over it.
 */

/** Inline content in pieces of text; code breaks a piece. Fails at anything that is neither. */
function textNodes(tokens: readonly Token[]): string[] {
  return writtenNodes(tokens).map(decodeEntities);
}

/** `$0.08`, `0,08 $`, `$ 0,08` as a fact of the head. */
const COST = /(?:\$\s?\d[\d.,]*|\d[\d.,]*\s\$)(?= \||$)/;

function writtenNodes(tokens: readonly Token[]): string[] {
  const nodes = [''];
  for (const token of tokens) {
    // The step of a plan that is worked on, and nothing else.
    if (token.type === 'strong' && nodes.length === 1 && nodes[0] === '▸ ') {
      nodes.push(...writtenNodes(token.tokens ?? []));
      continue;
    }
    // Formulas are found in the source, as Markdown is; cost is ours, and one dollar sign alone starts none.
    if (token.type !== 'codespan' && token.raw.replace(COST, '').includes('$'))
      throw new Error(`formula: ${token.raw}`);
    if (token.type === 'codespan') nodes.push('');
    else if (token.type === 'text' || token.type === 'escape') nodes.push(`${nodes.pop() ?? ''}${token.text}`);
    else throw new Error(`${token.type} out of the box: ${token.raw}`);
  }
  return nodes;
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
function read(source: string, { head, url }: { head: boolean; url?: string | undefined }): Reading {
  const reading: Reading = { items: 0, texts: [] };
  const tokens = lexer(prepareMessage(source), { gfm: true }).filter((token) => token.type !== 'space');
  if (head) {
    const first = tokens.shift();
    if (first?.type !== 'paragraph') throw new Error(`the first line became a ${first?.type}`);
    const [strong, ...rest] = first.tokens ?? [];
    if (strong?.type !== 'strong') throw new Error('the first line lost its head');
    // The name may link to the page of the session, and nothing else links anywhere.
    const named = (strong.tokens ?? []).flatMap((token) => (token.type === 'link' ? (token.tokens ?? []) : [token]));
    const links = (strong.tokens ?? []).flatMap((token) => (token.type === 'link' ? [token.href] : []));
    expect(links).toEqual(links.length === 0 ? [] : [url]);
    reading.texts.push(...textNodes(named), ...textNodes(rest));
  }
  readList(tokens, reading);
  return reading;
}

/** Without what breaks marks, and what isolates words of another direction. */
function withoutInvisible(text: string): string {
  return text.replace(/[\u200b\u2068\u2069]/g, '');
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
/** A time by which every call has run for a second: an age that appears takes room. */
const later = fc.integer({ min: 101_000, max: 1_000_000 });
const untilAt = fc.integer({ min: 0, max: 1_000_000 });
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
      'denied' as const,
      'not-approved' as const,
      'answered' as const,
      'no-answer' as const,
    ),
    approval: optional(fc.record({ approvalId: hostile, since: at, until: optional(untilAt) })),
    question: optional(
      fc.record({
        asks: fc.array(fc.record({ text: hostile, options: fc.array(hostile, { maxLength: 3 }) }), { maxLength: 2 }),
        secret: fc.boolean(),
        until: optional(untilAt),
      }),
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
const modelLine = fc
  .record({
    kind: fc.constant('model' as const),
    id: fc.string(),
    reason: hostile,
    failures: fc.integer({ min: 1, max: 9 }),
    fallback: optional(hostile),
  })
  .map((line) => line as Line);
const trouble = fc
  .oneof(
    fc.record({
      kind: fc.constant('retry' as const),
      reason: hostile,
      attempt: optional(fc.nat({ max: 9 })),
      retryAt: optional(untilAt),
    }),
    fc.record({ kind: fc.constant('fallback' as const), reason: hostile, model: hostile }),
    fc.record({ kind: fc.constant('compacting' as const) }),
  )
  .map((trouble) => trouble as Box['trouble']);
const planStep = fc.record({
  text: hostile,
  status: fc.constantFrom('open' as const, 'current' as const, 'done' as const),
});
const boxState = fc.constantFrom(
  'active' as const,
  'waiting' as const,
  'done' as const,
  'error' as const,
  'aborted' as const,
  'interrupted' as const,
  'timeout' as const,
);

const { line } = fc.letrec<{ line: Line; child: ChildLine }>((tie) => ({
  line: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    toolLine,
    textLine,
    compactionLine,
    modelLine,
    tie('child'),
  ),
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
    plan: optional(fc.array(planStep, { maxLength: 12 })),
    trouble: optional(trouble),
    model: optional(hostile),
    filesChanged: optional(fc.nat({ max: 5 })),
    inBackground: optional(fc.nat({ max: 3 })),
    context: optional(fc.record({ usedTokens: fc.nat(), windowTokens: fc.nat() })),
    url: optional(hostile),
  })
  .map((box) => box as Box);

const english = { language: createLanguage(), labels: createLabels() };
const inLanguages = LANGUAGES.map((code) => {
  const language = createLanguage(code);
  return { language, labels: createLabels(undefined, language) };
});
/** A language, or nothing if its file is refused. */
function attempt(create: () => Language): Language | undefined {
  try {
    return create();
  } catch (error) {
    if (error instanceof LanguageError) return undefined;
    throw error;
  }
}

const anyForm = fc.record({
  nowMs: at,
  style: fc.constantFrom('list' as const, 'fence' as const, 'card' as const),
  maxLines: fc.nat({ max: 40 }),
  maxChars: fc.oneof(fc.integer({ min: 200, max: 15_000 }), fc.integer({ min: 0, max: 200 })),
  showText: fc.boolean(),
  showAnswer: fc.boolean(),
  canAnswerHere: fc.boolean(),
});
const anyOptions: fc.Arbitrary<RenderOptions> = fc
  .tuple(anyForm, fc.constantFrom(...inLanguages))
  .map(([form, words]) => ({ ...form, ...words }));

describe('whatever is in a box', () => {
  it('a list has our structure and nothing else', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const { message } = renderBox(box, { ...options, style: 'list', maxChars: 15_000 });
        const reading = read(message, { head: true, url: box.url });
        expect(reading.items).toBe(message.split('\n').length - 1);
        expectHarmless(reading);
      }),
      { numRuns: 500 },
    );
  });

  it('a language file is refused, or changes nothing of that', () => {
    const sentences = Object.entries(en.words).flatMap(([group, texts]) =>
      Object.entries<string | { readonly other: string }>(texts).map(([name, text]) => {
        const english = typeof text === 'string' ? text : text.other;
        return { group, name, pieces: english.split(/(\{\w+\})/) };
      }),
    );
    const word = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('', ' ', 'in', '(', ': ') }, hostile);
    let accepted = 0;
    fc.assert(
      fc.property(
        anyBox,
        anyForm,
        fc.constantFrom(...sentences),
        fc.array(word, { minLength: 8, maxLength: 8 }),
        (box, form, { group, name, pieces }, words) => {
          const text = pieces.map((piece, index) => (index % 2 === 0 ? words[index % 8] : piece)).join('');
          const language = attempt(() => createLanguage({ words: { [group]: { [name]: text } } }));
          if (language === undefined) return;
          accepted += 1;
          const { message } = renderBox(box, {
            ...form,
            labels: english.labels,
            language,
            style: 'list',
            maxChars: 15_000,
          });
          const reading = read(message, { head: true, url: box.url });
          expect(reading.items).toBe(message.split('\n').length - 1);
          expectHarmless(reading);
        },
      ),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('words stay the words they were', () => {
    fc.assert(
      fc.property(hostile, (words) => {
        const shown = withoutInvisible(toOneLine(words));
        const reading = read(`- x ${markdown.text(words)} x`, { head: false });
        expect(withoutInvisible(reading.texts.join('')).trim()).toBe(`x ${shown} x`);
      }),
      { numRuns: 1000 },
    );
  });

  it('a fence stays closed around everything but the first line', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        const { message } = renderBox(box, { ...options, style: 'fence', maxChars: 15_000 });
        const [head = '', ...rest] = message.split('\n');
        expectHarmless(read(head, { head: true, url: box.url }));
        const tokens = lexer(prepareMessage(rest.join('\n')));
        expect(tokens.map((token) => token.type)).toEqual(rest.length > 0 ? ['code'] : []);
        expect(tokens.map((token) => (token.type === 'code' ? token.text : ''))).toEqual(
          // marked makes ordinary spaces of those that keep numbers and their units together.
          rest.length > 0 ? [rest.slice(1, -1).join('\n').replaceAll('\u00a0', ' ')] : [],
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
        expectHarmless(read(message, { head: true, url: box.url }));
        expect(card?.fallback).not.toMatch(/[@~#:$<`*_]/);
      }),
      { numRuns: 300 },
    );
  });

  it('the parts of lines hold no control character, and say what the list says', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, (box, options) => {
        // Marks take room, so the two may be cut at different lines; nothing is cut here.
        const roomy = { ...options, maxLines: 10_000, maxChars: 10_000_000, style: 'list' } as const;
        const { head, lines } = renderLines(box, roomy);
        for (const { text } of [...head, ...lines.flatMap(({ spans }) => spans)]) {
          expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(text.isWellFormed()).toBe(true);
        }
        const { message } = renderBox(box, roomy);
        const { texts } = read(message.split('\n').slice(1).join('\n'), { head: false });
        const words = lines.flatMap(({ spans }) => spans.flatMap(({ kind, text }) => (kind === 'code' ? [] : [text])));
        const visible = (parts: readonly string[]): string => withoutInvisible(parts.join('')).replace(/\s+/g, '');
        expect(visible(words)).toBe(visible(texts));
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

  it('reads the same whatever was rendered before', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, anyOptions, fc.boolean(), (box, before, options, showArguments) => {
        renderBox(box, before);
        const form = { ...options, showArguments };
        expect(renderBox(box, form)).toEqual(renderBox(structuredClone(box), form));
      }),
      { numRuns: 500 },
    );
  });

  it('only ages depend on the clock, in every language', () => {
    fc.assert(
      fc.property(anyBox, anyOptions, later, later, (box, options, firstMs, nowMs) => {
        const { language } = options;
        const read = (at: number): string => {
          const { message, props } = renderBox(box, { ...options, nowMs: at, maxChars: 1_000_000 });
          return withoutTimes([message, ...(props?.attachments ?? []).map(({ text }) => text)].join('\n'), language);
        };
        expect(read(nowMs)).toBe(read(firstMs));
      }),
      { numRuns: 500 },
    );
  });

  it('only ages depend on the clock', () => {
    const withoutAges = (post: RenderedPost): string =>
      [post.message, ...(post.props?.attachments ?? []).flatMap(({ color, fallback, text }) => [color, fallback, text])]
        .join('\n')
        .replace(/ \((?:ends in \d+[hms]|time is up)\)/g, '')
        .replace(/(attempt \d+) (?:in \d+[hms]|now)/g, '$1')
        .replace(/ (?:\d+h \d\dm|\d+m \d\ds|\d+s)(?=[ ,.]|$)/gm, '');
    fc.assert(
      fc.property(anyBox, anyOptions, later, later, (box, options, firstMs, nowMs) => {
        const roomy = { ...options, ...english, nowMs: firstMs, maxChars: 1_000_000 };
        const one = renderBox(box, roomy);
        expect(renderBox(box, roomy)).toEqual(one);
        expect(withoutAges(renderBox(box, { ...roomy, nowMs }))).toBe(withoutAges(one));
      }),
      { numRuns: 300 },
    );
  });
});

describe('whatever is on a board', () => {
  const URL = 'https://chat.example.com/_redirect/pl/abcdefghijklmnopqrstuvwxyz';
  const row = fc
    .record({
      box: anyBox,
      url: fc.oneof(fc.constantFrom(undefined, URL), hostile),
      place: optional(hostile),
      showText: fc.boolean(),
    })
    .map(({ box, url, place, showText }) => ({
      box,
      showText,
      ...(url === undefined ? {} : { url }),
      ...(place === undefined ? {} : { place }),
    }));
  const board = fc.record({
    ongoing: fc.array(row, { maxLength: 12 }),
    failed: fc.array(row, { maxLength: 8 }),
    host: hostile,
    changedAt: at,
  });

  /** Headings, lists of rows, and the last line; of a row only its name may link. */
  function readBoard(source: string, urls: readonly string[]): Reading {
    const reading: Reading = { items: 0, texts: [] };
    for (const token of lexer(prepareMessage(source), { gfm: true })) {
      if (token.type === 'space') continue;
      if (token.type === 'paragraph') {
        const [first, ...rest] = token.tokens ?? [];
        reading.texts.push(
          ...(first?.type === 'strong'
            ? [...textNodes(first.tokens ?? []), ...textNodes(rest)]
            : textNodes(token.tokens ?? [])),
        );
        continue;
      }
      if (token.type !== 'list' || token.ordered) throw new Error(`${token.type} out of the board: ${token.raw}`);
      for (const item of token.items) {
        const [text, ...others] = item.tokens;
        if (item.task || text?.type !== 'text' || others.length > 0) throw new Error(`out of the board: ${item.raw}`);
        const tokens: readonly Token[] = 'tokens' in text ? (text.tokens ?? []) : [];
        for (const token of tokens) if (token.type === 'link') expect(urls).toContain(token.href);
        const named = tokens.flatMap((token) => (token.type === 'link' ? (token.tokens ?? []) : [token]));
        reading.texts.push(...textNodes(named));
        reading.items += 1;
      }
    }
    return reading;
  }

  it('it has our structure and nothing else, and fits', () => {
    const maxChars = fc.constantFrom(200, 1_000, 15_000);
    const languages = fc.constantFrom(...inLanguages);
    fc.assert(
      fc.property(board, maxChars, languages, (shown, most, words) => {
        const text = renderBoard(shown, { ...words, maxChars: most, timeZone: 'UTC' });
        expect(countChars(text)).toBeLessThanOrEqual(most);
        expect(text.isWellFormed()).toBe(true);
        const urls = [...shown.ongoing, ...shown.failed].flatMap(({ url }) => url ?? []);
        const reading = readBoard(text, urls);
        expect(reading.items).toBe(text.split('\n').filter((line) => line.startsWith('- ')).length);
        expectHarmless(reading);
      }),
      { numRuns: 100 },
    );
  });
});
