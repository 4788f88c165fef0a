import fc from 'fast-check';
import { plantedSecret } from './secrets.ts';

/** The name of the person, channel and tag that hostile text tries to reach. */
const MARKDOWN: readonly string[] = [
  ...['@all', '@here', '@channel', '@bob.smith', '@all.', '~town-square', '#hashtag', '#', ':smile:', ':)', '<3'],
  ...['http://evil.example/x', 'https:', 'www.evil.example', 'evil.example/', 'mailto:a@b.co', 'tel:1', '//', 'a@b.co'],
  ...['mmaction://run', 'mattermost://x', '<http://evil.example>', '![x](http://evil.example/i.png)', '![', '](', ']('],
  ...['[x](http://evil.example)', '[x]: http://evil.example', '[x]', '[^1]', '[ ] ', '[x] ', '!', '[', ']', ')', '('],
  ...['- ', '+ ', '* ', '1. ', '1) ', '# ', '## ', '> ', '---', '===', '***', '|', '| --- |', '| a | b |\n|---|---|\n'],
  ...['*', '**', '_', '__', '~', '~~', '`', '``', '```', '```html\n', '~~~', '$', '$$', '$x$', '\\(', '\\', '\\['],
  ...[
    '&',
    '&lt;',
    '&#64;all',
    '&commat;all',
    ';',
    '<b>',
    '</b>',
    '<!--',
    '-->',
    '<a href="x">',
    '<script>',
    '<img src=x>',
  ],
  ...['\n', '\n\n', '\r', '\r\n', '\t', '    ', ' ', '  ', '.', ',', '"', "'"],
];
const INVISIBLE: readonly string[] = [
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u034f', '\u061c', '\u180e'],
  ...['\u202a', '\u202d', '\u202e', '\u2066', '\u2067', '\u2069', '\u200e', '\u200f', '\u2028', '\u2029', '\u0085'],
  ...['\u0000', '\u0007', '\u0008', '\u000b', '\u000c', '\u007f', '\ud83d', '\udc00', '\ufffe', '\uffff', '\u{e0041}'],
  ...['\u2424', '\u00a0', '\u3000', '\u0301', '\u0489', 'שלום', 'مرحبا', '😀', '👩‍👩‍👧', '\u{10ffff}'],
];
const TERMINAL: readonly string[] = [
  ...[
    '\u001b[31m',
    '\u001b[2J',
    '\u001b[1;1H',
    '\u001b]0;title\u0007',
    '\u001b]8;;http://evil.example\u001b\\',
    '\u001bc',
  ],
  ...['\u009b31m', '\u009d0;t\u009c', '\u0090q\u009c', '\u001b', '\u0018', '\r', '\b\b\b', '\u001b]52;c;aGk=\u0007'],
];
const PATHS: readonly string[] = [
  ...['..', '../', '../../etc/passwd', '/etc/passwd', '/dev/zero', '/proc/self/environ', 'file:///etc/passwd'],
  ...['C:\\x', '\\\\host\\share', '~/.ssh/id_rsa', '.', './', '%2e%2e/', '..\\', '/'],
];
/** Names that objects have of themselves. */
export const INHERITED_NAMES: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', 'toJSON'],
  ...['then', 'length', 'isPrototypeOf', '__lookupSetter__', 'toLocaleString', 'inspect'],
];

const piece: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...MARKDOWN) },
  { weight: 3, arbitrary: fc.constantFrom(...INVISIBLE) },
  { weight: 2, arbitrary: fc.constantFrom(...TERMINAL) },
  { weight: 1, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 1, arbitrary: fc.constantFrom(...INHERITED_NAMES) },
  { weight: 3, arbitrary: fc.constantFrom('word', 'a', '1', 'npm test', 'y'.repeat(200)) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);

/** Markdown, mentions, links, control and invisible characters, terminal escapes and paths, in every order. */
const mixture: fc.Arbitrary<string> = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

const MAX_CHARS = 200_000;
const long: fc.Arbitrary<string> = fc
  .tuple(piece, fc.constantFrom(100, 2_000, 20_000))
  .map(([one, times]) => one.repeat(Math.min(times, MAX_CHARS / Math.max(1, one.length))));

/** What nobody expects as a name or an id, without secrets: those are kept as they are, to find things again. */
export const hostileName: fc.Arbitrary<string> = fc.oneof(
  { weight: 20, arbitrary: mixture },
  { weight: 1, arbitrary: long },
);

/** Markdown, mentions, links, control and invisible characters, terminal escapes, paths and secrets, in every order; sometimes very long. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 14, arbitrary: hostileName },
  { weight: 5, arbitrary: plantedSecret.map(({ text }) => text) },
  // An open quote or bracket before it would make it a part of something else.
  {
    weight: 2,
    arbitrary: fc
      .tuple(mixture, plantedSecret)
      .map(([words, { text }]) => `${words.replace(/["'`\\$<{(]/g, '')}\n\n${text}`),
  },
);
