import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAIN_WORD, redactText } from './redact-text.ts';
import { redactValue } from './redact-value.ts';
import { mayNameSecret, strengthOf } from './secret-name.ts';
import { PLACES } from './secret-places.ts';
import { TOKENS } from './secret-tokens.ts';
import { ORDINARY_BY_ANOTHER, SPELLINGS_BY_ANOTHER } from './testing/by-another.ts';
import { LOOK_ALIKES, SECRETS } from './testing/corpus.ts';
import { hostileText } from './testing/hostile-text.ts';
import { ORDINARY } from './testing/ordinary.ts';
import { SPELLINGS } from './testing/spellings.ts';
import { toCleaned } from './visible.ts';

const FINDERS = [...TOKENS, ...PLACES];
const known = [
  ...SECRETS.map(([text]) => text),
  ...LOOK_ALIKES,
  ...[...SPELLINGS, ...SPELLINGS_BY_ANOTHER].map(({ text }) => text),
  ...[...ORDINARY, ...ORDINARY_BY_ANOTHER],
];

/** The shortest of their kinds. */
const SHORTEST = ['xoxb-0123456789', 'https://hooks.slack.com/services/T0000/B000', 'eyJ01234567.01234567'];

/** Known texts, cut anywhere, changed in letter case and joined: what is left of a secret may still be one. */
const piece = fc
  .tuple(fc.constantFrom(...known), fc.nat({ max: 200 }), fc.nat({ max: 200 }), fc.constantFrom('', 'upper', 'lower'))
  .map(([text, start, length, letters]) => {
    const part = text.slice(start % text.length, (start % text.length) + length);
    return letters === '' ? part : letters === 'upper' ? part.toUpperCase() : part.toLowerCase();
  });
const text = fc.oneof(
  fc.constantFrom(...known),
  hostileText,
  fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(' ')),
  fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')),
);

/** Names made of the words of secrets' names and of others, in every spelling. */
const word = fc.constantFrom(
  ...['password', 'passwd', 'passphrase', 'passcode', 'secret', 'token', 'apikey', 'accesskey', 'credential'],
  ...['credentials', 'authorization', 'pass', 'pwd', 'pw', 'pat', 'jwt', 'bearer', 'auth', 'cookie', 'cookies', 'sas'],
  ...['api', 'access', 'private', 'signing', 'master', 'shared', 'key', 'base', 'hash', 'old', 'string', 'data', '2'],
  ...['user', 'path', 'file', 'limit', '\u212aey', 'to\u212aen', '\u017fecret'],
);
const spelt = fc
  .tuple(word, fc.constantFrom('lower', 'Capital', 'UPPER'))
  .map(([letters, spelling]) =>
    spelling === 'lower'
      ? letters
      : spelling === 'UPPER'
        ? letters.toUpperCase()
        : `${letters.slice(0, 1).toUpperCase()}${letters.slice(1)}`,
  );
const name = fc
  .tuple(fc.array(spelt, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '_', '-', '.', ' '))
  .map(([words, separator]) => words.join(separator));

describe('a short cut', () => {
  it('around a finder misses nothing that it finds', () => {
    const missed = (input: string) => FINDERS.filter(({ may, find }) => !may(input) && find(input).length > 0);
    for (const input of SHORTEST) expect(FINDERS.some(({ find }) => find(input).length > 0)).toBe(true);
    for (const input of [...known, ...SHORTEST]) expect(missed(input)).toEqual([]);
    fc.assert(
      fc.property(text, (input) => {
        expect(missed(input)).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it('around each finder is taken by some known text, and not by another', () => {
    for (const { may, find } of FINDERS) {
      expect(known.some((input) => may(input) && find(input).length > 0)).toBe(true);
      expect(known.some((input) => !may(input))).toBe(true);
    }
  });

  it('around the look at a name misses no name of a secret', () => {
    fc.assert(
      fc.property(fc.oneof(name, text), (input) => {
        if (strengthOf(input) !== undefined) expect(mayNameSecret(input)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('around plain words leaves out nothing: no such word holds a secret, or anything unseen', () => {
    const words = known.flatMap((input) => input.split(/[\s"']+/));
    const short = fc.tuple(fc.constantFrom(...words), fc.nat()).map(([input, at]) => input.slice(at % input.length));
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...words), short, spelt, text, fc.string()), (input) => {
        if (!PLAIN_WORD.test(input)) return;
        expect(FINDERS.filter(({ find }) => find(input).length > 0)).toEqual([]);
        expect(toCleaned(input)).toBe(input);
      }),
      { numRuns: 5000 },
    );
  });

  it('around the search for what cannot be seen misses none of it', () => {
    const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.oneof(ascii, text, fc.string({ unit: 'binary' })), (input) => {
        expect(redactText(toCleaned(input), { maxChars: 10_000 })).toBe(redactText(input, { maxChars: 10_000 }));
      }),
      { numRuns: 2000 },
    );
  });

  it('around counting bytes lets nothing pass that is too long', () => {
    const unit = fc.constantFrom('a', '"', '\n', '\u00e9', '\u754c', '\ud83d\ude00');
    const wide = fc.tuple(unit, unit, fc.nat({ max: 40 })).map(([one, many, times]) => one + many.repeat(times));
    fc.assert(
      fc.property(wide, fc.integer({ min: 8, max: 80 }), (input, maxBytes) => {
        expect(Buffer.byteLength(JSON.stringify(redactValue(input, { maxBytes })))).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});
