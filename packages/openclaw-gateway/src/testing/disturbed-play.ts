import type { BoxEntry } from '@live-status/session-state';
import type { RecordedFrame } from '@live-status/simulators/gateway';
import { objectOf } from '@live-status/transcript-parser';
import fc from 'fast-check';
import { Play } from './play.ts';
import { type RecordedGateway, toFrame } from './recorded-gateway.ts';
import type { WrittenRun } from './written-gateway.ts';

/** After the last frame everything has been seen for long. */
const AFTER_MS = 600_000;
/** Histories are waited for this long at most. */
const HISTORIES_MS = 10_000;
/** A message comes this much after the events of its calls at most. */
const MAX_SHIFT_MS = 40;

/** How a connection is lost and taken up again, by the indices of frames. */
export interface Cut {
  /** The first frame that is not seen. */
  readonly lostAt: number;
  /** The first that the next connection holds back. */
  readonly heldFrom: number;
  /** The first after what it is told at its beginning. */
  readonly toldAt: number;
  /** The process was restarted, too. */
  readonly isRestart: boolean;
}

/** Plays a recording through connections that are lost, and says what was seen. */
export class CutPlay {
  readonly gateway: RecordedGateway;
  /** What was shown meanwhile that was not true. */
  readonly falsehoods: string[] = [];
  #play = new Play();
  /** Boxes that were final when a process ended. */
  readonly #left: BoxEntry[] = [];
  /** What was asked of the gateway and when that is answered. */
  #asked = 0;
  #at = 0;

  constructor(gateway: RecordedGateway) {
    this.gateway = gateway;
    this.#connect({ heldFrom: 0, toldAt: 0 });
  }

  cut({ lostAt, heldFrom, toldAt, isRestart }: Cut): this {
    this.#playTo(lostAt);
    if (isRestart) this.#restart();
    else this.#play.observe({ type: 'lost', at: this.gateway.timeOf(lostAt) });
    this.#connect({ heldFrom, toldAt });
    this.#noteFalsehoods();
    return this;
  }

  finish(): BoxEntry[] {
    this.#playTo(this.gateway.frames.length);
    this.#play.passUntil(this.gateway.timeOf(this.gateway.frames.length) + AFTER_MS);
    // What a run that is over says late gets no second post.
    const again = new Set(this.#left.map(({ boxId }) => boxId));
    return [...this.#left, ...this.#play.boxes().filter(({ boxId, worthPost }) => worthPost || !again.has(boxId))];
  }

  #connect(cut: { readonly heldFrom: number; readonly toldAt: number }): void {
    this.#play.observe(this.gateway.catchUp({ ...cut, open: this.#play.openSessions() }));
    this.#asked = this.#play.requests.length;
    this.#at = cut.toldAt;
  }

  #playTo(index: number): void {
    for (; this.#at < index; this.#at += 1) {
      const frame = this.gateway.frames[this.#at];
      if (frame === undefined) return;
      this.#play.observe(toFrame(frame));
      for (; this.#asked < this.#play.requests.length; this.#asked += 1) this.#answer(this.#at + 1);
    }
  }

  /** Answers come before the next frame. */
  #answer(index: number): void {
    const request = this.#play.requests[this.#asked];
    if (request === undefined) return;
    const payload = this.gateway.answer(request, index);
    this.#play.observe({ type: 'answered', request, payload, at: this.gateway.timeOf(index) });
  }

  /** The next process is given what the ledger keeps. */
  #restart(): void {
    const open = this.#play.boxes().filter(({ settled }) => !settled);
    this.#left.push(...this.#play.boxes().filter(({ settled }) => settled));
    this.#play = new Play({ resumeTokens: open.flatMap(({ resumeTokens }) => resumeTokens) });
  }

