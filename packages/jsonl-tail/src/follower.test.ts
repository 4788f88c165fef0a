import { renameSync, rmSync } from 'node:fs';
import { appendFile, copyFile, mkdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { describe, expect, it } from 'vitest';
import type { TailEvent } from './event.ts';
import { type Follower, followDirectory, followFile, TreeFollower } from './follower.ts';
import { type FollowDirectoryOptions, resolveOptions, type StartInfo } from './options.ts';
import { SHRINK_HOLD_MS } from './read-plan.ts';
import { Reader } from './testing/reader.ts';
import { type TempDir, tempDir } from './testing/temp-dir.ts';
import type { WatchHandlers } from './watcher.ts';

/** A directory, a follower that scans only when told to, and its reader. */
class Scene implements AsyncDisposable {
  readonly clock = createFakeClock();
  readonly follower: Follower;
  readonly reader: Reader;
  readonly #dir: TempDir;

  constructor(dir: TempDir, options: FollowDirectoryOptions = {}) {
    this.#dir = dir;
    this.follower = followDirectory(dir.path, { clock: this.clock, watch: false, ...options });
    this.reader = new Reader(this.follower);
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  scan(path?: string): Promise<string[]> {
    return this.reader.scan(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.follower.close();
    await this.#dir[Symbol.asyncDispose]();
  }
}

async function scene(options?: FollowDirectoryOptions, files: Record<string, string | Buffer> = {}): Promise<Scene> {
  const dir = await tempDir();
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir.path, name), content);
  return new Scene(dir, options);
}

describe('lines', () => {
  it('waits for a complete first line, then delivers each line once it is complete', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h"' });
    expect(await s.scan()).toEqual([]);
    await appendFile(s.path('a.jsonl'), ':1}\n{"b":');
    expect(await s.scan()).toEqual(['file a.jsonl from 0', 'a.jsonl 0-8 {"h":1}', 'caught-up a.jsonl at 8 of 13']);
    await appendFile(s.path('a.jsonl'), '2}\n');
    expect(await s.scan()).toEqual(['a.jsonl 8-16 {"b":2}', 'caught-up a.jsonl at 16 of 16']);
    expect(await s.scan()).toEqual([]);
  });

  it('carry their path, the fingerprint of their file and their place in it', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'a.jsonl');
    await writeFile(path, '\ufeff{"h":1}\r\n\n{"b":2}\n');
    await using follower = followDirectory(dir.path, { watch: false });
    void follower.scan();
    const events: TailEvent[] = [];
    for await (const event of follower) if (events.push(event) && event.type === 'caught-up') break;
    const [file, ...lines] = events.slice(0, -1);
    const fingerprint = file?.type === 'file' ? file.fingerprint : '';
    const { dev, ino } = await stat(path);
    expect(fingerprint).toMatch(new RegExp(`^${dev}-${ino}-[0-9a-f]{16}$`));
    expect(lines).toMatchObject([
      { type: 'line', path, fingerprint, startOffset: 0, endOffset: 12 },
      { type: 'line', path, fingerprint, startOffset: 13, endOffset: 21 },
    ]);
  });

  it('keeps characters whole that are written byte by byte', async () => {
    await using s = await scene();
    const bytes = Buffer.from('\ufeff{"a":"読書"}\r\n\n{"b":"😀"}\n');
    const seen: string[] = [];
    for (const byte of bytes) {
      await appendFile(s.path('a.jsonl'), Buffer.from([byte]));
      seen.push(...(await s.scan()).filter((event) => event.startsWith('a.jsonl')));
    }
    expect(seen).toEqual(['a.jsonl 0-19 {"a":"読書"}', 'a.jsonl 20-33 {"b":"😀"}']);
  });

  it('skips and reports lines that are not UTF-8 or too long, and goes on after them', async () => {
    const bad = Buffer.concat([
      Buffer.from('ok\n'),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.alloc(40, 'x'),
      Buffer.from('\nend\n'),
    ]);
    await using s = await scene({ maxLineBytes: 20, readBytes: 16 }, { 'a.jsonl': bad });
    expect(await s.scan()).toEqual([
      'file a.jsonl from 0',
      'a.jsonl 0-3 ok',
      'a.jsonl 3-7 invalid-utf8',
      'a.jsonl 7-48 too-long',
      'a.jsonl 48-52 end',
      'caught-up a.jsonl at 52 of 52',
    ]);
  });

  it('reads nothing more while the consumer has not taken what was read', async () => {
    const dir = await tempDir();
    await writeFile(join(dir.path, 'a.jsonl'), '0123456\n'.repeat(100));
    await using follower = followDirectory(dir.path, { watch: false, readBytes: 16 });
    void follower.scan();
    const events = follower[Symbol.asyncIterator]();
    const file = await events.next();
    expect(file.value).toMatchObject({ type: 'file' });
    await new Promise((resolve) => setImmediate(resolve));
    await appendFile(join(dir.path, 'a.jsonl'), 'more\n');
    await events.next();
    await truncate(join(dir.path, 'a.jsonl'), 16);
    // What is queued was read before the truncation: two lines; the rest was never read.
    expect((await events.next()).value).toMatchObject({ type: 'line', startOffset: 8 });
    const closing = follower.close();
    expect(await events.next()).toMatchObject({ done: true });
    await closing;
    await dir[Symbol.asyncDispose]();
  });
});

