import {
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createFakeClock, type FakeClock, modelSize } from '@live-status/resilience/testing';
import fc from 'fast-check';
import { type Follower, TreeFollower } from '../follower.ts';
import { resolveOptions } from '../options.ts';
import { SHRINK_HOLD_MS } from '../read-plan.ts';
import type { WatchHandlers } from '../watcher.ts';
import { type DiskChange, directoryAt, isCircle, ModelDisk } from './model-disk.ts';
import { TailConsumer } from './tail-consumer.ts';
import { tempDir } from './temp-dir.ts';

const READ_BYTES = 48;
const MAX_LINE_BYTES = 100;
/** Shorter than the defaults in the same proportion, so that little time has to pass. */
const POLL_INTERVALS = { activeFilesMs: 1_000, directoriesMs: 5_000, allFilesMs: 20_000 };
const ACTIVE_MS = 10_000;
/** Every timer of a follower has fired by then, and what it led to as well. */
const ALL_TIMERS_MS = 45_000;
/** A follower promises to find a change no further than this before the end of what it has read. */
const COMPARED_BYTES = 4_000;

/** What a whole play is like. */
interface Setting {
  /** Steps in which the times of files advance: fine, whole seconds, every other second. */
  readonly stepMs: number;
  /** `by hand`: only `scan()` finds anything. `events`: file system events, of which some are missed, and timers. */
  readonly mode: 'by hand' | 'events';
  /** How many directories can be watched. */
  readonly watches: number;
  /** Links that lead out of the root from the beginning. */
  readonly links: readonly string[];
  /** Whether there are files with lines from the beginning. */
  readonly isFilled: boolean;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  stepMs: fc.constantFrom(10, 10, 1_000, 2_000),
  mode: fc.constantFrom('by hand', 'by hand', 'events'),
  watches: fc.constantFrom(100, 100, 1, 0),
  links: fc.constantFrom([], ['la'], ['la', 'sub/lb']),
  isFilled: fc.boolean(),
});

/** A follower, its consumer and the disk that is the truth. */
class TailModel implements AsyncDisposable {
  readonly consumer = new TailConsumer();
  readonly clock: FakeClock = createFakeClock(Math.floor(Date.now() / 2_000) * 2_000);
  readonly disk: ModelDisk;
  readonly #setting: Setting;
  #watches: { readonly path: string; readonly directory: bigint | undefined; readonly handlers: WatchHandlers }[] = [];
  #follower: Follower;

  constructor(base: string, setting: Setting) {
    this.#setting = setting;
    this.disk = new ModelDisk(base, { clock: this.clock, stepMs: setting.stepMs, maxLineBytes: MAX_LINE_BYTES });
    this.disk.act(() => {
      for (const name of setting.links) symlinkSync(this.disk.path('../outside'), this.disk.path(name));
      for (const name of setting.isFilled ? FILES : []) append(this.disk.path(name), Buffer.from(`{"in":"${name}"}\n`));
    });
    this.#follower = this.#follow();
  }

  /** Changes something on the disk; whether the file system reports it is up to `isHeard`. */
  async act(change: () => void, isHeard = true): Promise<void> {
    const changes = this.disk.act(change);
    if (isHeard) for (const each of changes) this.#hint(each);
    await this.clock.advance(0);
  }

