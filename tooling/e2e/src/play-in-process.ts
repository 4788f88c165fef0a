import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '@live-status/fixtures';
import { createTranscriptSource } from '@live-status/openclaw-transcripts';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import { type BoxEntry, BoxFold, type Rules, type SessionEvent } from '@live-status/session-state';
import { createReplay } from '@live-status/simulators/openclaw-files';

/** How long the source is watched after the recording's last event: longer than every delay of the rules. */
const AFTERMATH_MS = 150_000;

/** A recording's boxes as they looked for good, in the order of their first evidence, times as on its time line. */
export interface Played {
  readonly entries: readonly BoxEntry[];
  /** When each box, by id, became worth its post, as on the time line. */
  readonly postedAt: ReadonlyMap<string, number>;
  readonly events: readonly SessionEvent[];
}

export interface PlayOptions {
  /** What lies before this moment of the recording is there when the source starts, its times shifted to now. Default 0. */
  readonly startMs?: number;
  /** The locks' owner is a process that cannot be seen, as in another pid namespace. Default false. */
  readonly foreignOwner?: boolean;
}

/**
 * Plays a recording into a temporary directory on a clock that stands still between events, through the real source
 * (real files, real locks, no watcher and no timers of its own) and the fold.
 */
export async function playInProcess(
  recording: Recording,
  rules: Rules,
  { startMs = 0, foreignOwner = false }: PlayOptions = {},
): Promise<Played> {
  const dir = await mkdtemp(join(tmpdir(), 'live-status-recorded-'));
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
    const keeper = keep(rules, startAt);
    const consumed = (async () => {
      for await (const batch of source) keeper.fold(batch, clock.now());
    })();
    const look = async (): Promise<void> => {
      await source.pass();
      keeper.fold([], clock.now());
    };
    await look();
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      await moveTo(clock, startAt + event.tMs, look);
      await replay.step();
      await look();
    }
    await moveTo(clock, clock.now() + AFTERMATH_MS, look);
    await source.close();
    await consumed;
    return keeper.played();
  } finally {
    await replay.close();
    await source.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Moves time on in steps a person would look at: fine at first, then coarse. */
async function moveTo(clock: FakeClock, untilAt: number, look: () => Promise<void>): Promise<void> {
  for (let movedMs = 0; clock.now() < untilAt; ) {
    const stepMs = Math.min(movedMs < 6_000 ? 200 : 5_000, untilAt - clock.now());
    await clock.advance(stepMs);
    movedMs += stepMs;
    await look();
  }
}

interface Keeper {
  fold(events: readonly SessionEvent[], now: number): void;
  played(): Played;
}

function keep(rules: Rules, startAt: number): Keeper {
  const boxes = new BoxFold({ rules });
  const seen: SessionEvent[] = [];
  const settled: BoxEntry[] = [];
  const postedAt = new Map<string, number>();
  return {
    fold(events, now) {
      seen.push(...events);
      const folded = boxes.fold([...events, { type: 'tick', at: now }]);
      settled.push(...folded.settled);
      for (const boxId of folded.changed) {
        if (!postedAt.has(boxId) && boxes.view(boxId)?.worthPost) postedAt.set(boxId, now - startAt);
      }
    },
    played() {
      const open = boxes.boxIds().flatMap((boxId) => boxes.view(boxId) ?? []);
      const entries = [...settled, ...open].map((entry) => relative(entry, startAt));
      return { entries: entries.sort((a, b) => a.box.startedAt - b.box.startedAt), postedAt, events: seen };
    },
  };
}

function relative(entry: BoxEntry, startAt: number): BoxEntry {
  const { startedAt, endedAt } = entry.box;
  const end = endedAt === undefined ? {} : { endedAt: endedAt - startAt };
  return { ...entry, box: { ...entry.box, startedAt: startedAt - startAt, ...end } };
}