describe('rewrites', () => {
  const content = '{"h":1}\n{"b":2}\n{"c":3}\n';

  it('is silent about a rewrite with the same bytes', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await writeFile(s.path('a.jsonl'), content);
    expect(await s.scan()).toEqual([]);
    await writeFile(s.path('a.jsonl'), `${content}{"d":4}\n`);
    expect(await s.scan()).toEqual(['a.jsonl 24-32 {"d":4}', 'caught-up a.jsonl at 32 of 32']);
  });

  it('is silent when it sees the file empty in the middle of a rewrite with the same bytes', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await truncate(s.path('a.jsonl'), 0);
    expect(await s.scan()).toEqual([]);
    await s.clock.advance(SHRINK_HOLD_MS - 1);
    expect(await s.scan()).toEqual([]);
    await writeFile(s.path('a.jsonl'), content);
    expect(await s.scan()).toEqual([]);
    await s.clock.advance(SHRINK_HOLD_MS);
    expect(await s.scan()).toEqual([]);
  });

  it('reports a truncation that lasts', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await truncate(s.path('a.jsonl'), 0);
    await s.scan();
    await s.clock.advance(SHRINK_HOLD_MS);
    expect(await s.scan()).toEqual(['rewritten a.jsonl from 0', 'caught-up a.jsonl at 0 of 0']);
  });

  it('goes back to the last line that is left when a rewrite in place made the file shorter', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await appendFile(s.path('a.jsonl'), '{"b":2}\n{"c":3}\n');
    await s.scan();
    await writeFile(s.path('a.jsonl'), '{"h":1}\n{"b":9}\n');
    expect(await s.scan()).toEqual([]);
    await s.clock.advance(SHRINK_HOLD_MS);
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 8',
      'a.jsonl 8-16 {"b":9}',
      'caught-up a.jsonl at 16 of 16',
    ]);
  });

  it('begins anew after copy-and-truncate, and does not take the copy for the file', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await copyFile(s.path('a.jsonl'), s.path('a.jsonl.1'));
    await truncate(s.path('a.jsonl'), 0);
    await appendFile(s.path('a.jsonl'), '{"n":1}\n');
    expect(await s.scan()).toEqual([]);
    await s.clock.advance(SHRINK_HOLD_MS);
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 0',
      'file a.jsonl from 0',
      'a.jsonl 0-8 {"n":1}',
      'caught-up a.jsonl at 8 of 8',
    ]);
  });

  it('begins anew after copy-and-truncate when the file has already grown beyond what was read', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await copyFile(s.path('a.jsonl'), s.path('a.jsonl.1'));
    await truncate(s.path('a.jsonl'), 0);
    await appendFile(s.path('a.jsonl'), '{"n":1}\n'.repeat(4));
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 0',
      'file a.jsonl from 0',
      ...[0, 8, 16, 24].map((offset) => `a.jsonl ${offset}-${offset + 8} {"n":1}`),
      'caught-up a.jsonl at 32 of 32',
    ]);
  });

  it('delivers again only from the first read that changed', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await appendFile(s.path('a.jsonl'), '{"b":2}\n');
    await s.scan();
    await writeFile(s.path('a.jsonl'), '{"h":1}\n{"b":3}\n');
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 8',
      'a.jsonl 8-16 {"b":3}',
      'caught-up a.jsonl at 16 of 16',
    ]);
  });

  it('finds a change of the same size in the middle, and a new first line', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await writeFile(s.path('a.jsonl'), content.replace('1', '9'));
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 0',
      'file a.jsonl from 0',
      'a.jsonl 0-8 {"h":9}',
      'a.jsonl 8-16 {"b":2}',
      'a.jsonl 16-24 {"c":3}',
      'caught-up a.jsonl at 24 of 24',
    ]);
  });

  it('finds a rewrite that made the file longer than what was read', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await writeFile(s.path('a.jsonl'), `${content.replace('3', '9')}{"d":4}\n`);
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 0',
      'a.jsonl 0-8 {"h":1}',
      'a.jsonl 8-16 {"b":2}',
      'a.jsonl 16-24 {"c":9}',
      'a.jsonl 24-32 {"d":4}',
      'caught-up a.jsonl at 32 of 32',
    ]);
  });

  it('finds a change that hides behind an unchanged modification time', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    const { atime, mtime } = await stat(s.path('a.jsonl'));
    await utimes(s.path('a.jsonl'), atime, mtime);
    await s.scan();
    await writeFile(s.path('a.jsonl'), content.replace('3', '9'));
    await utimes(s.path('a.jsonl'), atime, mtime);
    expect(await s.scan()).toContain('a.jsonl 16-24 {"c":9}');
  });

  it('finds within two scans what was written within one second where file times are whole seconds', async () => {
    await using s = await scene();
    const second = Math.floor((Date.now() - 500) / 1000);
    const write = async (name: string, text: string): Promise<void> => {
      await writeFile(s.path(name), text);
      for (const path of [s.path(name), s.path('.')]) await utimes(path, second, second);
    };
    await write('a.jsonl', '1\n');
    await s.scan();
    await s.clock.advance(500);
    await s.scan();
    await write('b.jsonl', '2\n');
    await write('a.jsonl', '3\n');
    const events = [...(await s.scan()), ...(await s.scan())];
    expect(events).toEqual(expect.arrayContaining(['a.jsonl 0-2 3', 'b.jsonl 0-2 2']));
  });

  it('finds within two scans the files, and the names to notice, of one second', async () => {
    await using s = await scene({ notice: (name) => name.endsWith('.lock') }, { 'a.jsonl': '1\n' });
    const second = new Date(Math.trunc(Date.now() / 1_000) * 1_000);
    const stopTime = async (...names: string[]) => {
      for (const name of ['', ...names]) await utimes(s.path(name), second, second);
    };
    await writeFile(s.path('a.lock'), '1');
    await stopTime('a.lock');
    expect(await s.scan()).toContain('noticed a.lock of 1');
    await writeFile(s.path('b.jsonl'), '2\n');
    await writeFile(s.path('a.lock'), '2');
    await stopTime('a.lock');
    expect(await s.scan()).toContain('b.jsonl 0-2 2');
    await s.clock.advance(2_001);
    expect(await s.scan()).toEqual(['noticed a.lock of 1']);
    await s.clock.advance(2_001);
    expect(await s.scan()).toEqual([]);
  });

  it('finds the same where the clock of a file server is minutes behind', async () => {
    await using s = await scene();
    const minutesAgo = Math.floor(Date.now() / 1000) - 300;
    const write = async (text: string): Promise<void> => {
      await writeFile(s.path('a.jsonl'), text);
      await utimes(s.path('a.jsonl'), minutesAgo, minutesAgo);
    };
    await write('1\n');
    await s.scan();
    await write('2\n');
    expect([...(await s.scan()), ...(await s.scan())]).toContain('a.jsonl 0-2 2');
  });

  it('goes on in a file that replaced it by rename, from where both differ', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await appendFile(s.path('a.jsonl'), '{"b":[]}\n{"c":3}\n');
    await s.scan();
    await writeFile(s.path('tmp'), '{"h":1}\n{"b":["repaired"]}\n{"c":3}\n');
    await rename(s.path('tmp'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 8',
      'file a.jsonl from 8',
      'a.jsonl 8-27 {"b":["repaired"]}',
      'a.jsonl 27-35 {"c":3}',
      'caught-up a.jsonl at 35 of 35',
    ]);
  });

  it('tells a replacement with the same bytes by its new fingerprint alone', async () => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    await writeFile(s.path('tmp'), content);
    await rename(s.path('tmp'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual(['file a.jsonl from 24', 'caught-up a.jsonl at 24 of 24']);
  });
});

