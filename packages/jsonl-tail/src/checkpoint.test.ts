import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, CheckpointFile, parseCheckpoint } from './checkpoint.ts';
import { tempDir } from './testing/temp-dir.ts';

const checkpoint: Checkpoint = {
  version: 1,
  path: '/a.jsonl',
  fingerprint: '1-2-ab',
  fromOffset: 0,
  offset: 10,
  crc32: 7,
};

describe('parseCheckpoint', () => {
  it('reads a checkpoint written as JSON', () => {
    const any = fc.record({
      version: fc.constant(1 as const),
      path: fc.string(),
      fingerprint: fc.string(),
      fromOffset: fc.nat(1000),
      offset: fc.integer({ min: 1000, max: Number.MAX_SAFE_INTEGER }),
      crc32: fc.integer({ min: 0, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(any, (value) => {
        expect(parseCheckpoint(JSON.stringify(value))).toEqual(value);
      }),
    );
  });

  it.for([
    '{',
    'null',
    '{}',
    JSON.stringify({ ...checkpoint, version: 2 }),
    JSON.stringify({ ...checkpoint, offset: -1 }),
    JSON.stringify({ ...checkpoint, fromOffset: 11 }),
    JSON.stringify({ ...checkpoint, crc32: 2 ** 32 }),
    JSON.stringify({ ...checkpoint, path: 1 }),
  ])('refuses %s', (text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });
});

describe('CheckpointFile', () => {
  it('keeps what was saved last, for this user only, and leaves no temporary file', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'state/tail.json');
    const file = new CheckpointFile(path);
    expect(await file.load()).toEqual({ checkpoint: undefined, isDamaged: false });
    await file.save(checkpoint);
    await file.save({ ...checkpoint, offset: 20 });
    expect(await new CheckpointFile(path).load()).toEqual({
      checkpoint: { ...checkpoint, offset: 20 },
      isDamaged: false,
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dir.path, 'state'))).toEqual(['tail.json']);
  });

  it('writes nothing when nothing changed', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'tail.json');
    const file = new CheckpointFile(path);
    await file.save(checkpoint);
    const { ino } = await stat(path);
    await file.save(checkpoint);
    const again = new CheckpointFile(path);
    await again.load();
    await again.save(checkpoint);
    expect((await stat(path)).ino).toBe(ino);
  });

  it('takes the old checkpoint, not a temporary file that a crash left', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'tail.json');
    await new CheckpointFile(path).save(checkpoint);
    await writeFile(`${path}.tmp`, '{"version":1,"pa');
    const again = new CheckpointFile(path);
    expect((await again.load()).checkpoint).toEqual(checkpoint);
    await again.save({ ...checkpoint, offset: 30 });
    expect((await new CheckpointFile(path).load()).checkpoint?.offset).toBe(30);
    expect(await readdir(dir.path)).toEqual(['tail.json']);
  });

  it.for(['', 'x', '{"version":9}', '{"version":1}'])('says that %j is damaged', async (text) => {
    await using dir = await tempDir();
    const path = join(dir.path, 'tail.json');
    await writeFile(path, text);
    const file = new CheckpointFile(path);
    expect(await file.load()).toEqual({ checkpoint: undefined, isDamaged: true });
    await file.save(checkpoint);
    expect(await file.load()).toEqual({ checkpoint, isDamaged: false });
  });
});
