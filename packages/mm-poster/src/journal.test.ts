import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { silentLog } from '@live-status/resilience';
import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, type LedgerEntry, openLedger } from './ledger.ts';
import { createPosterWith } from './poster.ts';
import { createMemoryServer } from './testing.ts';

let dir = '';
let path = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(dir, 'ledger.journal');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const entry = (boxId: string, data: unknown = { text: 'first "line"\nsecond 🙂' }): LedgerEntry => ({
  boxId,
  target: { channelId: 'town' },
  marker: `marker of ${boxId}`,
  pendingPostId: 'key',
  createdAt: 1,
  postId: `post of ${boxId}`,
  data,
});

/** A ledger whose timers never fire: what is not flushed is only in the journal. */
const open = (): Promise<Ledger> => openLedger(dir, { clock: createFakeClock() });
const size = async (): Promise<number> =>
  stat(path).then(
    ({ size: bytes }) => bytes,
    () => 0,
  );

describe('what is kept between two writes of the ledger', () => {
  it('is there after a death, newest last, with what was written before', async () => {
    const first = await open();
    for (const box of ['a', 'b']) first.put(entry(box));
    await first.flush();
    first.update('a', { data: { lines: 1 } });
    first.keep('a');
    first.update('a', { data: { lines: 2 } });
    first.keep('a');
    first.put(entry('c'));
    first.keep('c');
    first.update('b', { data: 'not kept' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = await open();
    expect(second.entries()).toEqual([entry('a', { lines: 2 }), entry('b'), entry('c')]);
    expect(second.lost).toBe(false);
    expect(await size()).toBe(0);
    // It was folded into the file: it is there after another death as well.
    expect((await open()).entries()).toEqual([entry('a', { lines: 2 }), entry('b'), entry('c')]);
  });

  it('is written once, and not at all when the ledger has it', async () => {
    const ledger = await open();
    ledger.put(entry('a'));
    await ledger.flush();
    ledger.keep('a');
    ledger.keep('not there');
    expect(await size()).toBe(0);
    ledger.update('a', { data: 1 });
    ledger.keep('a');
    const bytes = await size();
    ledger.keep('a');
    expect(await size()).toBe(bytes);
  });

  it('is older than a later write: a removed box stays away, and nothing is set back', async () => {
    const first = await open();
    for (const box of ['a', 'b']) first.put(entry(box));
    await first.flush();
    for (const box of ['a', 'b']) first.update(box, { data: 'kept' });
    for (const box of ['a', 'b']) first.keep(box);
    const journal = await readFile(path);
    first.update('a', { data: 'written' });
    first.remove('b');
    await first.flush();
    expect(await size()).toBe(0);
    // A death between the write and the end of the journal.
    await writeFile(path, journal);
    expect((await open()).entries()).toEqual([entry('a', 'written')]);
  });

  it('has an end that is pending before its caller may forget it', async () => {
    const clock = createFakeClock();
    const missing = { what: 'It is not configured', fix: 'Configure it' };
    const { api } = createMemoryServer(clock);
    const ledger = await open();
    const poster = createPosterWith({ api, findAccount: async () => missing, ledger, clock, log: silentLog });
    const result = await poster.finish('a', { channelId: 'town', account: 'ops' }, 'done');
    expect(result).toEqual({ delivered: false, reason: 'no-account' });
    expect((await open()).entries()).toMatchObject([{ boxId: 'a', pendingSince: clock.now() }]);
  });

  it('survives when the ledger is being written meanwhile', async () => {
    const first = await open();
    first.put(entry('a', 0));
    await first.flush();
    for (let change = 1; change <= 15; change += 1) {
      first.update('a', { data: change });
      const writing = first.flush();
      await null;
      first.update('a', { data: change + 0.5 });
      first.keep('a');
      expect(await valueAfterDeath()).toBe(change + 0.5);
      await writing;
      expect(await valueAfterDeath()).toBe(change + 0.5);
    }
  });

  it('has everything that readers see, at every moment', async () => {
    const server = createMemoryServer();
    const poster = createPosterWith({ api: server.api, ledger: await open(), throttleMs: 1, maxUpdatesPerS: 10_000 });
    const seen: (readonly [shown: number, kept: number])[] = [];
    server.onRequest = async ({ phase, name }) => {
      if (phase !== 'after' || !/^(create|patch)Post$/.test(name)) return;
      const shown = Number(server.edits.at(-1)?.message);
      seen.push([shown, Number(await valueAfterDeath())]);
    };
    for (let step = 1; seen.length <= 20; step += 1) {
      poster.show('a', { channelId: 'town' }, String(step), step);
      await setTimeout(step % 4);
    }
    await poster.close();
    expect(seen.filter(([shown, kept]) => !(kept >= shown))).toEqual([]);
  });

  /** What a process would find that starts now: it reads a copy, so that this one goes on undisturbed. */
  async function valueAfterDeath(): Promise<unknown> {
    const copy = await mkdtemp(join(tmpdir(), 'journal-copy-'));
    // In the order in which a write replaces them: a journal that is older than the ledger has no effect.
    for (const name of ['ledger.journal', 'ledger.json']) {
      const text = await readFile(join(dir, name)).catch(() => undefined);
      if (text !== undefined) await writeFile(join(copy, name), text);
    }
    const ledger = await openLedger(copy, { clock: createFakeClock() });
    await rm(copy, { recursive: true });
    return ledger.get('a')?.data;
  }

  it('is read wherever the journal was cut, as far as it goes', async () => {
    const first = await open();
    first.put(entry('a', 0));
    await first.flush();
    const ends: number[] = [1];
    for (const change of [1, 2]) {
      first.update('a', { data: change });
      first.keep('a');
      ends.push(await size());
    }
    const [whole, file] = [await readFile(path), await readFile(join(dir, 'ledger.json'))];
    for (let bytes = 0; bytes <= whole.length; bytes += 1) {
      await writeFile(path, whole.subarray(0, bytes));
      await writeFile(join(dir, 'ledger.json'), file);
      const second = await open();
      // Whole without its last line break.
      const wanted = ends.findLastIndex((end) => end - 1 <= bytes);
      expect([bytes, second.get('a')?.data, second.lost]).toEqual([bytes, wanted, false]);
    }
  });

  it.for([
    ['garbage', '\u0000\u0001{]'],
    ['a cut line', '\n{"since":1,"entry":{"boxId":"a","mar'],
    ['another kind of line', '\n{"since":1}\n{"since":"1","entry":{}}\n7\nnull\n[]'],
    ['an entry with a number that no write has', `\n{"since":1e999,"entry":${JSON.stringify(entry('a', 9))}}`],
    ['a great number of lines', '{"since":1}\n'.repeat(200_000)],
    [
      'an entry of another version',
      `\n${JSON.stringify({ since: 1, entry: { ...entry('a'), target: { planet: 'x' } } })}`,
    ],
  ] as const)('%s in it spoils nothing around it', async ([, garbage]) => {
    const first = await open();
    first.put(entry('a', 0));
    await first.flush();
    first.update('a', { data: 1 });
    first.keep('a');
    await writeFile(path, garbage, { flag: 'a' });
    first.update('a', { data: 2 });
    first.keep('a');
    await writeFile(path, garbage, { flag: 'a' });
    expect((await open()).entries()).toEqual([entry('a', 2)]);
  });

  it('is missed aloud, and the ledger goes on, where it cannot be read at all', async () => {
    const first = await open();
    first.put(entry('a', 0));
    await first.flush();
    await mkdir(path);
    const logged: unknown[] = [];
    const note = (...line: unknown[]): unknown => logged.push(line);
    const log = { debug: note, info: note, warn: note, error: note };
    const second = await openLedger(dir, { clock: createFakeClock(), log });
    expect(second.entries()).toEqual([entry('a', 0)]);
    expect(logged).toEqual([
      [{ path, err: expect.objectContaining({ code: 'EISDIR' }) }, 'could not read the journal of the ledger'],
    ]);
    second.update('a', { data: 1 });
    second.keep('a');
    expect(second.problems().write).toContain(path);
  });

  it('is what is left when the ledger itself is torn', async () => {
    const first = await open();
    for (const box of ['a', 'b']) first.put(entry(box));
    await first.flush();
    first.update('a', { data: 1 });
    first.keep('a');
    await writeFile(join(dir, 'ledger.json'), '{"version":1,"entr');
    const second = await open();
    expect(second.entries()).toEqual([entry('a', 1)]);
    expect(second.lost).toBe(true);
  });

  it.for([
    ['was removed', undefined],
    ['was written by a version without journals', JSON.stringify({ version: 1, entries: [entry('b')] })],
  ] as const)('does not bring back a ledger that %s', async ([, text]) => {
    const first = await open();
    first.put(entry('a'));
    await first.flush();
    first.update('a', { data: 1 });
    first.keep('a');
    await rm(join(dir, 'ledger.json'));
    if (text !== undefined) await writeFile(join(dir, 'ledger.json'), text);
    const second = await open();
    expect(second.entries()).toEqual(text === undefined ? [] : [entry('b')]);
    second.put(entry('c'));
    second.keep('c');
    expect((await open()).entries().map(({ boxId }) => boxId)).toEqual(text === undefined ? ['c'] : ['b', 'c']);
  });

  it('stays small while the ledger can be written, and bounded while it cannot', async () => {
    const ledger = await open();
    const data = (change: number): string => `${change}`.padEnd(100_000, '.');
    ledger.put(entry('a'));
    await ledger.flush();
    let largest = 0;
    for (let change = 0; change < 60; change += 1) {
      ledger.update('a', { data: data(change) });
      const writing = ledger.flush();
      await null;
      ledger.update('a', { data: data(change + 0.5) });
      ledger.keep('a');
      await writing;
      largest = Math.max(largest, await size());
    }
    expect(largest).toBeLessThan(1_500_000);
    await rm(join(dir, 'ledger.json'), { force: true });
    await mkdir(join(dir, 'ledger.json'));
    for (let change = 0; change < 300; change += 1) {
      ledger.update('a', { data: data(change) });
      ledger.keep('a');
    }
    expect(await size()).toBeLessThan(17_000_000);
    expect(ledger.problems().write).toMatch(/ledger\.journal cannot be written \(EFBIG\)/);
  });

  it('says when the journal alone cannot be written, once, until it can', async () => {
    await mkdir(path);
    const errors: object[] = [];
    const nothing = (): void => undefined;
    const log = { debug: nothing, info: nothing, warn: nothing, error: (fields: object) => void errors.push(fields) };
    const ledger = await openLedger(dir, { clock: createFakeClock(), log });
    for (const change of [1, 2, 3]) {
      ledger.put(entry('a', change));
      ledger.keep('a');
      await ledger.flush();
      expect(ledger.problems().write).toMatch(/ledger\.journal cannot be written \(EISDIR\); make room or/);
    }
    expect(errors).toHaveLength(1);
    expect((await open()).get('a')?.data).toBe(3);
    await rm(path, { recursive: true });
    await ledger.flush();
    ledger.put(entry('a', 4));
    await ledger.flush();
    expect(ledger.problems().write).toBeUndefined();
  });
});

it('a ledger that could not be written when the process was killed is known as incomplete, even once it can be', async () => {
  const file = join(dir, 'ledger.json');
  const first = await open();
  expect(first.lost).toBe(false);
  await mkdir(file);
  first.put(entry('a'));
  await first.flush();
  expect(first.problems().write).toBeDefined();
  const second = await open();
  expect(second.lost).toBe(true);
  await rm(file, { recursive: true });
  second.put(entry('b'));
  await second.flush();
  expect(second.problems().write).toBeUndefined();
  // Killed before it found again what was missing.
  const third = await open();
  expect(third.lost).toBe(true);
  await third.close();
  expect((await open()).lost).toBe(true);
});

it('a ledger that could not be written for a while is complete again once it could', async () => {
  const file = join(dir, 'ledger.json');
  const first = await open();
  await mkdir(file);
  first.put(entry('a'));
  await first.flush();
  await rm(file, { recursive: true });
  await first.flush();
  expect((await open()).lost).toBe(false);
});

it('a ledger that is cut anywhere is set aside, or whole', async () => {
  const file = join(dir, 'ledger.json');
  const first = await open();
  first.put(entry('a', 0));
  await first.close();
  const whole = await readFile(file);
  const found = new Set<string>();
  for (let bytes = 0; bytes <= whole.length; bytes += 1) {
    // Each process is the first after the cut.
    await rm(join(dir, 'ledger.incomplete'), { force: true });
    await writeFile(file, whole.subarray(0, bytes));
    const { lost, ...ledger } = await open();
    found.add(`${lost} ${bytes >= whole.length - 1}`);
    expect(ledger).toBeDefined();
  }
  expect([...found]).toEqual(['true false', 'false true']);
});

it('an id of the installation that could not be written is written once it can be', async () => {
  const state = join(dir, 'state');
  await writeFile(state, '');
  const first = await openLedger(state, { clock: createFakeClock() });
  await rm(state);
  first.put(entry('a'));
  await first.flush();
  expect(first.problems().write).toBeUndefined();
  expect((await openLedger(state)).instanceId).toBe(first.instanceId);
});
