import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile, replaceFileSync } from './index.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'replace-file-'));
});

afterEach(() => rm(dir, { recursive: true }));

it.each([
  ['replaceFile', replaceFile],
  ['replaceFileSync', async (path: string, text: string) => replaceFileSync(path, text)],
])('%s replaces the text, leaves nothing else behind, and keeps the file private', async (_, replace) => {
  const path = join(dir, 'file');
  await writeFile(path, 'old', { mode: 0o644 });
  await replace(path, 'new');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(dir)).toEqual(['file']);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await expect(replace(join(dir, 'none', 'file'), 'new')).rejects.toThrow('ENOENT');
});

it('writes a text in parts, and the mode that is asked for', async () => {
  const path = join(dir, 'file');
  await replaceFile(path, ['a', 'b']);
  expect(await readFile(path, 'utf8')).toBe('ab');
  replaceFileSync(path, 'c', { mode: 0o644 });
  expect((await stat(path)).mode & 0o777).toBe(0o644);
});
