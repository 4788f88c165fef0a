import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type Ledger, type LedgerEntry, LedgerVersionError, openLedger, StoredLedger } from './ledger.ts';

const HOUR_MS = 3_600_000;

const dirs: string[] = [];
async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ledger-'));
  dirs.push(dir);
  return dir;
}
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});

const entry = (boxId: string): LedgerEntry => ({
  boxId,
  target: { channelId: 'town', rootId: 'root' },
  marker: 'marker',
  pendingPostId: 'key',
  createdAt: 1,
  data: { sessionKey: 'agent:main:main', offsets: [1, 2] },
});

describe('openLedger', () => {
  it('gives back after flush what was put, changed and not removed', async () => {
    const dir = join(await tempDir(), 'state', 'deep');
    const first = await openLedger(dir);
    for (const box of ['a', 'b', 'c']) first.put(entry(box));
    first.update('a', { postId: 'p1', attemptedAt: 5 });
    first.update('b', { stopped: 'deleted', serverProps: { from_bot: 'true' } });
    first.update('not there', { postId: 'p1' });
    first.remove('c');
    await first.flush();
    const second = await openLedger(dir);
    expect(second.entries()).toEqual([
      { ...entry('a'), postId: 'p1', attemptedAt: 5 },
      { ...entry('b'), stopped: 'deleted', serverProps: { from_bot: 'true' } },
    ]);
    expect(second.instanceId).toBe(first.instanceId);
    expect(second.lost).toBe(false);
    await Promise.all([first.close(), second.close()]);
  });

  it('gives back a thousand boxes in their order', async () => {
    const dir = await tempDir();
    const first = await openLedger(dir);
    const entries = Array.from({ length: 1_000 }, (_, i) => ({ ...entry(`box-${i}`), data: '🙂'.repeat(i) }));
    for (const one of entries) first.put(one);
    await first.close();
    const second = await openLedger(dir);
    expect(second.entries()).toEqual(entries);
    await second.close();
  });

  it('is readable by its owner alone', async () => {
    const dir = join(await tempDir(), 'state');
    const ledger = await openLedger(dir);
    ledger.put(entry('a'));
    await ledger.close();
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });

  it.for([
    ['cut off', '{"version":1,"entries":[{"boxId":"a"'],
    ['empty', ''],
    ['a version before the first', '{"version":0,"entries":[]}'],
    ['half a version', '{"version":1.5,"entries":[]}'],
    ['a version in words', '{"version":"2","entries":[]}'],
    ['no version', '{"entries":[]}'],
    ['no entries', '{"version":1}'],
    ['an entry without marker', JSON.stringify({ version: 1, entries: [{ ...entry('a'), marker: undefined }] })],
    ['an entry without target', JSON.stringify({ version: 1, entries: [{ ...entry('a'), target: {} }] })],
    ['an unknown reason', JSON.stringify({ version: 1, entries: [{ ...entry('a'), stopped: 'bored' }] })],
    ['null', 'null'],
  ] as const)('sets a file aside that is no ledger (%s), says so, and goes on', async ([, content]) => {
    const dir = await tempDir();
    await writeFile(join(dir, 'ledger.json'), content);
    const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
    const ledger = await openLedger(dir, { clock });
    expect(ledger.entries()).toEqual([]);
    expect(ledger.lost).toBe(true);
    const aside = 'ledger.json.corrupt-2026-01-02T030405.000Z';
    expect(ledger.problems().read).toContain(aside);
    expect(await readFile(join(dir, aside), 'utf8')).toBe(content);
    ledger.put(entry('a'));
    await ledger.close();
    expect((await openLedger(dir)).entries()).toEqual([entry('a')]);
  });

  it('knows that boxes may have been forgotten for a day, however the processes of that day end', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'ledger.json'), 'torn');
    const clock = createFakeClock();
    const open = (): Promise<Ledger> => openLedger(dir, { clock });
    // One that is killed before it has written anything, one after it has, and one that ends in order.
    expect((await open()).lost).toBe(true);
    const second = await open();
    expect(second.lost).toBe(true);
    second.put(entry('a'));
    await second.flush();
    const third = await open();
    expect([third.lost, third.problems().read]).toEqual([true, undefined]);
    await third.close();
    clock.skip(23 * HOUR_MS);
    const fourth = await open();
    expect(fourth.lost).toBe(true);
    // Later its post could not be found any more.
    clock.skip(HOUR_MS);
    expect(fourth.lost).toBe(false);
    expect((await open()).lost).toBe(false);
    clock.skip(-2 * HOUR_MS);
    expect((await open()).lost).toBe(false);
  });

  it('counts that day from now when the clock was set back', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'ledger.json'), 'torn');
    expect((await openLedger(dir, { clock: createFakeClock(Date.UTC(2036, 0, 1)) })).lost).toBe(true);
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    expect((await openLedger(dir, { clock })).lost).toBe(true);
    clock.skip(25 * HOUR_MS);
    expect((await openLedger(dir, { clock })).lost).toBe(false);
  });

  it.for([
    ['with entries', JSON.stringify({ version: 2, entries: [entry('a')] })],
    ['without entries', '{"version":2,"entries":[]}'],
    ['with something else in place of entries', '{"version":2,"boxes":{}}'],
    ['much newer', '{"version":41}'],
  ] as const)(
    'refuses a ledger of a newer version (%s), names the fix, and leaves it as it is',
    async ([, content]) => {
      const dir = await tempDir();
      const path = join(dir, 'ledger.json');
      await writeFile(path, content);
      const version = content.includes('41') ? 41 : 2;
      const refused = await openLedger(dir).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LedgerVersionError);
      expect(refused).toMatchObject({ code: 'ERR_LEDGER_VERSION', path, version });
      expect(String(refused)).toContain(`${path} has format ${version}`);
      expect(String(refused)).toMatch(/reads up to format 1.*[Ii]nstall the newer version/);
      expect(await readFile(path, 'utf8')).toBe(content);
      expect((await readdir(dir)).filter((name) => name.startsWith('ledger'))).toEqual(['ledger.json']);
    },
  );

  it('works on in a directory that cannot be written, says so with the cure, and recovers', async () => {
    const dir = join(await tempDir(), 'file');
    await writeFile(dir, '');
    const clock = createFakeClock();
    const errors: string[] = [];
    const nothing = (): void => undefined;
    const log = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (_: object, message: string) => void errors.push(message),
    };
    const ledger = await openLedger(dir, { clock, log });
    ledger.put(entry('a'));
    await ledger.flush();
    expect(ledger.get('a')).toEqual(entry('a'));
    expect(ledger.problems().write).toMatch(/cannot be written \(E[A-Z]+\).*permissions/);
    ledger.update('a', { postId: 'p' });
    await ledger.flush();
    expect(errors.filter((message) => message === 'could not write the ledger')).toHaveLength(1);
    await rm(dir);
    await ledger.flush();
    expect(ledger.problems().write).toBeUndefined();
    await ledger.close();
    expect((await openLedger(dir)).get('a')?.postId).toBe('p');
    expect(clock.timerCount).toBe(0);
  });
});

