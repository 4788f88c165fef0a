import { prepareMessage } from '@live-status/simulators/mattermost';
import { lexer } from 'marked';
import { describe, expect, it } from 'vitest';
import { markdown, toCodeFence, withoutMarks } from './markup.ts';

/** Zero-width space, made visible. */
const show = (text: string): string => text.replaceAll('\u200b', '¦');

describe('text', () => {
  it.for<[string, string]>([
    ['plain words, 100% (really) - "quoted" it\'s 5 > 3', 'plain words, 100% (really) - "quoted" it\'s 5 > 3'],
    ['no_such_tool and file_name.ts', 'no_such_tool and file_name.ts'],
    ['@all, @bob and a@b.co', '@¦all, @¦bob and a@¦b.co'],
    ['~town #tag :smile: :) ;) <3 x-D', '\\~¦town #¦tag :¦smile: :¦) ;¦) &lt;¦3 x-¦D'],
    ['https://x.y www.x.y x.com/a', 'https:¦//x.y www¦.x.y x.¦com/a'],
    ['![a](b) [c]: d', '!\\[a\\](b) \\[c\\]: d'],
    ['**b** _i_ `c` ~~d~~', '\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\~¦\\~¦d\\~¦\\~¦'],
    ['$x$ &lt; &#64;all A&B <b>', '&#36;x&#36; &amp;lt; &amp;#¦64;all A&amp;B &lt;¦b>'],
    ['C:\\Users \\*', 'C:¦\\¦Users \\¦\\*'],
    ['two\nlines\u2028and\u2424more', 'two lines and more'],
  ])('%j', ([words, escaped]) => {
    expect(show(markdown.text(words))).toBe(escaped);
  });
});

describe('a line', () => {
  it.for(['# a', '- a', '+ a', '> a', '1. a', '12) a', '| a', '=== a', ':-- a', '```a```', '---'])(
    'does not begin %s',
    (marked) => {
      expect(show(markdown.line(marked))).toBe(`¦${marked}`);
    },
  );

  it('is left alone otherwise', () => {
    expect(markdown.line('[OK] 1 a')).toBe('[OK] 1 a');
  });
});

describe('code', () => {
  it.for<[string, string]>([
    ['npm test', '`npm test`'],
    ['echo `date`', '`` echo `date` ``'],
    ['a``b', '```a``b```'],
    ['`', '`` ` ``'],
    ['@all <b> $x$ \\', '`@all <b> $x$ \\`'],
    ['two\n  lines ', '`two lines`'],
    [' \n', ''],
  ])('%j', ([words, span]) => {
    expect(markdown.code(words)).toBe(span);
  });

  it('stands in a fence longer than any run of backticks inside', () => {
    expect(toCodeFence(['a', '`````'])).toEqual(['``````', 'a', '`````', '``````']);
  });
});

describe('marks around words', () => {
  it('are left out of sentences', () => {
    expect(withoutMarks('## **Plan:** run `npm test` on 2**3')).toBe('Plan: run npm test on 2**3');
    expect(withoutMarks('- first')).toBe('first');
  });
});

describe('a link', () => {
  it.each(['![](http://x)', '[a](http://x)', '![', '](http://x)'])('named %s is a link and nothing else', (name) => {
    const written = markdown.link(markdown.text(name), 'https://chat.example.com/p1');
    const [paragraph] = lexer(prepareMessage(written));
    const [link, ...rest] = paragraph?.type === 'paragraph' ? (paragraph.tokens ?? []) : [];
    expect(rest).toEqual([]);
    expect(link).toMatchObject({ type: 'link', href: 'https://chat.example.com/p1' });
    const inside = link?.type === 'link' ? (link.tokens ?? []) : [];
    expect(inside.every(({ type }) => type === 'text' || type === 'escape')).toBe(true);
  });
});