  /** Time passes, and the follower may find something. */
  async pass(ms: number): Promise<void> {
    if (this.#setting.mode === 'by hand') await this.#follower.scan();
    for (let leftMs = ms; leftMs > 0; leftMs -= POLL_INTERVALS.activeFilesMs) {
      await this.clock.advance(Math.min(leftMs, POLL_INTERVALS.activeFilesMs));
      await this.#quiet();
    }
  }

  /** Everything that is on the disk now has been found, or should have been. */
  async settle(): Promise<void> {
    if (this.#setting.mode === 'events') await this.pass(ALL_TIMERS_MS);
    for (let round = 0; round < 3; round += 1) {
      await this.#follower.scan();
      await this.clock.advance(SHRINK_HOLD_MS);
    }
    this.#check();
  }

  /** A file is emptied and filled again with the same bytes, as programs do that write the whole of it: nothing is reported. */
  async rewriteIdentically(name: string): Promise<void> {
    const content = this.disk.read(name);
    if (content.length === 0) return;
    await this.settle();
    const { eventCount } = this.consumer;
    await this.act(() => truncateSync(this.disk.path(name), 0));
    await this.pass(SHRINK_HOLD_MS / 2);
    await this.act(() => writeFileSync(this.disk.path(name), content));
    await this.settle();
    if (this.consumer.eventCount !== eventCount) throw new Error('an identical rewrite was reported');
  }

  save(): void {
    this.consumer.save(this.#follower);
  }

  /** The process ends, orderly or not: only what was saved is left. */
  async restart(): Promise<void> {
    const ended = this.#follower;
    this.#watches = [];
    this.consumer.restart();
    this.#follower = this.#follow();
    await ended.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#follower.close();
  }

  #follow(): Follower {
    const { consumer, clock } = this;
    const options = resolveOptions({
      clock,
      start: (path) => consumer.startOf(path),
      watch: this.#setting.mode === 'events',
      readBytes: READ_BYTES,
      maxLineBytes: MAX_LINE_BYTES,
      maxOpenFiles: 2,
      pollIntervals: POLL_INTERVALS,
      activeMs: ACTIVE_MS,
    });
    const target = { root: this.disk.root, watchDirectory: this.#watch.bind(this) };
    const follower: Follower = new TreeFollower(target, options);
    void (async () => {
      // A dead process takes nothing more.
      for await (const event of follower) if (this.#follower === follower) consumer.take(event);
    })();
    return follower;
  }

  #watch(path: string, handlers: WatchHandlers): { close(): Promise<void> } {
    const watch = { path, directory: directoryAt(path), handlers };
    if (this.#watches.length < this.#setting.watches) {
      this.#watches.push(watch);
      handlers.onReady();
    } else {
      handlers.onError(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    }
    return {
      close: async () => {
        this.#watches = this.#watches.filter((each) => each !== watch);
      },
    };
  }

  #hint({ directory, name, isRename }: DiskChange): void {
    for (const watch of this.#watches) {
      if (watch.directory === directory) watch.handlers.onHint(join(watch.path, name), isRename);
    }
  }

  /** Lets the follower do what it has been asked for so far. */
  async #quiet(): Promise<void> {
    for (let round = 0; round < 3; round += 1) await this.#follower.scan('/nothing/that/is/followed');
  }

  #check(): void {
    const { consumer, disk } = this;
    if (consumer.problems.length > 0) throw new Error(consumer.problems.join('\n'));
    const directories = disk.directories();
    const followed = new Set<string>();
    for (const [real, paths] of directories) {
      const truth = JSON.stringify(disk.linesIn(real));
      const held = paths.map((path) => this.#heldIn(path));
      // A directory of the root is followed under its own path, one outside under one of those that lead to it.
      const own = disk.ownPath(real) ?? paths.find((_path, index) => held[index] !== '{}') ?? paths[0];
      const expected = paths.map((path) => (path === own ? truth : '{}'));
      if (held.join('\n') !== expected.join('\n')) {
        throw new Error(
          `${paths.join(', ')}\nhold     ${held.join('\n         ')}\nbut have ${expected.join('\n         ')}`,
        );
      }
      for (const path of paths) followed.add(path);
    }
    const strange = consumer.paths.filter((path) => !followed.has(dirname(path)));
    if (strange.length > 0) throw new Error(`lines of files that are gone: ${strange.join(', ')}`);
  }

  #heldIn(directory: string): string {
    const paths = this.consumer.paths.filter((path) => dirname(path) === directory && !isCircle(path)).sort();
    return JSON.stringify(Object.fromEntries(paths.map((path) => [basename(path), this.consumer.linesOf(path)])));
  }
}

const FILES = [
  'a.jsonl',
  'b.jsonl',
  'c.jsonl',
  'sub/a.jsonl',
  'sub/d.jsonl',
  '../outside/x.jsonl',
  '../outside/deep/y.jsonl',
];
const DIRECTORIES = ['sub', 'other', 'a.jsonl', '../outside', '../outside/deep', '../elsewhere'];
const LINKS = ['l.jsonl', 'sub/l.jsonl', 'b.jsonl', 'la', 'sub/lb', 'other'];
const NEWLINE = 10;

const file = fc.constantFrom(...FILES, ...FILES.slice(0, 3));
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const line: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom('{"h":1}', '{"h":2}', '{"x":"読書"}', '{"x":"😀"}').map((text) => Buffer.from(text)),
  fc.string({ minLength: 1, maxLength: 60 }).map((text) => Buffer.from(JSON.stringify({ text }))),
  // Empty, of a carriage return alone, with NUL, not UTF-8, cut inside of a character, with a byte order mark.
  fc
    .constantFrom(
      '',
      '\r',
      '{"crlf":1}\r',
      '\0',
      '{"\0":1}',
      '\u00ff\u00fe',
      '"\u00e8\u00aa',
      '\u00ef\u00bb\u00bf{"bom":1}',
    )
    .map(bytes),
  fc.string({ minLength: 30, maxLength: 60, unit: fc.constantFrom('x', 'y') }).map((text) => bytes(`\u00ff${text}`)),
  fc.integer({ min: MAX_LINE_BYTES - 2, max: 4 * MAX_LINE_BYTES }).map((length) => Buffer.alloc(length, 'x')),
);
const lines: fc.Arbitrary<Buffer> = fc
  .array(line, { maxLength: 5 })
  .map((all) => Buffer.concat(all.flatMap((each) => [each, Buffer.from('\n')])));