  #noteFalsehoods(): void {
    const { isUndecidable, isWaiting } = this.gateway.waitsAt(this.#at);
    const isShown = this.#play.boxes().some(({ box }) => box.state === 'waiting');
    if (isShown && !isWaiting && !isUndecidable) this.falsehoods.push(`before frame ${this.#at}: it waits for nobody`);
    const open = new Set(this.#play.openSessions());
    const runs = this.gateway.runsAt(this.#at);
    // How a run ended whose last answer is not recorded yet is not known before its row is.
    const isAtWork = (key: string): boolean =>
      runs.some((run) => run.key === key && (run.endedAt === undefined || !run.hasAnswered));
    for (const { key } of runs) {
      if (open.has(key) && !isAtWork(key)) this.falsehoods.push(`before frame ${this.#at}: ${key} has ended`);
    }
  }
}

interface Comparable {
  readonly hasSeenAll: boolean;
  readonly countsTokens: boolean;
  /** It was told how calls failed, and not only that they did. */
  readonly saysHowFailed: boolean;
}

/** Everything but times; of calls that succeeded, no exit code either. */
function shown({ box }: BoxEntry, { countsTokens, saysHowFailed, hasSeenAll }: Comparable): unknown {
  const { state, lines, plan, trouble, filesChanged, inBackground, model } = box;
  const tokens = countsTokens ? box.tokens : undefined;
  // Where a model failed, or the session was compacted, while nobody was connected, is not kept.
  const kept = lines.filter(({ kind }) => hasSeenAll || (kind !== 'compaction' && kind !== 'model'));
  return {
    state,
    parts: kept.map((line) => partsOf(line, saysHowFailed)),
    plan,
    trouble,
    filesChanged,
    inBackground,
    model,
    tokens,
  };
}

function partsOf(line: BoxEntry['box']['lines'][number], saysHowFailed: boolean): unknown {
  switch (line.kind) {
    case 'tool':
      return [
        ...[line.tool, line.args, saysHowFailed || line.state !== 'denied' ? line.state : 'error', line.question?.asks],
        ...[saysHowFailed && line.state === 'error' ? line.exitCode : undefined, line.count],
      ];
    case 'text':
      return line.text;
    case 'child':
      return [line.label, line.state, line.lines.map((each) => partsOf(each, saysHowFailed))];
    case 'model':
      return ['model', line.reason, line.failures, line.fallback];
    case 'compaction':
      return line.kind;
  }
}

/** Places where something begins or ends that must not be missed. */
function notablePlaces({ frames }: RecordedGateway): number[] {
  return frames.flatMap(({ payload = {}, event }, index) => {
    const { phase, name } = objectOf(payload.data) ?? {};
    const isNotable =
      (payload.stream === 'lifecycle' && phase !== 'model') ||
      (name === 'ask_user' && (phase === 'start' || phase === 'result')) ||
      event === 'task' ||
      event === 'session.message';
    return isNotable ? [index, index + 1] : [];
  });
}

/** Whether a model may have failed, or a session been compacted, between two frames. */
function hasTrouble({ frames }: RecordedGateway, { isRestart, lostAt, toldAt }: Cut): boolean {
  const from = isRestart ? 0 : frames.slice(0, lostAt).findLastIndex(({ event }) => event === 'session.message');
  return frames.slice(Math.max(0, from), toldAt).some(({ payload }) => {
    const data = objectOf(payload?.data);
    return payload?.stream === 'lifecycle' && (data?.error !== undefined || data?.phase === 'fallback_step');
  });
}

/** Whether calls of a batch go on: of those that have ended, a channel's history only says whether they failed. */
function isInBatch({ frames }: RecordedGateway, { toldAt }: Cut): boolean {
  let open = 0;
  for (const { payload } of frames.slice(0, toldAt)) {
    const { parentToolCallId, phase } = payload?.stream === 'tool' ? (objectOf(payload.data) ?? {}) : {};
    if (parentToolCallId === undefined && phase === 'start') open += 1;
    if (parentToolCallId === undefined && phase === 'result') open -= 1;
  }
  return open > 0;
}

/** Whether frames are held back no longer than a connection waits for its histories. */
function isInTime(gateway: RecordedGateway, { heldFrom, toldAt }: Cut): boolean {
  return gateway.timeOf(toldAt) - gateway.timeOf(heldFrom) <= HISTORIES_MS;
}

/** Cuts of a recording, as real connections have them: one after the other, and what was not seen can be asked for. */
export function cutsOf(gateway: RecordedGateway): fc.Arbitrary<Cut[]> {
  const last = gateway.frames.length;
  const begun = 1 + gateway.frames.findIndex((frame) => frame.payload?.stream === 'lifecycle');
  const places = [...new Set(notablePlaces(gateway))].filter((index) => index >= begun && index <= last);
  const anywhere = fc.integer({ min: begun, max: last });
  const steps = fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: 0, max: 30 }));
  const cut = fc
    .tuple(fc.oneof(anywhere, fc.constantFrom(...places)), steps, steps, fc.nat(3))
    .map(([lostAt, missed, held, n]): Cut => {
      const heldFrom = Math.min(last, lostAt + missed);
      const toldAt = gateway.knowableFrom(Math.min(last, heldFrom + held));
      const [places, isRestart] = [{ lostAt, heldFrom, toldAt }, n === 0];
      return gateway.isFoundAgain(places)
        ? { ...places, isRestart }
        : { ...places, heldFrom: lostAt, isRestart: false };
    });
  return fc.array(cut, { minLength: 1, maxLength: 4 }).map((all) => {
    const sorted = all.filter((one) => isInTime(gateway, one)).sort((a, b) => a.lostAt - b.lostAt);
    return sorted.filter(
      (one, index) => index === 0 || one.lostAt >= Math.max(...sorted.slice(0, index).map((before) => before.toldAt)),
    );
  });
}