describe('createLedger', () => {
  it('shares one write among all who wait, and never writes two at once', async () => {
    const clock = createFakeClock();
    const saves: { entries: number; done: () => void }[] = [];
    const save = (entries: readonly LedgerEntry[]): Promise<void> =>
      new Promise((resolve) => saves.push({ entries: entries.length, done: resolve }));
    const ledger = new StoredLedger({ instanceId: 'i', entries: [], clock, save });
    const finished: string[] = [];
    ledger.put(entry('a'));
    void ledger.flush().then(() => finished.push('a'));
    await clock.advance(0);
    for (const box of ['b', 'c']) {
      ledger.put(entry(box));
      void ledger.flush().then(() => finished.push(box));
    }
    await clock.advance(5000);
    expect(saves.map(({ entries }) => entries)).toEqual([1]);
    saves[0]?.done();
    await clock.advance(0);
    expect(finished).toEqual(['a']);
    expect(saves.map(({ entries }) => entries)).toEqual([1, 3]);
    saves[1]?.done();
    await clock.advance(0);
    expect(finished).toEqual(['a', 'b', 'c']);
    await clock.advance(60_000);
    expect(saves).toHaveLength(2);
    expect(clock.timerCount).toBe(0);
  });

  it('writes changes nobody waits for about a second later, together', async () => {
    const clock = createFakeClock();
    let saves = 0;
    const save = async (): Promise<void> => {
      saves += 1;
    };
    const ledger = new StoredLedger({ instanceId: 'i', entries: [entry('a')], clock, save });
    for (let change = 0; change < 100; change += 1) ledger.update('a', { data: change });
    await clock.advance(999);
    expect(saves).toBe(0);
    await clock.advance(1);
    expect(saves).toBe(1);
  });

  it('tries a failed write again by itself until it is closed', async () => {
    const clock = createFakeClock();
    let isFull = true;
    const save = async (): Promise<void> => {
      if (isFull) throw new Error('no room');
    };
    const ledger = new StoredLedger({ instanceId: 'i', entries: [], clock, save });
    ledger.put(entry('a'));
    await ledger.flush();
    expect(ledger.problems().write).toBe('no room');
    isFull = false;
    await clock.advance(1000);
    expect(ledger.problems().write).toBeUndefined();
    isFull = true;
    ledger.put(entry('b'));
    await ledger.close();
    expect(clock.timerCount).toBe(0);
  });
});