describe('names', () => {
  it('delivers what was written last before a file went', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await appendFile(s.path('a.jsonl'), '{"last":1}\n');
    await rm(s.path('a.jsonl'));
    expect(await s.scan()).toEqual(['a.jsonl 8-19 {"last":1}', 'caught-up a.jsonl at 19 of 19', 'gone a.jsonl']);
  });

  it('says where a file was renamed to, and follows it on under a name that is included', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n', 'b.jsonl': '{"h":2}\n' });
    await s.scan();
    await rename(s.path('a.jsonl'), s.path('a.jsonl.reset'));
    await rename(s.path('b.jsonl'), s.path('c.jsonl'));
    await appendFile(s.path('c.jsonl'), '{"x":1}\n');
    expect(await s.scan()).toEqual([
      'gone a.jsonl to a.jsonl.reset',
      'b.jsonl 8-16 {"x":1}',
      'caught-up b.jsonl at 16 of 16',
      'gone b.jsonl to c.jsonl',
      'file c.jsonl from 16',
      'caught-up c.jsonl at 16 of 16',
    ]);
  });

  it.for([
    { title: 'with another first line', text: '{"n":1}\n{"n":2}\n' },
    { title: 'with the same first line', text: '{"h":1}\n{"n":2}\n' },
  ])('delivers a file that was deleted and created again $title before the next scan', async ({ text }) => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await appendFile(s.path('a.jsonl'), '{"b":2}\n');
    await s.scan();
    await rm(s.path('a.jsonl'));
    await writeFile(s.path('a.jsonl'), text);
    const lines = (await s.scan()).filter((event) => event.startsWith('a.jsonl'));
    expect(lines.at(-1)).toBe('a.jsonl 8-16 {"n":2}');
    expect(lines).toEqual(
      text.startsWith('{"n"') ? ['a.jsonl 0-8 {"n":1}', 'a.jsonl 8-16 {"n":2}'] : ['a.jsonl 8-16 {"n":2}'],
    );
  });

  it('goes over to the file that a link points to now', async () => {
    await using outside = await tempDir();
    await writeFile(join(outside.path, 'one'), '{"one":1}\n');
    await writeFile(join(outside.path, 'two'), '{"two":2}\n');
    await using s = await scene();
    await symlink(join(outside.path, 'one'), s.path('a.jsonl'));
    expect(await s.scan()).toContain('a.jsonl 0-10 {"one":1}');
    await symlink(join(outside.path, 'two'), s.path('link'));
    await rename(s.path('link'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual([
      'rewritten a.jsonl from 0',
      'file a.jsonl from 0',
      'a.jsonl 0-10 {"two":2}',
      'caught-up a.jsonl at 10 of 10',
    ]);
  });

  it('begins anew in a file that took the name of one that was rotated away', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h":1}\n' });
    await s.scan();
    await rename(s.path('a.jsonl'), s.path('a.jsonl.1'));
    await writeFile(s.path('a.jsonl'), '{"h":1}\n{"n":1}\n');
    expect(await s.scan()).toEqual([
      'gone a.jsonl to a.jsonl.1',
      'file a.jsonl from 0',
      'a.jsonl 0-8 {"h":1}',
      'a.jsonl 8-16 {"n":1}',
      'caught-up a.jsonl at 16 of 16',
    ]);
  });

  it('reads a file that took the place of one without a complete line, which had long been at rest', async () => {
    await using s = await scene({}, { 'a.jsonl': '{"h"' });
    await utimes(s.path('a.jsonl'), 1, 1);
    expect(await s.scan()).toEqual([]);
    await writeFile(s.path('new'), '{"h":1}\n');
    await rename(s.path('new'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual(['file a.jsonl from 0', 'a.jsonl 0-8 {"h":1}', 'caught-up a.jsonl at 8 of 8']);
  });

  it('finds directories and files that appear later, also the root itself', async () => {
    await using dir = await tempDir();
    await using follower = followDirectory(join(dir.path, 'root'), {
      watch: false,
      includeDirectory: (name) => name !== 'no',
    });
    const reader = new Reader(follower);
    expect(await reader.scan()).toEqual([]);
    await mkdir(join(dir.path, 'root/x/y'), { recursive: true });
    await mkdir(join(dir.path, 'root/no'));
    await writeFile(join(dir.path, 'root/x/y/a.jsonl'), '1\n');
    await writeFile(join(dir.path, 'root/no/b.jsonl'), '1\n');
    expect(await reader.scan()).toEqual(['file a.jsonl from 0', 'a.jsonl 0-2 1', 'caught-up a.jsonl at 2 of 2']);
    await rm(join(dir.path, 'root'), { recursive: true });
    expect(await reader.scan()).toEqual(['gone a.jsonl']);
    await mkdir(join(dir.path, 'root'));
    await writeFile(join(dir.path, 'root/c.jsonl'), '1\n');
    expect(await reader.scan()).toContain('file c.jsonl from 0');
    expect(follower.status()).toMatchObject({ isReady: true, directories: 1, files: { followed: 1 } });
  });

  it('notices names without reading them', async () => {
    await using s = await scene({ notice: (name) => name.endsWith('.lock') });
    await s.scan();
    await writeFile(s.path('a.jsonl.lock'), '{}');
    expect(await s.scan(s.path('a.jsonl.lock'))).toEqual(['noticed a.jsonl.lock of 2']);
    expect(await s.scan()).toEqual([]);
    await writeFile(s.path('a.jsonl.lock'), '{...}');
    expect(await s.scan()).toEqual(['noticed a.jsonl.lock of 5']);
    await rm(s.path('a.jsonl.lock'));
    expect(await s.scan()).toEqual(['noticed a.jsonl.lock gone']);
  });

  it('finds what a link led to when that comes back, as a mount does', async () => {
    await using outside = await tempDir();
    await using s = await scene();
    const target = (name: string): string => join(outside.path, name);
    const mount = async (): Promise<void> => {
      await mkdir(target('sub'));
      for (const name of ['one', 'sub/b.jsonl']) await writeFile(target(name), '{}\n');
    };
    const age = (): Promise<void> => utimes(s.path('.'), 1, 1);
    await symlink(target('one'), s.path('a.jsonl'));
    await symlink(target('sub'), s.path('sub'));
    await age();
    expect(await s.scan()).toEqual([]);
    await mount();
    const found = ['file a.jsonl from 0', 'a.jsonl 0-3 {}', 'file b.jsonl from 0', 'b.jsonl 0-3 {}'];
    const of = (events: string[]): string[] => events.filter((event) => !event.startsWith('caught-up')).sort();
    expect(of(await s.scan())).toEqual([...found].sort());
    for (const name of ['one', 'sub']) await rm(target(name), { recursive: true });
    expect(of(await s.scan())).toEqual(['gone a.jsonl', 'gone b.jsonl']);
    expect(await s.scan()).toEqual([]);
    await mount();
    expect(of(await s.scan())).toEqual([...found].sort());
  });

  it('follows a file that takes the name of something else', async () => {
    await using s = await scene();
    await using pipe = createServer();
    await new Promise<void>((resolve) => pipe.listen(s.path('a.jsonl'), resolve));
    expect(await s.scan()).toEqual([]);
    await writeFile(s.path('file'), '{}\n');
    await rename(s.path('file'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual(['file a.jsonl from 0', 'a.jsonl 0-3 {}', 'caught-up a.jsonl at 3 of 3']);
  });

  it('follows symbolic links, but not in circles, and not at all if told so', async () => {
    await using outside = await tempDir();
    await writeFile(join(outside.path, 'target'), '1\n');
    await mkdir(join(outside.path, 'sub'));
    await writeFile(join(outside.path, 'sub/b.jsonl'), '1\n');
    await using s = await scene();
    await symlink(join(outside.path, 'target'), s.path('a.jsonl'));
    await symlink(join(outside.path, 'sub'), s.path('sub'));
    await symlink('.', s.path('circle'));
    await symlink('nowhere', s.path('dangling.jsonl'));
    expect((await s.scan()).filter((event) => event.startsWith('file'))).toEqual([
      'file a.jsonl from 0',
      'file b.jsonl from 0',
    ]);
    await using follower = followDirectory(s.path('.'), { watch: false, followSymlinks: false });
    expect(await new Reader(follower).scan()).toEqual([]);
  });

  it('follows each directory once, however many links lead to it, and no circle of links', async () => {
    await using outside = await tempDir();
    await using s = await scene();
    const away = (name: string): string => join(outside.path, name);
    for (const path of ['runs/run-17', 'x', 'y'].map((name) => s.path(name))) await mkdir(path, { recursive: true });
    for (const path of ['one', 'two'].map(away)) await mkdir(path);
    const files = { a: s.path('runs/run-17'), b: s.path('x'), c: s.path('y'), d: away('one'), e: away('two') };
    for (const [name, path] of Object.entries(files)) await writeFile(join(path, `${name}.jsonl`), '{}\n');
    await symlink('run-17', s.path('runs/latest'));
    await symlink('../y', s.path('x/to-y'));
    await symlink('../x', s.path('y/to-x'));
    await symlink(s.path('x'), away('one/back'));
    await symlink('../two', away('one/to-two'));
    await symlink('../one', away('two/to-one'));
    for (const name of ['first', 'second']) await symlink(away('one'), s.path(name));
    const followed = (events: string[]): string[] => events.filter((event) => event.startsWith('file ')).sort();
    expect(followed(await s.scan())).toEqual(Object.keys(files).map((name) => `file ${name}.jsonl from 0`));
    expect(s.follower.status().directories).toBe(7);
    expect(await s.scan()).toEqual([]);
  });

  it('follows a directory through another link when the one it was entered by is gone or leads elsewhere', async () => {
    await using outside = await tempDir();
    await using s = await scene();
    const away = (name: string): string => join(outside.path, name);
    for (const name of ['one', 'two']) {
      await mkdir(away(name));
      await writeFile(away(`${name}/${name}.jsonl`), '{}\n');
    }
    await symlink(away('one'), s.path('first'));
    const found = ['file one.jsonl from 0', 'one.jsonl 0-3 {}', 'caught-up one.jsonl at 3 of 3'];
    expect(await s.scan()).toEqual(found);
    await mkdir(s.path('sub'));
    await symlink(away('one'), s.path('sub/second'));
    expect(await s.scan()).toEqual([]);
    await rm(s.path('first'));
    expect([...(await s.scan()), ...(await s.scan())]).toEqual(['gone one.jsonl', ...found]);
    await symlink(away('two'), s.path('link'));
    await rename(s.path('link'), s.path('sub/second'));
    const next = found.map((event) => event.replaceAll('one', 'two'));
    expect([...(await s.scan()), ...(await s.scan())]).toEqual(['gone one.jsonl', ...next]);
  });

  it('follows a link to a directory of the root that is not entered by its own name', async () => {
    await using s = await scene({ includeDirectory: (name) => !name.startsWith('.') });
    await mkdir(s.path('.runs/17'), { recursive: true });
    await writeFile(s.path('.runs/17/a.jsonl'), '{}\n');
    await symlink('.runs/17', s.path('latest'));
    expect(await s.scan()).toContain('file a.jsonl from 0');
  });

  it('follows a single file through rotation', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'log');
    await using follower = followFile(path, { watch: false });
    const reader = new Reader(follower);
    expect(await reader.scan()).toEqual([]);
    await writeFile(path, '1\n');
    await writeFile(join(dir.path, 'other.jsonl'), '1\n');
    expect(await reader.scan()).toEqual(['file log from 0', 'log 0-2 1', 'caught-up log at 2 of 2']);
    await rename(path, `${path}.1`);
    await writeFile(path, '2\n');
    expect(await reader.scan()).toEqual([
      'gone log to log.1',
      'file log from 0',
      'log 0-2 2',
      'caught-up log at 2 of 2',
    ]);
  });

  it('holds no more files open than allowed, and loses nothing by it', async () => {
    await using s = await scene(
      { maxOpenFiles: 2 },
      Object.fromEntries('abcdef'.split('').map((name) => [`${name}.jsonl`, '1\n'])),
    );
    await s.scan();
    expect(s.follower.status().files).toMatchObject({ followed: 6, open: 2 });
    await appendFile(s.path('a.jsonl'), '2\n');
    expect(await s.scan()).toEqual(['a.jsonl 2-4 2', 'caught-up a.jsonl at 4 of 4']);
  });
});

describe('start', () => {
  const content = '{"h":1}\n{"b":2}\n{"c":3}\n';

  it.for([
    { start: 'beginning', lines: 3 },
    { start: 'end', lines: 0 },
    { start: { lastBytes: 8 }, lines: 1 },
    { start: { lastBytes: 9 }, lines: 1 },
    { start: { lastBytes: 15 }, lines: 1 },
    { start: { lastBytes: 16 }, lines: 2 },
    { start: { lastBytes: 1000 }, lines: 3 },
    { start: { offset: 0 }, lines: 3 },
    { start: { offset: 1 }, lines: 2 },
    { start: { offset: 8 }, lines: 2 },
    { start: { offset: 24 }, lines: 0 },
    { start: { offset: 99 }, lines: 0 },
  ] as const)('at $start delivers $lines lines', async ({ start, lines }) => {
    await using s = await scene({ start }, { 'a.jsonl': content });
    expect((await s.scan()).filter((event) => event.startsWith('a.jsonl'))).toHaveLength(lines);
    await appendFile(s.path('a.jsonl'), '{"d":4}\n');
    expect(await s.scan()).toContain('a.jsonl 24-32 {"d":4}');
    await writeFile(s.path('new.jsonl'), content);
    expect((await s.scan()).filter((event) => event.startsWith('new.jsonl'))).toHaveLength(3);
  });

  it('only lists files that are skipped, and asks again when they change', async () => {
    const asked: StartInfo[] = [];
    const start = (_path: string, info: StartInfo) => {
      asked.push(info);
      return info.skippedAt === undefined ? 'skip' : { offset: info.skippedAt.sizeBytes };
    };
    await using s = await scene({ start }, { 'a.jsonl': content, 'b.jsonl': content });
    expect(await s.scan()).toEqual([]);
    expect(s.follower.status().files).toEqual({ followed: 0, listed: 2, open: 0 });
    await appendFile(s.path('a.jsonl'), '{"d":4}\n');
    expect(await s.scan(s.path('a.jsonl'))).toEqual([
      'file a.jsonl from 23',
      'a.jsonl 24-32 {"d":4}',
      'caught-up a.jsonl at 32 of 32',
    ]);
    expect(asked).toHaveLength(3);
    expect(asked[2]).toMatchObject({ sizeBytes: 32, isNew: false, skippedAt: { sizeBytes: 24 } });
  });

  it('goes on after a checkpoint, and takes only what was taken into it', async () => {
    await using s = await scene({ readBytes: 8 }, { 'a.jsonl': content });
    await s.scan();
    const checkpoint = s.follower.checkpoint(s.path('a.jsonl'));
    expect(checkpoint).toMatchObject({ version: 1, fromOffset: 0, offset: 24 });
    if (checkpoint === undefined) throw new Error('no checkpoint');
    await appendFile(s.path('a.jsonl'), '{"d":4}\n');
    await using again = followFile(s.path('a.jsonl'), { watch: false, start: checkpoint });
    const events = again[Symbol.asyncIterator]();
    void again.scan();
    expect((await events.next()).value).toMatchObject({ type: 'file', startOffset: 24 });
    expect((await events.next()).value).toMatchObject({ type: 'line', startOffset: 24 });
    expect(again.checkpoint(s.path('a.jsonl'))?.offset).toBe(24);
    await events.next();
    expect(again.checkpoint(s.path('a.jsonl'))?.offset).toBe(32);
  });

  it.for([
    {
      title: 'renamed',
      change: (path: string) => renameSync(path, path.replace('a.jsonl', 'b.jsonl')),
      events: [
        'gone a.jsonl to b.jsonl',
        'file b.jsonl from 24',
        'b.jsonl 24-32 {"d":4}',
        'caught-up b.jsonl at 32 of 32',
      ],
    },
    {
      title: 'archived',
      change: (path: string) => renameSync(path, `${path}.reset`),
      events: ['gone a.jsonl to a.jsonl.reset'],
    },
    { title: 'removed', change: (path: string) => rmSync(path), events: ['gone a.jsonl'] },
  ])('says what became of a file with a checkpoint that was $title before it was read', async ({ change, events }) => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    const checkpoint = s.follower.checkpoint(s.path('a.jsonl')) ?? 'skip';
    await appendFile(s.path('a.jsonl'), '{"d":4}\n');
    // Between the listing, which asks where to start, and the first read.
    const start = (path: string, { isNew }: StartInfo) => {
      if (isNew) return 'beginning';
      change(path);
      return checkpoint;
    };
    await using again = followDirectory(dirname(s.path('a.jsonl')), { watch: false, start });
    expect(await new Reader(again).scan()).toEqual(events);
  });

  it.for([
    { title: 'shorter', text: '{"h":1}\n' },
    { title: 'of the same size', text: content.replace('3', '9') },
    { title: 'longer', text: `${content.replace('2', '9')}{"d":4}\n` },
  ])('delivers a file again that was rewritten $title between two runs', async ({ text }) => {
    await using s = await scene({}, { 'a.jsonl': content });
    await s.scan();
    const checkpoint = s.follower.checkpoint(s.path('a.jsonl')) ?? 'skip';
    await writeFile(s.path('a.jsonl'), text);
    const clock = createFakeClock();
    await using again = followFile(s.path('a.jsonl'), { watch: false, start: checkpoint, clock });
    const reader = new Reader(again);
    await again.scan();
    await clock.advance(SHRINK_HOLD_MS);
    const events = await reader.scan();
    expect(events.slice(0, 3)).toEqual(['rewritten a.jsonl from 0', 'file a.jsonl from 0', 'a.jsonl 0-8 {"h":1}']);
  });
});

