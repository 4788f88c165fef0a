import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, type SplitPiece } from './lines.ts';

const MAX_LINE_BYTES = 12;

function split(chunks: readonly Buffer[], options: { offset?: number; align?: boolean } = {}): string[] {
  const splitter = new LineSplitter({ maxLineBytes: MAX_LINE_BYTES, ...options });
  return chunks.flatMap((chunk) => splitter.push(chunk)).map(inShort);
}

function inShort(piece: SplitPiece): string {
  const range = `${piece.startOffset}-${piece.endOffset}`;
  return piece.kind === 'line' ? `${range} ${piece.bytes.toString('latin1')}` : `${range} too long`;
}

/** The plainest way to say what the lines of some bytes are. */
function expectedOf(bytes: Buffer): string[] {
  const lines: string[] = [];
  let startOffset = 0;
  for (const line of bytes.toString('latin1').split('\n').slice(0, -1)) {
    const endOffset = startOffset + line.length + 1;
    const text = (startOffset === 0 ? line.replace(/^\u00ef\u00bb\u00bf/, '') : line).replace(/\r$/, '');
    if (line.length > MAX_LINE_BYTES) lines.push(`${startOffset}-${endOffset} too long`);
    else if (text !== '') lines.push(`${startOffset}-${endOffset} ${text}`);
    startOffset = endOffset;
  }
  return lines;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const content = fc
  .array(fc.oneof(fc.constantFrom('\n', '\n', '\r\n', '\r', '\ufeff', '読', '😀'), fc.string({ maxLength: 9 })))
  .map((parts) => Buffer.from(parts.join('')));

describe('LineSplitter', () => {
  it('gives the same lines at any chunking', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 8 }), (bytes, places) => {
        expect(split(cut(bytes, places))).toEqual(expectedOf(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same lines byte by byte', () => {
    const bytes = Buffer.from('\ufeff{"a":"読"}\r\n\n\n{"b":"😀"}\nrest');
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expectedOf(bytes));
  });

  it('keeps a partial line until its newline comes', () => {
    expect(split([Buffer.from('ab'), Buffer.from('cd')])).toEqual([]);
    expect(split([Buffer.from('ab'), Buffer.from('cd\n')])).toEqual(['0-5 abcd']);
  });

  it('strips a byte order mark at the start of the file only', () => {
    expect(split([Buffer.from('\ufeffa\n')])).toEqual(['0-5 a']);
    expect(split([Buffer.from('\ufeffa\n')], { offset: 7 })).toHaveLength(1);
    expect(split([Buffer.from('\ufeffa\n')], { offset: 7 })).not.toEqual(['7-12 a']);
  });

  it('drops everything up to the first newline when it begins inside a line', () => {
    expect(
      split([Buffer.from('rest of a very long line'), Buffer.from('x\nnext\n')], { offset: 100, align: true }),
    ).toEqual(['126-131 next']);
  });

  it('accepts a line of exactly the limit and goes on after a longer one', () => {
    expect(split([Buffer.from(`${'a'.repeat(12)}\n${'b'.repeat(13)}\nc\n`)])).toEqual([
      `0-13 ${'a'.repeat(12)}`,
      '13-27 too long',
      '27-29 c',
    ]);
  });

  it('reports the ends of a line that is too long', () => {
    const line = `${'a'.repeat(2048)}${'x'.repeat(9000)}${'z'.repeat(2048)}`;
    for (const chunkBytes of [1, 700, 5000, 20_000]) {
      const bytes = Buffer.from(`${line}\nshort\n`);
      const splitter = new LineSplitter({ maxLineBytes: 100 });
      const places = Array.from({ length: Math.floor(bytes.length / chunkBytes) }, (_, i) => i * chunkBytes);
      const [first] = cut(bytes, places).flatMap((chunk) => splitter.push(chunk));
      expect(first?.kind === 'too-long' && first.ends.toString()).toBe(`${'a'.repeat(2048)}${'z'.repeat(2048)}`);
    }
    const [all] = new LineSplitter({ maxLineBytes: 3 }).push(Buffer.from('abcdef\n'));
    expect(all).toMatchObject({ kind: 'too-long', ends: Buffer.from('abcdef') });
  });

  it('keeps next to nothing of a line that is too long', () => {
    const splitter = new LineSplitter({ maxLineBytes: 1024 * 1024 });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 400; i += 1) expect(splitter.push(chunk)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(splitter.push(Buffer.from('\nshort\n'))).toMatchObject([
      { kind: 'too-long', startOffset: 0, endOffset: 400 * 256 * 1024 + 1 },
      { kind: 'line' },
    ]);
  });

  it('hands out lines that stay as they were when the chunks are used again', () => {
    const splitter = new LineSplitter({ maxLineBytes: 100 });
    const chunk = Buffer.from('ab');
    splitter.push(chunk);
    chunk.fill('z');
    const [line] = splitter.push(Buffer.from('c\n'));
    expect(line).toMatchObject({ bytes: Buffer.from('abc') });
  });
});
