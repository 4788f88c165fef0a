import type { Box, ChildLine, Line, ToolLine } from '@live-status/session-state';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabels, createLanguage, LANGUAGES, LanguageError, renderBox } from './index.ts';
import builtInLabels from './labels.json' with { type: 'json' };
import { missingTexts } from './language-file.ts';
import en from './languages/en.json' with { type: 'json' };
import { countHeadLines, countItemLines } from './measure.ts';
import { LABEL_PHRASES } from './phrases.ts';
import { WORD_KEYS } from './word-keys.ts';

const START = 1_800_000_000_000;

function box(fields: Partial<Box> = {}): Box {
  return {
    boxId: 'b',
    title: 'main',
    state: 'active',
    startedAt: START,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
}

function tool(name: string, args: unknown, fields: Partial<ToolLine> = {}): ToolLine {
  return { kind: 'tool', id: name, tool: name, args, state: 'ok', startedAt: START, count: 1, ...fields };
}

const worker: ChildLine = {
  kind: 'child',
  id: 'worker',
  label: 'worker',
  state: 'active',
  startedAt: START,
  endedAt: START + 28_000,
  earlierLines: 0,
  lines: [],
  thinking: false,
};

/** What a box reads like in the language of a file. */
function render(shown: Box, file?: unknown): string {
  const language = createLanguage(file);
  return renderBox(shown, { nowMs: START + 38_000, labels: createLabels(undefined, language), language }).message;
}

function problemsOf(file: unknown): readonly string[] {
  try {
    createLanguage(file);
  } catch (error) {
    if (error instanceof LanguageError) return error.problems;
    throw error;
  }
  return [];
}

describe('a language of one’s own', () => {
  it('says what its file has, and English for the rest', () => {
    const file = {
      words: { head: { thinking: 'Hmm ...' }, list: { earlierLines: 'earlier: {count}' } },
      reasons: { 'rate limit': 'too many calls' },
      labels: { 'Reading {}': ['{} is read', 'A file is read'], 'Updating the plan': 'New plan' },
    };
    const shown = box({
      thinking: true,
      earlierLines: 12_345,
      lines: [
        tool('read', { path: 'a/b.md' }),
        tool('read', {}),
        tool('update_plan', {}),
        tool('write', { path: 'c.md' }),
        tool('exec', { command: 'make' }, { state: 'denied' }),
        { kind: 'model', id: 'm', reason: 'rate limit', failures: 2 },
        { kind: 'model', id: 'n', reason: 'something new', failures: 1 },
      ],
    });
    expect(render(shown, file).split('\n')).toEqual([
      '**[ACTIVE] main** | 38s | Hmm ...',
      '- earlier: 12,345',
      '- \u200b`b.md` is read',
      '- A file is read',
      '- New plan',
      '- Writing `c.md`',
      '- exec: `make` [denied]',
      '- Model: too many calls x2, recovered',
      '- Model: something new, recovered',
    ]);
  });

  it('writes numbers, times and plural forms as its locale does', () => {
    const forms = { one: '{count} plik', few: '{count} pliki', many: '{count} plików' };
    const file = {
      locale: 'pl',
      units: { hours: 'g ', minutes: 'min ', seconds: 'sek' },
      words: {
        head: { files: forms, tokens: { one: '{amount} token', few: '{amount} tokeny', many: '{amount} tokenów' } },
      },
    };
    const done = { state: 'done', endedAt: START + 125_000 } as const;
    const heads = [1, 3, 12].map((filesChanged) => render(box({ ...done, filesChanged }), file));
    expect(heads).toEqual([
      '**[DONE] main** | 2min 05sek | 1 plik',
      '**[DONE] main** | 2min 05sek | 3 pliki',
      '**[DONE] main** | 2min 05sek | 12 plików',
    ]);
    const tokens = { input: 12_345, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0.5 };
    expect(render(box({ ...done, tokens }), file)).toBe(
      '**[DONE] main** | 2min 05sek | 12,3\u00a0tys. tokenów | 0,50\u00a0$',
    );
  });

  it('keeps a language that is written from right to left together', () => {
    const file = { locale: 'he', words: { head: { thinking: 'חושב...' } } };
    expect(render(box({ thinking: true }), file)).toBe('**[ACTIVE] main** | 38s | \u2068חושב...\u2069');
  });

  it('is refused with everything that is wrong with it, each with its name, its value and the fix', () => {
    const file = {
      extends: 'tlh',
      locale: 'no such tag',
      units: { hours: '', minutes: 'm ', seconds: 5 },
      words: {
        head: {
          thinking: 42,
          childThinking: 'Thinking',
          plan: '{done} {of} {steps}',
          secret: 'asks @all',
          tokens: { one: '{amount} token' },
          approval: { other: '{command}?' },
          question: '  ',
        },
        list: ['x'],
        child: { unnamed: 'x'.repeat(121), starting: '{name}: **waits**\nnow' },
      },
      reasons: { timeout: '#1 [x](http://y)' },
      labels: { 'Reading {}': 'Reading', 'Updating the plan': ['New plan', 'x {}'], 'Writing {}': { a: 1 } },
    };
    expect(problemsOf(file)).toMatchInlineSnapshot(`
      [
        "extends is "tlh": it must be one of en, de, fr, es, pt, ja, zh",
        "locale is "no such tag": it must be a language tag such as pl or pt-BR",
        "units.hours is "": it must be what stands after a number of them, such as "m " or "分"",
        "units.seconds is 5: it must be what stands after a number of them, such as "m " or "分"",
        "words.head.thinking is 42: it must be a text such as "Thinking..."",
        "words.head.childThinking is "Thinking": it must contain {name}",
        "words.head.plan is "{done} {of} {steps}": it must not contain {of}: it has {done}, {steps}",
        "words.head.secret is "asks @all": it must be plain words in one line, without space at the ends or what Mattermost reads as a mention, link or format",
        "words.head.tokens is {"one":"{amount} token"}: it must also have other: the forms of en are one, other",
        "words.head.approval is {"other":"{command}?"}: it must be one text such as "approval: {command}": it has no count",
        "words.head.question is "  ": it must be a text",
        "words.child.unnamed is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": it must have at most 120 characters",
        "words.child.starting is "{name}: **waits**\\nnow": it must be plain words in one line, without space at the ends or what Mattermost reads as a mention, link or format",
        "words.list is ["x"]: it must be an object",
        "reasons.timeout is "#1 [x](http://y)": it must be plain words in one line, without space at the ends or what Mattermost reads as a mention, link or format",
        "labels.Reading {} is "Reading": it must be a text with one {}, for what it is about",
        "labels.Updating the plan is "x {}": it must be a text without {}",
        "labels.Writing {} is {"a":1}: it must be a text with one {}, for what it is about",
      ]
    `);
    expect(problemsOf([1])).toEqual(['The file must have an object such as {"extends": "de"}, not [1]']);
    expect(problemsOf('klingon')[0]).toMatch(/^"klingon" is not built in: use one of en/);
  });

  it('may not put a letter right behind words of others', () => {
    const file = (text: string) => () => createLanguage({ words: { model: { fallback: text } } });
    expect(file('Model: {reason}in {model}')).toThrow('must not have a letter or digit right behind {reason}');
    expect(file('Model: {reason}、{model}になる')).not.toThrow();
  });

  it('may have texts that are not known, which changes nothing', () => {
    const { warnings } = createLanguage({
      langauge: 'de',
      words: { head: { thinkign: 'x' } },
      labels: { 'Rading {}': 'x' },
    });
    expect(warnings).toEqual([
      'langauge is ignored: a language has name, extends, locale, units, words, reasons, labels',
      'words.head.thinkign is ignored: no text has this name',
      'labels.Rading {} is ignored: no text has this name',
    ]);
  });
});

describe.each(LANGUAGES)('%s', (code) => {
  it('has all texts, with the places and plural forms they need', async () => {
    const { default: file } = await import(`./languages/${code}.json`, { with: { type: 'json' } });
    const whole =
      code === 'en' ? { ...file, labels: Object.fromEntries(LABEL_PHRASES.map((each) => [each, each])) } : file;
    expect(missingTexts(whole)).toEqual([]);
    expect(problemsOf(whole)).toEqual([]);
    expect(createLanguage(whole).warnings).toEqual([]);
    expect(file.locale).toBe(code);
  });
});

describe.each(LANGUAGES)('a post in %s', (code) => {
  const language = createLanguage(code);
  const labels = createLabels(undefined, language);
  const headOf = (shown: Box, words = { language, labels }): string =>
    renderBox(shown, { nowMs: START + 62_000, ...words, maxLines: 0 }).message.split('\n')[0] ?? '';

  it('has a head of two lines on a phone, or no more than in English', () => {
    const english = { language: createLanguage(), labels: createLabels() };
    const tooHigh: string[] = [];
    for (const [index, reason] of Object.keys(en.reasons).entries()) {
      const tokens = { input: 12_400, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0.08 };
      const ended = { tokens, reason, endedAt: START + 62_000, filesChanged: 3, inBackground: 2 };
      const trouble = { kind: 'retry', reason, attempt: 3, retryAt: START + 68_000 } as const;
      for (const shown of [
        // The first four say how work stands, the others why a model does not answer.
        ...(index < 4 ? [] : [box({ trouble })]),
        ...(['error', 'interrupted', 'timeout'] as const).map((state) => box({ state, ...ended })),
      ]) {
        const allowed = Math.max(2, countHeadLines(headOf(shown, english), english.language));
        if (countHeadLines(headOf(shown), language) > allowed) tooHigh.push(headOf(shown));
      }
    }
    expect(tooHigh).toEqual([]);
  });

  it('is no higher than asked for, whatever was done', () => {
    const calls = Object.keys(builtInLabels).map((name) => tool(name, { path: 'docs/protocol.md', query: 'release' }));
    const finished = fc
      .record({
        lines: fc.array(
          fc.oneof(
            fc.constantFrom<Line>(...calls, { kind: 'compaction', id: 'c' }),
            fc
              .constantFrom(...Object.keys(en.reasons))
              .map((reason): Line => ({ kind: 'model', id: 'm', reason, failures: 3 })),
            fc
              .constantFrom(...Object.keys(en.reasons))
              .map((reason): Line => ({ ...worker, state: 'interrupted', reason, lines: calls.slice(0, 3) })),
          ),
          { maxLength: 40 },
        ),
        earlierLines: fc.nat({ max: 2_000 }),
      })
      .map((fields) => box({ state: 'done', endedAt: START + 62_000, ...fields }));
    fc.assert(
      fc.property(finished, fc.integer({ min: 2, max: 20 }), (shown, maxLines) => {
        const { message } = renderBox(shown, { nowMs: START + 62_000, language, labels, maxLines });
        const heights = message
          .split('\n')
          .slice(1)
          .map((line) => {
            const [, indent = '', text = ''] = /^( *)- (.*)$/.exec(line) ?? [];
            return countItemLines(text, indent.length / 4, language);
          });
        expect(heights.reduce((sum, height) => sum + height, 0)).toBeLessThanOrEqual(maxLines);
      }),
      { numRuns: 100 },
    );
  });
});

it('misses no text silently', () => {
  const { thinking: _, ...head } = en.words.head;
  const { billing: __, ...reasons } = en.reasons;
  expect(missingTexts({ ...en, words: { ...en.words, head }, reasons })).toEqual(
    expect.arrayContaining(['words.head.thinking', 'reasons.billing', 'labels.Reading {}']),
  );
});

it('every English sentence has a key, and every key a sentence', () => {
  const keys = Object.entries(en.words).flatMap(([group, words]) =>
    Object.keys(words).map((name) => `${group}.${name}`),
  );
  expect([...WORD_KEYS]).toEqual(keys);
});