describe('life', () => {
  it('scans by its timers while there are no events', async () => {
    await using s = await scene({ watch: 'polling', start: 'end' }, { 'a.jsonl': '1\n' });
    await s.reader.until((event) => event.type === 'caught-up');
    await s.scan();
    await appendFile(s.path('a.jsonl'), '2\n');
    await writeFile(s.path('b.jsonl'), '3\n');
    await s.clock.advance(1000);
    await s.reader.until((event) => event.type === 'line' && event.text() === '2');
    await s.clock.advance(4000);
    await s.reader.until((event) => event.type === 'line' && event.text() === '3');
    expect(s.follower.status().polling).toBe(true);
  });

  it('scans again by itself after the hold', async () => {
    await using s = await scene({ watch: 'polling' }, { 'a.jsonl': '1\n' });
    await s.scan();
    await truncate(s.path('a.jsonl'), 0);
    await s.scan();
    await s.clock.advance(SHRINK_HOLD_MS);
    await s.reader.until((event) => event.type === 'rewritten');
  });

  it('ends its iteration when its signal is aborted', async () => {
    const controller = new AbortController();
    await using s = await scene({ signal: controller.signal }, { 'a.jsonl': '1\n' });
    await s.scan();
    controller.abort();
    await s.reader.done;
    await s.scan();
    await s.follower.close();
    await using late = await scene({ signal: AbortSignal.abort() });
    await late.reader.done;
  });

  it('closes when the loop is left', async () => {
    await using s = await scene({}, { 'a.jsonl': '1\n2\n' });
    await using follower = followDirectory(s.path('.'), { watch: false });
    const passed = follower.scan();
    for await (const event of follower) if (event.type === 'line') break;
    await passed;
    expect(follower.status().files.open).toBe(0);
  });

  it('names an option that is out of range', () => {
    expect(() => followFile('/tmp/x', { maxLineBytes: 0 })).toThrow('maxLineBytes must be a positive integer, not 0');
    expect(() => followFile('/tmp/x', { pollIntervals: { directoriesMs: 1.5 } })).toThrow('directoriesMs');
  });
});

