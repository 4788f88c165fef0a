import { describe, expect, it } from 'vitest';
import { fingerprintOf, firstLineOf, HEAD_BYTES } from './file-system.ts';

const stat = { dev: 1n, ino: 2n, sizeBytes: 10, mtimeNs: 0n };

describe('fingerprint', () => {
  it('is unknown while the first line is incomplete', () => {
    expect(firstLineOf(Buffer.from(''))).toBeUndefined();
    expect(firstLineOf(Buffer.from('{"a":1'))).toBeUndefined();
    expect(firstLineOf(Buffer.from('{"a":1}\n{"b"'))).toEqual(Buffer.from('{"a":1}'));
  });

  it('takes the first 4 KiB of a longer line', () => {
    expect(firstLineOf(Buffer.alloc(HEAD_BYTES, 'x'))).toHaveLength(HEAD_BYTES);
    expect(firstLineOf(Buffer.alloc(HEAD_BYTES - 1, 'x'))).toBeUndefined();
  });

  it('tells a copy and a file on a reused inode from the original', () => {
    const original = fingerprintOf(stat, Buffer.from('{"a":1}'));
    expect(fingerprintOf(stat, Buffer.from('{"a":1}'))).toBe(original);
    expect(fingerprintOf({ ...stat, ino: 3n }, Buffer.from('{"a":1}'))).not.toBe(original);
    expect(fingerprintOf(stat, Buffer.from('{"a":2}'))).not.toBe(original);
  });
});