type Step = (model: TailModel) => Promise<void> | void;

const heard = fc.constantFrom(true, true, false);

/** A step that changes the disk. */
function change<T>(
  label: string,
  input: fc.Arbitrary<T>,
  toChange: (disk: ModelDisk, value: T) => void,
): fc.Arbitrary<{ readonly run: Step }> {
  return fc.tuple(input, heard).map(([value, isHeard]) => ({
    toString: () => `${label} ${inWords(value)}${isHeard ? '' : ' (unheard)'}`,
    run: (model) => model.act(() => toChange(model.disk, value), isHeard),
  }));
}

function step<T>(
  label: string,
  input: fc.Arbitrary<T>,
  toStep: (value: T) => Step,
): fc.Arbitrary<{ readonly run: Step }> {
  return input.map((value) => ({ toString: () => `${label} ${inWords(value)}`, run: toStep(value) }));
}

const inWords = (value: unknown): string =>
  Buffer.isBuffer(value)
    ? JSON.stringify(value.toString('latin1'))
    : Array.isArray(value)
      ? value.map(inWords).join(', ')
      : JSON.stringify(value);

const append = (path: string, text: Uint8Array): void => writeFileSync(path, text, { flag: 'a' });

/** Replaces a file as editors and atomic writers do. */
function replace(disk: ModelDisk, name: string, content: Uint8Array): void {
  writeFileSync(disk.path('tmp'), content);
  renameSync(disk.path('tmp'), disk.path(name));
}

function linkTo(disk: ModelDisk, name: string, target: string): void {
  rmSync(disk.path(name), { force: true });
  symlinkSync(disk.path(target), disk.path(name));
}

function withoutLastLine(content: Buffer): Buffer {
  const end = content.subarray(0, Math.max(0, content.length - 1)).lastIndexOf(NEWLINE);
  return content.subarray(0, end + 1);
}

const CONTENT_STEPS = [
  change('append', fc.tuple(file, lines), (disk, [name, text]) => append(disk.path(name), text)),
  change('append in part', fc.tuple(file, lines, fc.nat(1_000)), (disk, [name, text, at]) =>
    append(disk.path(name), text.subarray(0, at % (text.length + 1))),
  ),
  // Cut anywhere, inside of a character as well.
  step(
    'append in pieces',
    fc.tuple(file, lines, fc.array(fc.nat(1_000), { maxLength: 4 })),
    ([name, text, cuts]) =>
      async (model) => {
        const places = [0, ...cuts.map((at) => at % (text.length + 1)).sort((a, b) => a - b), text.length];
        for (const [index, at] of places.slice(1).entries()) {
          await model.act(() => append(model.disk.path(name), text.subarray(places[index], at)));
          await model.pass(7);
        }
      },
  ),
  change('finish line', file, (disk, name) => append(disk.path(name), Buffer.from('\n'))),
  change('rewrite with other content', fc.tuple(file, lines), (disk, [name, text]) =>
    writeFileSync(disk.path(name), text),
  ),
  change('rewrite with one byte changed', fc.tuple(file, fc.nat(COMPARED_BYTES)), (disk, [name, place]) => {
    const content = Buffer.from(disk.read(name));
    const at = content.length - 1 - (place % content.length);
    if (content.length === 0 || content[at] === NEWLINE) return;
    content[at] = 'Z'.charCodeAt(0);
    writeFileSync(disk.path(name), content);
  }),
  change('rewrite without the last line', file, (disk, name) =>
    writeFileSync(disk.path(name), withoutLastLine(disk.read(name))),
  ),
  step('rewrite identically', file, (name) => (model) => model.rewriteIdentically(name)),
  change('rewrite and append', fc.tuple(file, lines), (disk, [name, text]) =>
    writeFileSync(disk.path(name), Buffer.concat([disk.read(name), text])),
  ),
  change('truncate', fc.tuple(file, fc.nat(1_000)), (disk, [name, at]) =>
    truncateSync(disk.path(name), at % (disk.read(name).length + 1)),
  ),
];