/** Watches that say they work; `hint` is an event of the directory that was watched first. */
class Watches {
  readonly #handlers: WatchHandlers[] = [];

  readonly watchDirectory = (_target: unknown, handlers: WatchHandlers): { close(): Promise<void> } => {
    this.#handlers.push(handlers);
    handlers.onReady();
    return { close: () => Promise.resolve() };
  };

  hint(path: string): void {
    this.#handlers[0]?.onHint(path, false);
  }
}

describe('events that do not come', () => {
  async function deaf(): Promise<{
    watches: Watches;
    clock: FakeClock;
    follower: Follower;
    reader: Reader;
    dir: TempDir;
  }> {
    const dir = await tempDir();
    await writeFile(join(dir.path, 'a.jsonl'), '1\n');
    const clock = createFakeClock();
    const watches = new Watches();
    const follower = new TreeFollower(
      { root: dir.path, watchDirectory: watches.watchDirectory },
      resolveOptions({ clock, notice: (name) => name.endsWith('.lock') }),
    );
    const reader = new Reader(follower);
    await reader.scan();
    await expect.poll(() => follower.status().polling).toBe(false);
    await reader.scan();
    return { watches, clock, follower, reader, dir };
  }

  it.each([
    ['a line', 'a.jsonl'],
    ['a new file', 'b.jsonl'],
    ['a lock', 'a.jsonl.lock'],
  ])('are said to be missing when %s is found without one, until one comes', async (_what, name) => {
    const { watches, clock, follower, reader, dir } = await deaf();
    await using _dir = dir;
    await using _follower = follower;
    await appendFile(join(dir.path, name), '2\n');
    await clock.advance(5_000);
    await reader.until((event) => event.path.endsWith(name) && event.type !== 'file' && event.type !== 'problem');
    await clock.advance(1_000);
    const problem = await reader.until((event) => event.type === 'problem');
    expect(problem).toMatchObject({
      problem: 'no-events',
      message: expect.stringContaining('without file system events'),
    });
    expect(follower.status()).toMatchObject({ polling: true, problems: [{ problem: 'no-events' }] });
    watches.hint(join(dir.path, name));
    expect(follower.status()).toMatchObject({ polling: false, problems: [] });
  });

  it('are not missing when one comes a moment after a timed scan, or came a moment before', async () => {
    const { watches, clock, follower, reader, dir } = await deaf();
    await using _dir = dir;
    await using _follower = follower;
    const path = join(dir.path, 'a.jsonl');
    await appendFile(path, '2\n');
    await clock.advance(1_000);
    await reader.until((event) => event.type === 'line' && event.text() === '2');
    watches.hint(path);
    await clock.advance(500);
    await appendFile(path, '3\n');
    await clock.advance(1_000);
    await reader.until((event) => event.type === 'line' && event.text() === '3');
    await clock.advance(5_000);
    await reader.scan();
    expect(follower.status()).toMatchObject({ polling: false, problems: [] });
  });

  it('are not expected from what a link leads to', async () => {
    const { clock, follower, reader, dir } = await deaf();
    await using _dir = dir;
    await using _follower = follower;
    await using elsewhere = await tempDir();
    const target = join(elsewhere.path, 'x');
    await writeFile(target, '1\n');
    await symlink(target, join(dir.path, 'c.jsonl'));
    await reader.scan();
    await appendFile(target, '2\n');
    await clock.advance(1_000);
    await reader.until((event) => event.type === 'line' && event.path.endsWith('c.jsonl') && event.text() === '2');
    await clock.advance(5_000);
    await reader.scan();
    expect(follower.status().problems).toEqual([]);
  });
});

