import { isUtf8 } from 'node:buffer';
import { copyFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createFakeClock, modelSize } from '@live-status/resilience/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint.ts';
import type { TailEvent } from './event.ts';
import { type Follower, followDirectory } from './follower.ts';
import { SHRINK_HOLD_MS } from './read-plan.ts';
import { type TempDir, tempDir } from './testing/temp-dir.ts';

interface SeenLine {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** A consumer that does with each event what the documentation says, and nothing else. */
class Consumer {
  readonly files = new Map<string, SeenLine[]>();
  readonly checkpoints = new Map<string, Checkpoint>();
  eventCount = 0;

  take(event: TailEvent): void {
    this.eventCount += 1;
    const lines = this.files.get(event.path) ?? [];
    if (event.type === 'file') this.files.set(event.path, before(lines, event.startOffset));
    if (event.type === 'rewritten') this.files.set(event.path, before(lines, event.fromOffset));
    if (event.type === 'line') this.#line(lines, event.startOffset, event.endOffset, event.text());
    if (event.type === 'file-gone') this.#gone(event.path, event.renamedTo, lines);
  }

  #line(lines: SeenLine[], startOffset: number, endOffset: number, text: string): void {
    expect(startOffset, 'lines come in order, each once').toBeGreaterThanOrEqual(lines.at(-1)?.endOffset ?? 0);
    lines.push({ startOffset, endOffset, text });
  }

  #gone(path: string, renamedTo: string | undefined, lines: SeenLine[]): void {
    this.files.delete(path);
    if (renamedTo?.endsWith('.jsonl') === true) this.files.set(renamedTo, lines);
  }
}

function before(lines: readonly SeenLine[], offset: number): SeenLine[] {
  return lines.filter((line) => line.startOffset < offset);
}

/** The system under test beside the directory that is the truth. */
class World implements AsyncDisposable {
  readonly consumer = new Consumer();
  readonly clock = createFakeClock();
  readonly #dir: TempDir;
  #follower: Follower;

