import { execFile } from 'node:child_process';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { appendFile, chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { TailEvent } from './event.ts';
import { type Follower, followDirectory, followFile } from './follower.ts';
import { Reader } from './testing/reader.ts';
import { tempDir } from './testing/temp-dir.ts';

/** Without timed scans: only the watcher finds anything. */
const EVENTS_ONLY = { pollIntervals: { activeFilesMs: 3_600_000, directoriesMs: 3_600_000, allFilesMs: 3_600_000 } };

async function watching(follower: Follower): Promise<Reader> {
  const reader = new Reader(follower);
  await expect.poll(() => follower.status().polling, { timeout: 20_000 }).toBe(false);
  await reader.scan();
  return reader;
}

function line(text: string): (event: TailEvent) => boolean {
  return (event) => event.type === 'line' && event.text() === text;
}

describe('a follower woken by events of the file system', () => {
  it('sees appends, new files, new directories, rewrites, renames and notices', async () => {
    await using dir = await tempDir();
    const root = join(dir.path, 'root');
    await mkdir(root);
    await writeFile(join(root, 'a.jsonl'), '1\n');
    await using follower = followDirectory(root, { ...EVENTS_ONLY, notice: (name) => name.endsWith('.lock') });
    const reader = await watching(follower);
    await appendFile(join(root, 'a.jsonl'), '2\n');
    await reader.until(line('2'));
    await writeFile(join(root, 'b.jsonl'), '3\n');
    await reader.until(line('3'));
    await mkdir(join(root, 'x/y'), { recursive: true });
    await writeFile(join(root, 'x/y/c.jsonl'), '4\n');
    await reader.until(line('4'));
    await appendFile(join(root, 'x/y/c.jsonl'), '5\n');
    await reader.until(line('5'));
    await writeFile(join(root, 'a.jsonl'), '6\n');
    await reader.until((event) => event.type === 'rewritten');
    await reader.until(line('6'));
    await writeFile(join(root, 'a.jsonl.lock'), '{}');
    await reader.until((event) => event.type === 'noticed' && event.present);
    await rm(join(root, 'a.jsonl.lock'));
    await reader.until((event) => event.type === 'noticed' && !event.present);
    await rename(join(root, 'a.jsonl'), join(root, 'a.jsonl.reset'));
    expect(await reader.until((event) => event.type === 'file-gone')).toMatchObject({
      renamedTo: join(root, 'a.jsonl.reset'),
    });
  });

  it('waits for a root that does not exist yet, and for one that comes back', async () => {
    await using dir = await tempDir();
    const root = join(dir.path, 'later/root');
    await using follower = followDirectory(root, EVENTS_ONLY);
    const reader = await watching(follower);
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'a.jsonl'), '1\n');
    await reader.until(line('1'));
    await rm(root, { recursive: true });
    await reader.until((event) => event.type === 'file-gone');
    await mkdir(root);
    await writeFile(join(root, 'a.jsonl'), '2\n');
    await reader.until(line('2'));
  });

  it('waits for a root whose directories come, go and are replaced', async () => {
    await using dir = await tempDir();
    const root = join(dir.path, 'a/b/root');
    // A directory does not notice when one above it is moved: scans of directories find that.
    const pollIntervals = { ...EVENTS_ONLY.pollIntervals, directoriesMs: 100 };
    await using follower = followDirectory(root, { pollIntervals });
    const reader = await watching(follower);
    await mkdir(join(dir.path, 'a'));
    await rm(join(dir.path, 'a'), { recursive: true });
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'a.jsonl'), '1\n');
    await reader.until(line('1'));
    await rename(join(dir.path, 'a'), join(dir.path, 'old'));
    await mkdir(join(dir.path, 'a/b'), { recursive: true });
    await mkdir(join(dir.path, 'new'));
    await writeFile(join(dir.path, 'new/a.jsonl'), '2\n');
    await rename(join(dir.path, 'new'), root);
    await reader.until(line('2'));
    await appendFile(join(root, 'a.jsonl'), '3\n');
    await reader.until(line('3'));
  });

  it.each([
    ['moved away', (root: string) => renameSync(root, `${root}.used`)],
    ['removed', (root: string) => rmSync(root, { recursive: true })],
  ])('goes on where a whole tree was %s and restored before anybody looked', async (_what, takeAway) => {
    await using dir = await tempDir();
    const [root, backup] = [join(dir.path, 'root'), join(dir.path, 'backup')];
    const path = join(root, 'x/y/skipped.jsonl');
    await mkdir(join(root, 'x/y'), { recursive: true });
    await writeFile(path, '1\n');
    cpSync(root, backup, { recursive: true, preserveTimestamps: true });
    await using follower = followDirectory(root, {
      pollIntervals: { ...EVENTS_ONLY.pollIntervals, directoriesMs: 100 },
      start: (_path, { skippedAt }) => (skippedAt === undefined ? 'skip' : { offset: skippedAt.sizeBytes }),
    });
    const reader = await watching(follower);
    takeAway(root);
    cpSync(backup, root, { recursive: true, preserveTimestamps: true });
    await appendFile(path, '2\n');
    await reader.until(line('2'));
    // Scans of directories do not find this one.
    await appendFile(path, '3\n');
    await reader.until(line('3'));
  });

  it('follows a single file through replacement and re-creation', async () => {
    await using dir = await tempDir();
    const path = join(dir.path, 'log');
    await writeFile(path, '1\n');
    await using follower = followFile(path, EVENTS_ONLY);
    const reader = await watching(follower);
    await appendFile(path, '2\n');
    await reader.until(line('2'));
    await writeFile(join(dir.path, 'tmp'), '3\n');
    await rename(join(dir.path, 'tmp'), path);
    await reader.until(line('3'));
    await appendFile(path, '4\n');
    await reader.until(line('4'));
    await rm(path);
    await reader.until((event) => event.type === 'file-gone');
    await writeFile(path, '5\n');
    await reader.until(line('5'));
    await appendFile(path, '6\n');
    await reader.until(line('6'));
  });
});

