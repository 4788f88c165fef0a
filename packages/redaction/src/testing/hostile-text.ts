import fc from 'fast-check';

/** Text made of the pieces the patterns look for, so that they meet in every order. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['token=', '--password ', 'Bearer ', 'Authorization: ', 'https://', 'a:b@', '@', '=', ':', '"', "'", '\\"'],
        ...[
          'Cookie: ',
          'a=b; ',
          '-u ',
          '$(',
          '${',
          '***',
          '…',
          ' ',
          '\n',
          '\t',
          '\u200b',
          '\u200d',
          '\u202e',
          '\u001b[',
        ],
        ...[
          '-----BEGIN PRIVATE KEY-----',
          '-----END',
          'eyJhbGciOi',
          'ghp_',
          'sk-',
          '?key=',
          'abc123XYZ',
          '\ud83d',
          '\u0301',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));
