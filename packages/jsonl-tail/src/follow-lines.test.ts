import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TailEvent } from './event.ts';
import { type FollowLinesOptions, followLines } from './follow-lines.ts';
import { tempDir } from './testing/temp-dir.ts';

/** Takes lines up to one with the text `last`, and whatever else is reported meanwhile. */
async function take(path: string, last: string, options: FollowLinesOptions = {}) {
  const lines: string[] = [];
  const events: TailEvent['type'][] = [];
  for await (const { text, offset } of followLines(path, { onEvent: ({ type }) => events.push(type), ...options })) {
    lines.push(`${offset} ${text}`);
    if (text === last) break;
  }
  return { lines, events };
}

describe('followLines', () => {
  it('gives the lines of a file that appears later, as text with their offsets, through rotation', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'app.jsonl');
    const taken = take(path, 'end', { watch: 'polling', pollIntervals: { activeFilesMs: 5, directoriesMs: 5 } });
    await writeFile(path, '{"n":1}\r\n{"n":');
    await appendFile(path, '2}\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await rename(path, `${path}.1`);
    await writeFile(path, 'new\nend\n');
    expect((await taken).lines).toEqual(['0 {"n":1}', '9 {"n":2}', '0 new', '4 end']);
  });

  it('ends when its signal is aborted', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'app.jsonl');
    await writeFile(path, '1\n2\n');
    const controller = new AbortController();
    const lines: string[] = [];
    for await (const { text } of followLines(path, { signal: controller.signal })) {
      lines.push(text);
      if (text === '2') controller.abort();
    }
    expect(lines).toEqual(['1', '2']);
  });

  it('starts where it is told to and reports skipped lines', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'app.jsonl');
    await writeFile(path, `1\n${'x'.repeat(50)}\n2\n`);
    const { lines, events } = await take(path, '2', { maxLineBytes: 20, start: { offset: 2 } });
    expect(lines).toEqual(['53 2']);
    expect(events).toEqual(['file', 'bad-line']);
  });

  it('continues after the last line taken when it remembers a checkpoint, and not in another file', async () => {
    await using dir = await tempDir();
    const [path, other] = [join(dir.path, 'app.jsonl'), join(dir.path, 'other.jsonl')];
    const options = { checkpoint: join(dir.path, 'state/app.json') };
    await writeFile(path, '1\n2\n');
    const controller = new AbortController();
    for await (const { text } of followLines(path, { ...options, signal: controller.signal })) {
      if (text === '2') controller.abort();
    }
    await appendFile(path, '3\n4\n');
    expect((await take(path, '4', options)).lines).toEqual(['4 3', '6 4']);
    await writeFile(other, '1\n4\n');
    expect((await take(other, '4', options)).lines).toEqual(['0 1', '2 4']);
  });

  it('remembers the place in a file that took the name of a rotated one', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'app.jsonl');
    const pollIntervals = { activeFilesMs: 5, directoriesMs: 5 };
    const options = { checkpoint: join(dir.path, 'app.json'), watch: 'polling' as const, pollIntervals };
    await writeFile(path, '1\n2\n');
    const controller = new AbortController();
    for await (const { text } of followLines(path, { ...options, signal: controller.signal })) {
      if (text === '2') {
        await rename(path, `${path}.1`);
        await writeFile(path, 'a\nb\n');
      }
      if (text === 'b') controller.abort();
    }
    await appendFile(path, 'c\n');
    expect((await take(path, 'c', options)).lines).toEqual(['4 c']);
  });

  it('rejects when the checkpoint cannot be read', async () => {
    await using dir = await tempDir();
    await expect(take(join(dir.path, 'app.jsonl'), '', { checkpoint: dir.path })).rejects.toThrow('EISDIR');
  });
});
