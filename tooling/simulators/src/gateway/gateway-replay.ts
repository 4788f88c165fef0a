import { type Clock, delay, systemClock } from '@live-status/resilience';
import type { FakeGateway } from './fake-gateway.ts';
import { GatewayRecording } from './gateway-recording.ts';
import type { RecordedFrame } from './recorded-frames.ts';

/** How recorded frames are played. */
export interface GatewayReplayOptions {
  /** Shortens longer pauses between two frames to this, milliseconds. Default `Infinity`: as recorded. */
  readonly longestGapMs?: number;
  /** Texts to be replaced by others, for example recorded channel ids. Default none. */
  readonly replacements?: ReadonlyMap<string, string>;
  /** Called before a frame is sent; the first has the index 0. */
  readonly onFrame?: (index: number) => void;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** The frame's `t` as it is played, milliseconds after the first. */
export function playedTimes(frames: readonly RecordedFrame[], longestGapMs: number): readonly number[] {
  let playedMs = 0;
  return frames.map(({ t }, index) => {
    playedMs += Math.min(t - (frames[index - 1]?.t ?? t), longestGapMs);
    return playedMs;
  });
}

/**
 * Plays recorded frames in real time over a gateway, their times shifted to now. Whoever connects meanwhile is given
 * the rows, histories and tasks as of then.
 */
export async function replayFrames(
  recorded: readonly RecordedFrame[],
  gateway: FakeGateway,
  options: GatewayReplayOptions = {},
): Promise<void> {
  const { longestGapMs = Number.POSITIVE_INFINITY, clock = systemClock, signal, onFrame } = options;
  const events = recorded.filter(({ type }) => type === 'event');
  const startedAt = clock.now();
  const dueAt = playedTimes(events, longestGapMs).map((ms) => startedAt + ms);
  const frames = shift(events, dueAt, options.replacements ?? new Map());
  const recording = new GatewayRecording(frames);
  for (const [index, { event = '', payload }] of frames.entries()) {
    const waitMs = (dueAt[index] ?? 0) - clock.now();
    if (waitMs > 0) await delay(waitMs, { signal, clock });
    onFrame?.(index);
    show(gateway, recording, index + 1);
    gateway.send(event, payload);
  }
}

/** What the gateway answers once so many frames were sent. */
function show(gateway: FakeGateway, recording: GatewayRecording, index: number): void {
  gateway.rows = recording.rowsAt(index);
  gateway.tasks = recording.tasksAt(index);
  for (const key of recording.keysAt(index)) {
    gateway.histories.set(key, recording.historyAt(index, key));
    const card = recording.cardAt(index, key);
    if (card !== undefined) gateway.cards.set(key, card);
  }
}

/** How far a number may be from the recording to be one of its times, milliseconds. */
const AROUND_MS = 3_600_000;

/** The frames with other times and texts. A time between two frames is shifted with the first of them. */
function shift(
  frames: readonly RecordedFrame[],
  dueAt: readonly number[],
  replacements: ReadonlyMap<string, string>,
): RecordedFrame[] {
  const from = (frames[0]?.t ?? 0) - AROUND_MS;
  const until = (frames.at(-1)?.t ?? 0) + AROUND_MS;
  const shifted = (time: number): number => {
    const before = Math.max(
      0,
      frames.findLastIndex(({ t }) => t <= time),
    );
    const next = dueAt[before + 1] ?? Number.POSITIVE_INFINITY;
    return Math.round(Math.min((dueAt[before] ?? 0) + time - (frames[before]?.t ?? 0), next));
  };
  return frames.map((frame, index) => {
    const text = JSON.stringify(frame.payload, (_key, value) =>
      typeof value === 'number' && value > from && value < until ? shifted(value) : value,
    );
    const replaced = [...replacements].reduce((all, [recorded, made]) => all.replaceAll(recorded, made), text);
    return { ...frame, t: dueAt[index] ?? 0, payload: JSON.parse(replaced) };
  });
}
