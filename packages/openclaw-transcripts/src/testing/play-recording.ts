import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '@live-status/fixtures';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import type { BoxEntry, Rules, SourceEvent } from '@live-status/session-state';
import { createReplay } from '@live-status/simulators/openclaw-files';
import { createTranscriptSource } from '../index.ts';
import { BoxKeeper } from './box-keeper.ts';

/** How long the source is watched after the recording's last event: longer than every delay of the rules. */
const AFTERMATH_MS = 150_000;

/** A recording's boxes in their final state, in the order of their first evidence, times as on its time line. */
export interface Played {
  readonly entries: readonly BoxEntry[];
  /** When each box, by id, became worth its post, as on the time line. */
  readonly postedAt: ReadonlyMap<string, number>;
}

export interface PlayOptions {
  /** What lies before this moment of the recording is there when the source starts, its times shifted to now. Default 0. */
  readonly startMs?: number;
  /** The locks' owner is a process that cannot be seen, as in another pid namespace. Default false. */
  readonly foreignOwner?: boolean;
}

/**
 * Plays a recording into a temporary directory on a clock that stands still between events, through the real source
 * (real files, real locks, no watcher and no timers of its own) and, for each of the given rules, the fold.
 */
export async function playRecording(
  recording: Recording,
  rules: readonly Rules[],
  { startMs = 0, foreignOwner = false }: PlayOptions = {},
): Promise<Played[]> {
  const dir = await mkdtemp(join(tmpdir(), 'openclaw-transcripts-'));
  const clock = createFakeClock();
  const startAt = clock.now();
  const source = createTranscriptSource({ transcriptDir: dir, watch: false, clock });
  const replay = createReplay(recording, dir, { clock, foreignOwner, shiftTimes: startMs > 0 });
  try {
    for (let event = replay.peek(); event !== undefined && event.tMs < startMs; event = replay.peek()) {
      await clock.advance(startAt + event.tMs - clock.now());
      await replay.step();
    }
    await clock.advance(startAt + startMs - clock.now());
    const keepers = rules.map((one) => new BoxKeeper(one));
    const fold = (events: readonly SourceEvent[]): void => {
      for (const keeper of keepers) keeper.fold(events, clock.now());
    };
    const consumed = (async () => {
      for await (const batch of source) fold(batch);
    })();
    const pass = async (): Promise<void> => {
      await source.pass();
      fold([]);
    };
    await pass();
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      await moveTo(clock, startAt + event.tMs, pass);
      await replay.step();
      await pass();
    }
    await moveTo(clock, clock.now() + AFTERMATH_MS, pass);
    await source.close();
    await consumed;
    return keepers.map((keeper) => played(keeper, startAt));
  } finally {
    await replay.close();
    await source.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Moves time on in steps: fine at first, then coarse. */
async function moveTo(clock: FakeClock, untilAt: number, pass: () => Promise<void>): Promise<void> {
  for (let movedMs = 0; clock.now() < untilAt; ) {
    const stepMs = Math.min(movedMs < 6_000 ? 200 : 5_000, untilAt - clock.now());
    await clock.advance(stepMs);
    movedMs += stepMs;
    await pass();
  }
}

function played(keeper: BoxKeeper, startAt: number): Played {
  const postedAt = new Map([...keeper.postedAt].map(([boxId, at]) => [boxId, at - startAt]));
  return { entries: keeper.entries.map((entry) => relative(entry, startAt)), postedAt };
}

function relative(entry: BoxEntry, startAt: number): BoxEntry {
  const { startedAt, endedAt } = entry.box;
  const end = endedAt === undefined ? {} : { endedAt: endedAt - startAt };
  return { ...entry, box: { ...entry.box, startedAt: startedAt - startAt, ...end } };
}