const NAME_STEPS = [
  change('append', fc.tuple(file, lines), (disk, [name, text]) => append(disk.path(name), text)),
  change('rename', fc.tuple(file, fc.constantFrom(...FILES, 'a-old.jsonl', 'a.jsonl.reset')), (disk, [name, to]) =>
    renameSync(disk.path(name), disk.path(to)),
  ),
  change('replace by rename', fc.tuple(file, lines), (disk, [name, text]) =>
    replace(disk, name, Buffer.concat([disk.read(name).subarray(0, 40), text])),
  ),
  change('replace by the same', file, (disk, name) => replace(disk, name, disk.read(name))),
  change('delete', file, (disk, name) => rmSync(disk.path(name))),
  change('delete and create', fc.tuple(file, lines), (disk, [name, text]) => {
    rmSync(disk.path(name), { force: true });
    writeFileSync(disk.path(name), text);
  }),
  change('copy and truncate', file, (disk, name) => {
    copyFileSync(disk.path(name), disk.path(`${name}.1`));
    truncateSync(disk.path(name), 0);
  }),
  change('copy', fc.tuple(file, file), (disk, [from, to]) => copyFileSync(disk.path(from), disk.path(to))),
  change('hard link', fc.tuple(file, file), (disk, [from, to]) => linkSync(disk.path(from), disk.path(to))),
];

const directory = fc.constantFrom(...DIRECTORIES);
const link = fc.constantFrom(...LINKS);
const linkedDirectory = fc.constantFrom(...DIRECTORIES, '../outside', '../outside', '../outside', '.');

const DIRECTORY_STEPS = [
  change('append', fc.tuple(file, lines), (disk, [name, text]) => append(disk.path(name), text)),
  change('link to a file', fc.tuple(link, file), (disk, [name, to]) => linkTo(disk, name, to)),
  change('link to a directory', fc.tuple(link, linkedDirectory), (disk, [name, to]) => linkTo(disk, name, to)),
  change('delete link', fc.constantFrom('la', 'sub/lb', ...LINKS), (disk, name) => rmSync(disk.path(name))),
  change('make directory', directory, (disk, name) => mkdirSync(disk.path(name))),
  change('move directory', fc.tuple(directory, directory), (disk, [from, to]) =>
    renameSync(disk.path(from), disk.path(to)),
  ),
  change('delete directory', directory, (disk, name) => rmSync(disk.path(name), { recursive: true })),
  change('replace the root', fc.constant('.'), (disk) => {
    rmSync(disk.root, { recursive: true });
    mkdirSync(disk.root);
  }),
];

const TIME_STEPS = [
  step('pass', fc.nat(12_000), (ms) => (model) => model.pass(ms)),
  step('glance', fc.nat(20), (ms) => (model) => model.pass(ms)),
  step('settle', fc.constant(0), () => (model) => model.settle()),
  step('save', fc.constant(0), () => (model) => model.save()),
  step('restart', fc.boolean(), (isKilled) => async (model) => {
    if (!isKilled) {
      await model.settle();
      model.save();
    }
    await model.restart();
  }),
];

/** One kind of change is likelier to meet its own corner cases than all of them mixed. */
const sequences = fc.oneof(
  ...[CONTENT_STEPS, NAME_STEPS, DIRECTORY_STEPS, [...CONTENT_STEPS, ...NAME_STEPS, ...DIRECTORY_STEPS]].map(
    (changes) =>
      fc.array(
        fc.oneof({ weight: 3, arbitrary: fc.oneof(...changes) }, { weight: 2, arbitrary: fc.oneof(...TIME_STEPS) }),
        { maxLength: 25 },
      ),
  ),
);

/** Checks sequences of file operations: as many, from the seed, as `modelSize` says. */
export function checkTail(defaultRuns: number): { readonly name: string; readonly check: () => Promise<void> } {
  const { numRuns, seed, name } = modelSize(defaultRuns);
  const property = fc.asyncProperty(setting, sequences, async (how, sequence) => {
    await using dir = await tempDir();
    await using model = new TailModel(dir.path, how);
    for (const { run } of sequence) await run(model);
    await model.settle();
  });
  return { name, check: () => fc.assert(property, { numRuns, seed }) };
}