/** Throws where cuts make a recording show something else than it shows whole. */
export function checkCuts(gateway: RecordedGateway, cuts: readonly Cut[], countsTokens: boolean): void {
  const whole = new CutPlay(gateway).finish();
  const play = new CutPlay(gateway);
  for (const one of cuts) play.cut(one);
  const hasSeenAll = !cuts.some((one) => hasTrouble(gateway, one));
  const told = { countsTokens, hasSeenAll, saysHowFailed: !cuts.some((one) => isInBatch(gateway, one)) };
  const boxes = play.finish();
  const seen = new Map(boxes.map((entry) => [entry.boxId, shown(entry, told)]));
  const expected = new Map(
    whole.filter(({ boxId }) => seen.has(boxId)).map((entry) => [entry.boxId, shown(entry, told)]),
  );
  if (play.falsehoods.length > 0) throw new Error(play.falsehoods.join('\n'));
  expectSame(byKey(seen), byKey(expected));
  // What one process saw to begin is not lost.
  const first = whole[0]?.boxId;
  const mayBeLost = first === undefined || cuts.some(({ isRestart }) => isRestart);
  if (!mayBeLost && !seen.has(first)) throw new Error(`${first} is not shown any more`);
}

/** Throws where a whole play does not show the runs that were written, each as it ended. */
export function expectAsWritten(gateway: RecordedGateway, runs: readonly WrittenRun[]): void {
  const boxes = new CutPlay(gateway).finish();
  const stateOf = (index: number): string | undefined =>
    boxes.find(({ boxId }) => boxId.endsWith(`/run-${index + 1}`))?.box.state;
  expectSame(
    runs.map((_run, index) => stateOf(index)),
    runs.map(({ end }) => end),
  );
  expectSame(boxes.length, runs.length);
  expectSame(
    boxes.filter(({ settled }) => !settled).map(({ boxId }) => boxId),
    [],
  );
}

/** How frames come more than once, or out of order, by their indices. */
export interface Disorder {
  /** The frame comes twice: under two names, or over two subscriptions. */
  readonly repeated: readonly number[];
  /** The message comes that much later among the events of its run, milliseconds. */
  readonly shifted: readonly { readonly index: number; readonly ms: number }[];
}

/** Frames that come twice, and messages that come a little later than the events of their run. */
export function disordersOf({ frames }: RecordedGateway): fc.Arbitrary<Disorder> {
  const index = fc.nat(Math.max(0, frames.length - 1));
  return fc.record({
    repeated: fc.array(index, { maxLength: 12 }),
    shifted: fc.array(fc.record({ index, ms: fc.nat(MAX_SHIFT_MS) }), {
      maxLength: 4,
    }),
  });
}

/** Frames that come twice. How late messages come is only known from recordings. */
export function repeatsOf(gateway: RecordedGateway): fc.Arbitrary<Disorder> {
  return disordersOf(gateway).map((disorder) => ({ ...disorder, shifted: [] }));
}

/** Throws where disorder makes a recording show something else. */
export function checkDisorder({ frames }: RecordedGateway, { repeated, shifted }: Disorder): void {
  const compared = { hasSeenAll: true, countsTokens: true, saysHowFailed: true };
  const show = (all: readonly RecordedFrame[]): unknown[] => {
    const play = new Play().frames(all).passUntil((frames.at(-1)?.t ?? 0) + AFTER_MS);
    return play.boxes().map((entry) => [entry.boxId, shown(entry, compared)]);
  };
  const moved = inOrder(
    frames.map((frame, at) => {
      // The last answer comes before the end of its run.
      const isOfCalls = objectOf(frame.payload?.message)?.stopReason === 'toolUse';
      const ms = isOfCalls ? (shifted.find(({ index }) => index === at)?.ms ?? 0) : 0;
      return { ...frame, t: frame.t + ms };
    }),
  );
  const twice = moved.flatMap((frame, index) => (repeated.includes(index) ? [frame, frame] : [frame]));
  expectSame(show(twice), show(frames));
}

function inOrder(frames: readonly RecordedFrame[]): RecordedFrame[] {
  return [...frames].sort((a, b) => a.t - b.t);
}

/** Boxes of several sessions leave in any order. */
function byKey(boxes: ReadonlyMap<string, unknown>): readonly unknown[] {
  return [...boxes].sort(([a], [b]) => (a < b ? -1 : 1));
}

function expectSame(seen: unknown, expected: unknown): void {
  const [a, b] = [seen, expected].map((one) => JSON.stringify(one, undefined, 1));
  if (a !== b) throw new Error(`shows\n${a}\ninstead of\n${b}`);
}