  constructor(dir: TempDir) {
    this.#dir = dir;
    this.#follower = this.#follow();
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  async scan(): Promise<void> {
    await this.#follower.scan();
    await this.clock.advance(7);
  }

  async settle(): Promise<void> {
    await this.scan();
    await this.clock.advance(SHRINK_HOLD_MS);
    await this.scan();
  }

  async restart(): Promise<void> {
    await this.settle();
    for (const path of this.consumer.files.keys()) {
      const checkpoint = this.#follower.checkpoint(path);
      if (checkpoint !== undefined) this.consumer.checkpoints.set(path, checkpoint);
    }
    await this.#follower.close();
    this.#follower = this.#follow();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#follower.close();
  }

  #follow(): Follower {
    const { consumer, clock } = this;
    const start = (path: string): Checkpoint | 'beginning' => consumer.checkpoints.get(path) ?? 'beginning';
    const follower = followDirectory(this.#dir.path, { clock, start, watch: false, readBytes: 48, maxOpenFiles: 2 });
    void (async () => {
      for await (const event of follower) consumer.take(event);
    })();
    return follower;
  }
}

const names = ['a.jsonl', 'b.jsonl', 'c.jsonl'] as const;
const name = fc.constantFrom(...names);
const line = fc.oneof(
  fc.constantFrom('{"h":1}', '{"h":2}', '{"x":"読書"}', '{"x":"😀"}'),
  fc.string({ minLength: 1, maxLength: 60 }).map((text) => JSON.stringify({ text })),
);
const lines = fc.array(line, { maxLength: 5 }).map((all) => all.map((text) => `${text}\n`).join(''));

type Step = (world: World) => Promise<void>;

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const ignore = (): undefined => undefined;

const steps: fc.Arbitrary<{ readonly run: Step }> = fc.oneof(
  step(
    fc.tuple(name, lines),
    'append',
    ([file, text]) =>
      (w) =>
        writeFile(w.path(file), text, { flag: 'a' }),
  ),
  step(
    fc.tuple(name, line),
    'append partial',
    ([file, text]) =>
      (w) =>
        writeFile(w.path(file), text, { flag: 'a' }),
  ),
  step(name, 'finish line', (file) => (w) => writeFile(w.path(file), '\n', { flag: 'a' })),
  step(fc.tuple(name, fc.nat(200)), 'append one byte of a character', ([file, at]) => async (w) => {
    const bytes = Buffer.from('読\n');
    await writeFile(w.path(file), bytes.subarray(0, 1 + (at % 2)), { flag: 'a' });
    await w.scan();
    await writeFile(w.path(file), bytes.subarray(1 + (at % 2)), { flag: 'a' });
  }),
  step(
    fc.tuple(name, lines),
    'rewrite with other content',
    ([file, text]) =>
      (w) =>
        writeFile(w.path(file), text),
  ),
  step(fc.tuple(name, fc.nat(500)), 'rewrite with one byte changed', ([file, place]) => async (w) => {
    const bytes = Buffer.from(await read(w.path(file)));
    if (bytes.length === 0) return;
    const at = place % bytes.length;
    if (bytes[at] !== 10) bytes[at] = 'Z'.charCodeAt(0);
    await writeFile(w.path(file), bytes);
  }),
  step(name, 'rewrite without the last line', (file) => async (w) => {
    const all = (await read(w.path(file))).split('\n');
    if (all.length > 1) await writeFile(w.path(file), `${all.slice(0, -2).join('\n')}\n`);
  }),
  step(name, 'rewrite identically', (file) => async (w) => {
    // Bytes: what is not UTF-8 would come back as something else.
    const bytes = await readFile(w.path(file)).catch(ignore);
    if (bytes === undefined || bytes.length === 0) return;
    await w.settle();
    const { eventCount } = w.consumer;
    await truncate(w.path(file), 0);
    await w.scan();
    await writeFile(w.path(file), bytes);
    await w.settle();
    expect(w.consumer.eventCount, 'an identical rewrite is silent').toBe(eventCount);
  }),
  step(fc.tuple(name, lines), 'rewrite and append', ([file, text]) => async (w) => {
    await writeFile(w.path(file), (await read(w.path(file))) + text);
  }),
  step(fc.tuple(name, fc.boolean()), 'rename away', ([file, isFollowed]) => async (w) => {
    const target = isFollowed ? `${file.slice(0, 1)}-old.jsonl` : `${file}.reset`;
    await rename(w.path(file), w.path(target)).catch(ignore);
  }),
  step(fc.tuple(name, lines), 'replace by rename', ([file, text]) => async (w) => {
    await writeFile(w.path('tmp'), (await read(w.path(file))).slice(0, 40) + text);
    await rename(w.path('tmp'), w.path(file));
  }),
  step(name, 'delete', (file) => (w) => rm(w.path(file), { force: true })),
  step(fc.tuple(name, lines), 'delete and create', ([file, text]) => async (w) => {
    await rm(w.path(file), { force: true });
    await writeFile(w.path(file), text);
  }),
  step(name, 'copy and truncate', (file) => async (w) => {
    await copyFile(w.path(file), w.path(`${file}.1`)).catch(ignore);
    await truncate(w.path(file), 0).catch(ignore);
  }),
  step(fc.constant(0), 'scan', () => (w) => w.scan()),
  step(fc.constant(0), 'settle', () => (w) => w.settle()),
  step(fc.constant(0), 'restart', () => (w) => w.restart()),
);

function step<T>(input: fc.Arbitrary<T>, label: string, toStep: (input: T) => Step): fc.Arbitrary<{ run: Step }> {
  return input.map((value) => ({ toString: () => `${label} ${JSON.stringify(value)}`, run: toStep(value) }));
}

/** The truth: what the complete and valid lines of the files are now. */
async function expected(directory: string): Promise<Record<string, string[]>> {
  const files: Record<string, string[]> = {};
  for (const file of (await readdir(directory)).filter((each) => each.endsWith('.jsonl')).sort()) {
    const all = (await readFile(join(directory, file), 'latin1')).split('\n').slice(0, -1);
    const lines = all.map((text) => Buffer.from(text, 'latin1'));
    files[file] = lines.filter((bytes) => bytes.length > 0 && isUtf8(bytes)).map((bytes) => bytes.toString());
  }
  return files;
}

function seen(consumer: Consumer, present: readonly string[]): Record<string, string[]> {
  const texts = (path: string | undefined): string[] => (consumer.files.get(path ?? '') ?? []).map((each) => each.text);
  const paths = new Map([...consumer.files.keys()].map((path) => [basename(path), path]));
  return Object.fromEntries(present.map((file) => [file, texts(paths.get(file))]));
}

describe('a follower and any sequence of file operations', () => {
  const { numRuns, seed, name } = modelSize(300);

  it(`holds exactly the lines the files hold: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (sequence) => {
        await using dir = await tempDir();
        await using world = new World(dir);
        for (const { run } of sequence) await run(world);
        await world.settle();
        const truth = await expected(dir.path);
        expect(seen(world.consumer, Object.keys(truth))).toEqual(truth);
      }),
      { numRuns, seed },
    );
  }, 60_000);
});
