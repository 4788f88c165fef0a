import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { type BoxEntry, DEFAULT_RULES, type Line, type SourceStatus } from '@live-status/session-state';
import { createTranscriptSource, type TranscriptSource, type TranscriptSourceOptions } from '../index.ts';
import { BoxKeeper } from './box-keeper.ts';
import { DiskWriter, type WriterStep, type WrittenRun } from './disk-writer.ts';

const STEP_MS = 50;
const AFTERMATH_MS = 10_000;
/** How often everything is scanned where no events come. */
const SCAN_MS = 1_000;

/** How a writer is observed. */
export interface ObservedWriterOptions {
  /** Whether the source learns of every change at once; without, everything is scanned once a second. Default true. */
  readonly events?: boolean;
}

/** A writer, a source that follows what it writes, and the boxes that come of it, on a virtual clock and a real disk. */
export class ObservedWriter implements AsyncDisposable {
  readonly writer: DiskWriter;
  readonly clock: FakeClock = createFakeClock(Date.now());
  readonly warnings: string[] = [];
  readonly #dir: string = mkdtempSync(join(tmpdir(), 'live-status-writer-'));
  readonly #events: boolean;
  readonly #keeper = new BoxKeeper({ ...DEFAULT_RULES, postDelayMs: 0 });
  #source: TranscriptSource | undefined;
  #consumed: Promise<void> = Promise.resolve();

  constructor({ events = true }: ObservedWriterOptions = {}) {
    this.#events = events;
    const root = join(this.#dir, 'agents');
    mkdirSync(root);
    this.writer = new DiskWriter(root, () => this.clock.now());
  }

  get status(): SourceStatus | undefined {
    return this.#source?.status();
  }

  /** Starts the source. */
  async start(options: Partial<TranscriptSourceOptions> = {}): Promise<void> {
    const warn = (_fields: object, text: string): void => void this.warnings.push(text);
    const source = createTranscriptSource({
      transcriptDir: this.writer.root,
      watch: false,
      clock: this.clock,
      log: { debug() {}, info() {}, warn, error: warn },
      ...options,
    });
    this.#source = source;
    this.#consumed = (async () => {
      for await (const batch of source) this.#keeper.fold(batch, this.clock.now());
    })();
    await source.pass();
  }

  /** Lets steps happen, whose time counts from now, and a while after them. */
  async play(steps: readonly WriterStep[], aftermathMs: number = AFTERMATH_MS): Promise<void> {
    const startAt = this.clock.now();
    const inOrder = [...steps].sort((a, b) => a.atMs - b.atMs);
    const lastMs = inOrder.at(-1)?.atMs ?? 0;
    for (let next = 0, ms = 0; ms < lastMs + aftermathMs; ms += ms < lastMs + AFTERMATH_MS ? STEP_MS : 1_000) {
      await this.clock.advance(Math.max(0, startAt + ms - this.clock.now()));
      for (; (inOrder[next]?.atMs ?? Number.POSITIVE_INFINITY) <= ms; next += 1) {
        inOrder[next]?.write();
        if (this.#events) await this.#source?.pass();
      }
      if (this.#events) await this.#source?.pass();
      else if (ms % SCAN_MS === 0) await this.#source?.pass();
      this.#keeper.fold([], this.clock.now());
    }
  }

  /** However far timed scans have fallen behind: what is there is seen in the end, and has its consequences. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 4; rounds += 1) {
      await this.#source?.pass();
      await this.clock.advance(61_000);
      this.#keeper.fold([], this.clock.now());
    }
  }

  /** Every post: session, state, and its calls with their states. */
  get posts(): readonly string[] {
    return this.#keeper.entries.filter((entry) => entry.worthPost).map(inShort);
  }

  /** What the posts have to be. */
  get written(): readonly string[] {
    return this.writer.runs.map(runInShort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.close();
    await this.#consumed;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function runInShort({ sessionKey, end, commands }: WrittenRun): string {
  const isCut = end === 'aborted' || end === 'interrupted';
  const stateOf = (index: number): string => (isCut && index === commands.length - 1 ? 'aborted' : 'ok');
  return `${sessionKey} ${end}: ${commands.map((command, index) => `${command} ${stateOf(index)}`).join(', ')}`;
}

function inShort({ sessionKey, box }: BoxEntry): string {
  return `${sessionKey} ${box.state}: ${box.lines.flatMap(callInShort).join(', ')}`;
}

function callInShort(line: Line): string[] {
  if (line.kind !== 'tool') return [];
  const { command } = (line.args ?? {}) as { command?: string };
  return [`${command} ${line.state}`];
}
