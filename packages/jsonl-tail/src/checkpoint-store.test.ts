import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { tempDir } from './testing/temp-dir.ts';

const checkpoint: Checkpoint = {
  version: 1,
  path: '/a.jsonl',
  fingerprint: '1-2-ab',
  fromOffset: 0,
  offset: 10,
  crc32: 7,
};

describe('checkpoint codec', () => {
  it('reads what it wrote', () => {
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
        expect(decodeCheckpoint(encodeCheckpoint(value))).toEqual({ ok: true, checkpoint: value });
      }),
    );
  });

  it.for([
    ['{', 'not-json'],
    ['null', 'malformed'],
    ['{}', 'malformed'],
    [JSON.stringify({ ...checkpoint, version: 2 }), 'unknown-version'],
    [JSON.stringify({ ...checkpoint, offset: -1 }), 'malformed'],
    [JSON.stringify({ ...checkpoint, fromOffset: 11 }), 'malformed'],
    [JSON.stringify({ ...checkpoint, crc32: 2 ** 32 }), 'malformed'],
    [JSON.stringify({ ...checkpoint, path: 1 }), 'malformed'],
  ] as const)('refuses %s as %s', ([text, reason]) => {
    expect(decodeCheckpoint(text)).toEqual({ ok: false, reason });
  });
});

describe('CheckpointStore', () => {
  it('keeps what was saved last, for this user only, and leaves no temporary file', async () => {
    await using dir = await tempDir();
    const file = join(dir.path, 'state/tail.json');
    const store = new CheckpointStore(file);
    expect(await store.load()).toEqual({ checkpoints: [], state: 'new' });
    await Promise.all([store.save([checkpoint]), store.save([{ ...checkpoint, offset: 20 }])]);
    expect(await new CheckpointStore(file).load()).toEqual({
      checkpoints: [{ ...checkpoint, offset: 20 }],
      state: 'loaded',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dir.path, 'state'))).toEqual(['tail.json']);
  });

  it('writes nothing when nothing changed', async () => {
    await using dir = await tempDir();
    const file = join(dir.path, 'tail.json');
    const store = new CheckpointStore(file);
    await store.save([checkpoint]);
    const { ino } = await stat(file);
    await store.save([checkpoint]);
    const again = new CheckpointStore(file);
    await again.load();
    await again.save([checkpoint]);
    expect((await stat(file)).ino).toBe(ino);
  });

  it('prefers a complete temporary file that a crash left, and removes a torn one', async () => {
    await using dir = await tempDir();
    const file = join(dir.path, 'tail.json');
    await new CheckpointStore(file).save([checkpoint]);
    const newer = (await readFile(file, 'utf8')).replace('"offset":10', '"offset":30');
    await writeFile(`${file}.tmp`, newer);
    expect((await new CheckpointStore(file).load()).checkpoints[0]?.offset).toBe(30);
    await writeFile(`${file}.tmp`, newer.slice(0, -8));
    expect((await new CheckpointStore(file).load()).checkpoints[0]?.offset).toBe(30);
    expect(await readdir(dir.path)).toEqual(['tail.json']);
  });

  it.for(['', 'x', '{"version":9,"checkpoints":[]}', '{"version":1,"checkpoints":[{}]}'])(
    'says that %j is damaged',
    async (text) => {
      await using dir = await tempDir();
      const file = join(dir.path, 'tail.json');
      await writeFile(file, text);
      const store = new CheckpointStore(file);
      expect(await store.load()).toEqual({ checkpoints: [], state: 'damaged' });
      await store.save([checkpoint]);
      expect((await store.load()).state).toBe('loaded');
    },
  );
});
