import type { BoxEntry } from '@live-status/session-state';
import { readFrames } from '@live-status/simulators/gateway';
import { objectOf } from '@live-status/transcript-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Play } from './testing/play.ts';
import { RecordedGateway, toFrame } from './testing/recorded-gateway.ts';

/** All recordings of whole runs that were made to see what agents wait for. */
const RECORDINGS = [
  ...['wait-approval-allow', 'wait-approval-allow-web', 'wait-approval-deny', 'wait-approval-timeout'],
  ...['wait-approval-forwarded', 'wait-approval-draft-post', 'wait-approval-noroute-web'],
  ...['wait-question', 'wait-question-web', 'plan', 'plan-web', 'slow-model', 'files', 'files-web'],
  ...['retry-429', 'retry-429-web', 'fallback', 'fallback-web', 'fallback-after-429', 'compact-in-run'],
  ...['compact-in-run-web', 'background-exit0', 'background-exit3', 'background-exit3-web', 'background-yield'],
  ...['background-outlives-run', 'queue-steer', 'queue-followup', 'queue-followup-web', 'spawn-thread'],
  ...['reconnect-waiting-approval', 'reconnect-retrying'],
];
/** Its last answer was recorded seconds after the run, on a machine that was busy: whether it is still counted is chance. */
const UNCOUNTED = 'queue-followup-web';
/** After the last frame everything has been seen for long. */
const AFTER_MS = 600_000;
const PLAYS_PER_RECORDING = 100;

/** How a connection is lost and taken up again, by the indices of frames. */
interface Cut {
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
class CutPlay {
  readonly gateway: RecordedGateway;
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
    this.#expectNothingFalse();
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

  #expectNothingFalse(): void {
    const { isUndecidable, isWaiting } = this.gateway.waitsAt(this.#at);
    const shown = this.#play.boxes().some(({ box }) => box.state === 'waiting');
    if (shown && !isUndecidable) expect({ shown }).toEqual({ shown: isWaiting });
    const open = new Set(this.#play.openSessions());
    const runs = this.gateway.runsAt(this.#at);
    // How a run ended whose last answer is not recorded yet is not known before its row is.
    const isAtWork = (key: string): boolean =>
      runs.some((run) => run.key === key && (run.endedAt === undefined || !run.hasAnswered));
    expect(runs.filter(({ key }) => open.has(key) && !isAtWork(key))).toEqual([]);
  }
}

interface Comparable {
  readonly hasSeenAll: boolean;
  readonly countsTokens: boolean;
}

/** Everything but times; of calls that succeeded, no exit code either. */
function shown({ box }: BoxEntry, { countsTokens, hasSeenAll }: Comparable): unknown {
  const { state, lines, plan, trouble, filesChanged, inBackground, model } = box;
  const tokens = countsTokens ? box.tokens : undefined;
  // Where a model failed, or the session was compacted, while nobody was connected, is not kept.
  const kept = lines.filter(({ kind }) => hasSeenAll || (kind !== 'compaction' && kind !== 'model'));
  return { state, parts: kept.map(partsOf), plan, trouble, filesChanged, inBackground, model, tokens };
}

function partsOf(line: BoxEntry['box']['lines'][number]): unknown {
  switch (line.kind) {
    case 'tool':
      return [
        ...[line.tool, line.args, line.state, line.question?.asks],
        ...[line.state === 'error' ? line.exitCode : undefined, line.count],
      ];
    case 'text':
      return line.text;
    case 'child':
      return [line.label, line.state, line.lines.map(partsOf)];
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

describe.each(RECORDINGS)('connections that are lost and taken up again in %s', (name) => {
  const gateway = new RecordedGateway(readFrames(name));
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
  const cuts = fc.array(cut, { minLength: 1, maxLength: 4 }).map((all) => {
    const sorted = [...all].sort((a, b) => a.lostAt - b.lostAt);
    return sorted.filter(
      (one, index) => index === 0 || one.lostAt >= Math.max(...sorted.slice(0, index).map((before) => before.toldAt)),
    );
  });
  const whole = new CutPlay(gateway).finish();

  it('says nothing false meanwhile, and shows the same in the end', () => {
    fc.assert(
      fc.property(cuts, (all) => {
        const play = new CutPlay(gateway);
        for (const one of all) play.cut(one);
        const told = { hasSeenAll: !all.some((one) => hasTrouble(gateway, one)), countsTokens: name !== UNCOUNTED };
        const boxes = play.finish();
        const seen = new Map(boxes.map((entry) => [entry.boxId, shown(entry, told)]));
        const expected = whole.filter(({ boxId }) => seen.has(boxId));
        expect([...seen.keys()]).toEqual(expected.map(({ boxId }) => boxId));
        expect([...seen.values()]).toEqual(expected.map((entry) => shown(entry, told)));
        // What one process saw to begin is not lost.
        if (!all.some(({ isRestart }) => isRestart)) expect([...seen.keys()]).toContain(whole[0]?.boxId);
      }),
      { seed: 2026, numRuns: PLAYS_PER_RECORDING },
    );
  });
});