const isRoot = process.geteuid?.() === 0;

describe('a file without permission', () => {
  it('is reported, and read as soon as it can be', async () => {
    await using dir = await tempDir();
    await chmod(dir.path, 0o755);
    const path = join(dir.path, 'a.jsonl');
    await writeFile(path, '1\n', { mode: 0 });
    await chmod(path, 0);
    // Permissions do not bind root: take another user's rights for a while.
    if (isRoot) process.seteuid?.(65_534);
    try {
      await using follower = followDirectory(dir.path, { watch: false });
      const reader = new Reader(follower);
      expect(await reader.scan()).toEqual(['unreadable a.jsonl']);
      if (isRoot) process.seteuid?.(0);
      await chmod(path, 0o644);
      if (isRoot) process.seteuid?.(65_534);
      expect(await reader.scan()).toEqual([
        'file a.jsonl from 0',
        'a.jsonl 0-2 1',
        'caught-up a.jsonl at 2 of 2',
        'over: unreadable a.jsonl',
      ]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

/** Runs in a user namespace in which inotify is used up. */
const LIMITED = `
  import { appendFileSync } from 'node:fs';
  import { followDirectory } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  const follower = followDirectory(process.argv[1], { pollIntervals: { activeFilesMs: 50 } });
  for await (const event of follower) {
    if (event.type === 'problem') {
      console.log(event.problem, follower.status().polling);
      appendFileSync(process.argv[1] + '/x/a.jsonl', '2\\n');
    }
    if (event.type === 'line' && event.text() === '2') break;
  }
  console.log('followed on');
`;
const unshare = (limit: string): string[] => [
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  `echo ${limit} && exec "$@"`,
  'sh',
];
const ONE_WATCH = '1 > /proc/sys/user/max_inotify_watches';
const NO_INSTANCE = '0 > /proc/sys/user/max_inotify_instances';
const canLimit = await promisify(execFile)('unshare', [...unshare(ONE_WATCH), 'true']).then(
  () => true,
  () => false,
);

describe('the inotify limit', () => {
  it.for([
    ['watches', ONE_WATCH],
    ['instances', NO_INSTANCE],
  ] as const)('of %s is reported, and files are followed by polling', async ([, limit], { skip }) => {
    skip(!canLimit, 'unshare may not set the inotify limit of a user namespace');
    await using dir = await tempDir();
    await chmod(dir.path, 0o777);
    await mkdir(join(dir.path, 'x'));
    await writeFile(join(dir.path, 'x/a.jsonl'), '1\n');
    const node = [process.execPath, '--input-type=module', '-C', '@live-status/source', '-e', LIMITED, dir.path];
    const { stdout } = await promisify(execFile)('unshare', [...unshare(limit), ...node], { timeout: 30_000 });
    expect(stdout).toBe('inotify-limit true\nfollowed on\n');
  });
});