describe('problems', () => {
  it('reports a file that cannot be read, and when it can be', async () => {
    await using s = await scene();
    await symlink('a.jsonl', s.path('a.jsonl'));
    expect(await s.scan()).toEqual(['unreadable a.jsonl']);
    expect(await s.scan()).toEqual([]);
    expect(s.follower.status().problems[0]?.message).toContain(
      '(ELOOP). Remove the symbolic link that points to itself.',
    );
    await writeFile(s.path('tmp'), '1\n');
    await rename(s.path('tmp'), s.path('a.jsonl'));
    expect(await s.scan()).toEqual([
      'over: unreadable a.jsonl',
      'file a.jsonl from 0',
      'a.jsonl 0-2 1',
      'caught-up a.jsonl at 2 of 2',
    ]);
  });

  it('polls when watching fails, says so, and tries again', async () => {
    await using dir = await tempDir();
    const clock = createFakeClock();
    const started: WatchHandlers[] = [];
    const watchDirectory = (_target: unknown, handlers: WatchHandlers) => {
      started.push(handlers);
      return { close: () => Promise.resolve() };
    };
    await using follower = new TreeFollower({ root: dir.path, watchDirectory }, resolveOptions({ clock }));
    const reader = new Reader(follower);
    await reader.scan();
    await expect.poll(() => started.length).toBe(1);
    started[0]?.onError(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    const problem = await reader.until((event) => event.type === 'problem');
    expect(problem).toMatchObject({
      problem: 'inotify-limit',
      message: expect.stringContaining('fs.inotify.max_user_watches'),
    });
    expect(follower.status()).toMatchObject({ polling: true, problems: [{ problem: 'inotify-limit' }] });
    await writeFile(join(dir.path, 'a.jsonl'), '1\n');
    await clock.advance(10_000);
    await reader.until((event) => event.type === 'line');
    await clock.advance(60_000);
    await expect.poll(() => started.length).toBe(2);
    started[1]?.onReady();
    await reader.until((event) => event.type === 'problem' && event.resolved === true);
    await reader.scan();
    expect(follower.status()).toMatchObject({ polling: false, problems: [] });
  });
});
