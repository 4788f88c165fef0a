import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, renderMarkdown } from './markdown.ts';

/** Every tag the page may get, with the whole of its attributes. */
const ALLOWED = [
  /^<\/?(?:p|br|strong|em|del|ul|ol|li|blockquote|pre|code|table|thead|tbody|tr|th|td|hr|h[1-6]|a|div|span)>$/,
  /^<ol start="\d+">$/,
  /^<t[hd] align="(?:left|right|center)">$/,
  /^<input (?:checked="" )?disabled="" type="checkbox">$/,
  /^<(?:div|span) class="(?:code-block|more-lines|language|mention|hashtag|image)">$/,
  /^<a href="(?:https?|mailto):[^"<>]*" target="_blank" rel="noopener noreferrer">$/i,
];

function foreignTags(html: string): string[] {
  const tags = html.match(/<[^>]*>?/g) ?? [];
  return tags.filter((tag) => !ALLOWED.some((pattern) => pattern.test(tag)));
}

describe('renderMarkdown', () => {
  it.for([
    ['**[ACTIVE] main** | `npm test`', '<p><strong>[ACTIVE] main</strong> | <code>npm test</code></p>\n'],
    ['one\ntwo', '<p>one<br>two</p>\n'],
    ['a <b>c</b>', '<p>a &lt;b&gt;c&lt;/b&gt;</p>\n'],
    ['@all and `@here`', '<p><span class="mention">@all</span> and <code>@here</code></p>\n'],
    ['mail@host and a-#tag', '<p>mail@host and a-<span class="hashtag">#tag</span></p>\n'],
  ] as const)('renders %j', ([markdown, html]) => {
    expect(renderMarkdown(markdown)).toBe(html);
  });

  it('nests lists that are indented by four', () => {
    expect(renderMarkdown('- a\n    - b\n- c').replaceAll('\n', '')).toBe(
      '<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>',
    );
  });

  it('says how many lines of a code block a phone hides', () => {
    expect(renderMarkdown('```\n1\n2\n3\n4\n```')).not.toContain('more-lines');
    expect(renderMarkdown('```\n1\n2\n3\n4\n5\n6\n```')).toContain('<div class="more-lines">+2 more lines</div>');
  });

  it.for([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![x](https://example.com/pixel.png)',
    '![x](javascript:alert(1) "onerror=alert(1)")',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](https://a.example/"onmouseover="alert(1))',
    '<https://a.example/"><script>alert(1)</script>>',
    '```"><script>alert(1)</script>\ncode\n```',
    '`</code><script>alert(1)</script>`',
    '| <svg/onload=alert(1)> |\n|---|\n| </td><script> |',
    '&lt;script&gt; &#60;img src=x&#62;',
    '@<script>alert(1)</script> #"><img>',
    '- [x] <iframe src="https://example.com">',
    '<style>@import "https://example.com"</style>',
  ])('makes nothing live of %s', (hostile) => {
    expect(foreignTags(renderMarkdown(hostile))).toEqual([]);
  });

  it('lets no tag or attribute through that is not on the list, whatever is written', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '"',
        "'",
        '`',
        '```',
        '\n',
        '[',
        ']',
        '(',
        ')',
        '!',
        '*',
        '_',
        '|',
        '---',
        '- ',
        '> ',
        '&',
        ';',
        '@a',
        '#b',
      ],
      ...[
        '<script>',
        '<img src=x onerror=alert(1)>',
        '</code>',
        'javascript:alert(1)',
        'https://a.example/',
        '<!--',
        '-->',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        expect(foreignTags(renderMarkdown(pieces.join('')))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('escapeHtml', () => {
  it('leaves none of the five characters that mean something', () => {
    expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;');
  });
});
