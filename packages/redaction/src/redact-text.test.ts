import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactLine, redactText } from './redact-text.ts';
import { PLACES } from './secret-places.ts';
import { TOKENS } from './secret-tokens.ts';
import { hostileText } from './testing/hostile-text.ts';
import { toVisible } from './visible.ts';

const budget = fc.integer({ min: 0, max: 80 });

describe('redactText', () => {
  it('keeps what can be read', () => {
    const text = 'Grüße, 世界! 👩‍👩‍👧 e\u0301\n\tक्‍ष';
    expect(redactText(text)).toBe(text);
  });

  it.for<[string, string]>([
    ['\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'red link'],
    ['a\u0000b\u0007c\u009fd', 'abcd'],
    ['abc\u202etxt.exe\u2066', 'abctxt.exe'],
    ['pass\u200bword=hun\u2060ter2', 'password=***'],
    ['TOK\u200dEN=abc', 'TOKEN=***'],
    ['a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
    ['\ud83d!', '\ufffd!'],
    [`e${'\u0301'.repeat(50)}`, `e${'\u0301'.repeat(4)}`],
    ['\u{e0041}\u{e0042}x', 'x'],
  ])('leaves nothing unseen: %j', ([text, visible]) => {
    expect(redactText(text)).toBe(visible);
  });

  it('cuts at code points and says so', () => {
    expect(redactText('😀😀😀😀', { maxChars: 3 })).toBe('😀😀…');
    expect(redactText('abcd', { maxChars: 4 })).toBe('abcd');
    expect(redactText('abcd', { maxChars: 0 })).toBe('');
  });

  it('knows a secret that the cut goes through', () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'a1B2'.repeat(400)}`;
    expect(redactText(`x ${key}`, { maxChars: 60 })).toBe('x -----BEGIN PRIVATE KEY-----***');
    expect(redactText(`${'x '.repeat(10)}ghp_${'aB3d'.repeat(9)}`, { maxChars: 26 })).toBe(`${'x '.repeat(10)}***`);
  });

  it('changes nothing when done again, fits its budget and is well-formed', () => {
    fc.assert(
      fc.property(hostileText, budget, (text, maxChars) => {
        for (const redact of [redactText, redactLine]) {
          const once = redact(text, { maxChars });
          expect(redact(once, { maxChars })).toBe(once);
          expect(Array.from(once).length).toBeLessThanOrEqual(maxChars);
          expect(once.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('redactLine', () => {
  it('makes one line', () => {
    expect(redactLine('  a\n\n b\tc ')).toBe('a b c');
  });

  it('masks by the lines there were', () => {
    expect(redactLine('Authorization: Bearer abcdefgh\nnext line')).toBe('Authorization: Bearer *** next line');
  });
});

describe('hostile input', () => {
  const pieces = [
    ...['a', ' ', 'a:', 'a=', 'a://', 'a://b:', 'https://u:', 'a:b@', '@', '"', '\\"', '\\', '${{', '$(a ', '<a'],
    ...['-----BEGIN PRIVATE KEY-----', '-----BEGIN ', 'eyJ', 'eyJaaaaaaaaa.', '-eyJaaaaaaaaa.', 'sk-', 'AKIA', 'ghp_'],
    ...['token=', 'token="', 'token=\\"', 'token: ', 'token:', 'token=$(', '--token ', '-u a:', 'mysql ', 'sshpass '],
    ...['openssl ', 'openssl -k ', '7z ', '7z -p', 'htpasswd ', 'htpasswd -b a ', 'htpasswd -b', ' -b', 'vault login '],
    ...[
      'vault login -a ',
      'http ',
      'http -a u:',
      'http a==',
      'token==',
      '<<<',
      ' <<< ',
      'read ',
      'read -s a ',
      'chpasswd ',
    ],
    ...['Bearer ', 'Cookie: ', 'Cookie: a=b;', 'cookie=', 'Authorization: Bearer ', '?key=', '1234567890:AA', '/bot'],
    ...[
      '-u',
      '-uuuu',
      '-u a:b ',
      'echo a | ',
      'echo a | sudo -S b;',
      '| sudo -S ',
      '<<EOF\n',
      "'",
      "'\\''",
      "$'",
      '{',
      '}',
    ],
    ...[
      '(',
      ')',
      '<(echo a',
      '<(echo a)',
      '-p a ',
      '-u a -p b ',
      '/p:',
      'password ',
      'identified by ',
      'a=b&',
      'secret set a=b ',
    ],
    ...[
      'name: TOKEN ',
      'name: TOKEN value: ',
      '<password>',
      '<password ',
      'send "',
      'password send "a',
      '["a", ',
      '["a",',
    ],
    ...[
      'sk-a1B',
      'a-',
      'a_',
      'aB3-',
      'ab12cd34_',
      'postgres://a:b@',
      'postgres://a:@',
      '"$(',
      '`',
      'sh -c "',
      "sh -c '",
      '\\"',
      'f("',
    ],
    ...[
      'PASSWORD={',
      'PASSWORD=a,',
      'password: a ',
      '\npassword: a',
      'a:12:b:c:',
      'set TOKEN ',
      'sudo -u a ',
      'docker exec -u a ',
    ],
    ...[
      'insert into a (password) values (',
      "insert into a (password) values ('a'), (",
      '  password: |\n    a\n',
      'password: |\n ',
      'login a password ',
      'user=a:',
      'Private-Lines: 1\na',
      'authorization: a response=',
      'password for a is ',
      'password (',
      'auth=("a", ',
      'xargs -I{} -p {} ',
      'printf password=%s ',
      'password <(echo a)',
    ],
    ...['\u001b]', '\u001b[', '\u009b', '\u200d', '\u0301', '\ud800', '😀'],
  ];

  // Linear time is milliseconds, quadratic time more than the limit.
  it.for(pieces)('takes linear time for %j without end', { timeout: 8_000 }, (piece) => {
    const visible = toVisible(piece.repeat(Math.ceil(100_000 / piece.length)));
    for (const { find } of [...TOKENS, ...PLACES]) find(visible);
    expect(redactText(piece.repeat(Math.ceil(1_000_000 / piece.length))).length).toBeLessThanOrEqual(8192);
  });
});
