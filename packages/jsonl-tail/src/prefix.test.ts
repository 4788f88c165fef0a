import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixHash } from './prefix.ts';

function remember(chunks: readonly string[], fromOffset = 0): PrefixHash {
  const marks = new PrefixHash(fromOffset);
  let offset = fromOffset;
  for (const chunk of chunks) {
    const newline = chunk.lastIndexOf('\n');
    marks.advance(Buffer.from(chunk), newline === -1 ? offset : offset + newline + 1);
    offset += chunk.length;
  }
  return marks;
}

const chunk = fc.array(fc.constantFrom('a', 'b', '\n'), { minLength: 1, maxLength: 12 }).map((chars) => chars.join(''));

describe('PrefixHash', () => {
  it('recognises the same bytes at any chunking', () => {
    fc.assert(
      fc.property(fc.array(chunk), fc.integer({ min: 1, max: 9 }), (chunks, step) => {
        const check = remember(chunks).check();
        const bytes = Buffer.from(chunks.join(''));
        for (let at = 0; at < bytes.length; at += step) check.feed(bytes.subarray(at, at + step));
        expect(check.same).toBe(true);
      }),
    );
  });

  it('finds a mark before a change, never after it', () => {
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1 }), fc.nat(), (chunks, place) => {
        const bytes = Buffer.from(chunks.join(''));
        const changedAt = place % bytes.length;
        bytes[changedAt] = 'X'.charCodeAt(0);
        const check = remember(chunks).check();
        check.feed(bytes);
        expect(check.same).toBe(false);
        expect(check.lastMatch?.offset ?? 0).toBeLessThanOrEqual(changedAt);
      }),
    );
  });

  it('proves the lines before the last few reads', () => {
    const check = remember(['a\n', 'b\n', 'c\n', 'd\n']).check();
    check.feed(Buffer.from('a\nb\nc\nX\n'));
    expect(check.lastMatch?.offset).toBe(6);
  });

  it('is not satisfied with fewer bytes', () => {
    const check = remember(['a\n', 'b\n']).check();
    check.feed(Buffer.from('a\n'));
    expect(check.same).toBe(false);
    expect(check.lastMatch?.offset).toBe(2);
  });

  it('goes on from a mark as if it had read the bytes', () => {
    const whole = remember(['a\n', 'b\n', 'c\n']);
    const mark = whole.markBefore(5);
    expect(mark?.offset).toBe(4);
    const resumed = new PrefixHash(0, mark);
    resumed.advance(Buffer.from('c\n'), 6);
    expect(resumed.markBefore(6)).toEqual(whole.markBefore(6));
  });

  it('forgets what came after a mark', () => {
    const cut = remember(['a\n', 'b\n', 'c\n']).cutAt({
      offset: 4,
      crc32: remember(['a\n', 'b\n']).markBefore(4)?.crc32 ?? 0,
    });
    cut.advance(Buffer.from('z\n'), 6);
    const check = cut.check();
    check.feed(Buffer.from('a\nb\nz\n'));
    expect(check.same).toBe(true);
  });

  it('keeps few marks of a long file', () => {
    const marks = new PrefixHash(0);
    const line = Buffer.alloc(1000, 'x');
    for (let i = 1; i <= 5000; i += 1) marks.advance(line, i * 1000);
    let count = 0;
    for (let at = marks.markBefore(marks.position); at !== undefined; at = marks.markBefore(at.offset - 1)) count += 1;
    expect(count).toBeLessThan(100);
  });
});
