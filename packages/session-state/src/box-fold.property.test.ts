import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storeOf } from './box-fold.ts';
import type { BoxEntry, SessionEvent, Tick } from './index.ts';
import { BoxFold, DEFAULT_RULES } from './index.ts';
import { expectIndexed } from './testing/expect-indexed.ts';
import { story } from './testing/story.ts';

const rules = { ...DEFAULT_RULES, maxLines: 3 };

function folded(...parts: readonly (SessionEvent | Tick)[][]): BoxFold {
  const fold = new BoxFold({ rules });
  for (const part of parts) fold.fold(part);
  return fold;
}

const views = (fold: BoxFold): (BoxEntry | undefined)[] => fold.boxIds().map((boxId) => fold.view(boxId));

/** When the last event of a story was. */
const endOf = (events: readonly SessionEvent[]): number => events.at(-1)?.at ?? 0;

describe('BoxFold, for any story', () => {
  it('gives the same from any prefix as at once', () => {
    fc.assert(
      fc.property(story, fc.nat(60), (events, cut) => {
        const end: Tick = { type: 'tick', at: endOf(events) + 1 };
        const whole = folded(events, [end]);
        const parts = folded(events.slice(0, cut), events.slice(cut), [end]);
        expect(views(parts)).toEqual(views(whole));
      }),
    );
  });

  it('gives the same however often it ticks', () => {
    fc.assert(
      fc.property(story, (events) => {
        const end: Tick = { type: 'tick', at: endOf(events) + 400_000 };
        const seldom = folded([...events, end]);
        const often = folded();
        for (const event of [...events, end]) {
          for (;;) {
            const at = often.nextDeadline();
            if (at === undefined || at > event.at) break;
            often.fold([{ type: 'tick', at }]);
          }
          often.fold([event]);
        }
        expect(views(often)).toEqual(views(seldom));
      }),
    );
  });

  it('changes nothing by itself before its next deadline', () => {
    fc.assert(
      fc.property(story, (events) => {
        const fold = folded(events);
        const at = (fold.nextDeadline() ?? endOf(events) + 1_000_000_000) - 1;
        fc.pre(at >= endOf(events));
        const before = views(fold);
        // Made to search for what is due, where it would trust its index.
        for (const boxId of fold.boxIds()) storeOf(fold).touch(boxId);
        const { settled } = fold.fold([{ type: 'tick', at }]);
        expect(views(fold)).toEqual(before);
        expect(settled).toEqual([]);
      }),
    );
  });

  it('never changes a view that it gave', () => {
    fc.assert(
      fc.property(story, story, (first, second) => {
        const fold = folded(first);
        const given = views(fold);
        const copy = structuredClone(given);
        fold.fold(second);
        expect(given).toEqual(copy);
      }),
    );
  });

  it('finds by its indices what a full search finds', () => {
    fc.assert(
      fc.property(story, (events) => {
        const fold = folded();
        for (const event of events) {
          fold.fold([event]);
          expectIndexed(storeOf(fold));
        }
      }),
    );
  });

  it('keeps every box bounded and every change reported', () => {
    fc.assert(
      fc.property(story, (events) => {
        const fold = folded();
        for (const event of events) {
          const before = new Map(fold.boxIds().map((boxId) => [boxId, fold.view(boxId)]));
          const { changed, settled } = fold.fold([event]);
          const left = [...before.keys()].filter((boxId) => fold.view(boxId) === undefined);
          expect(settled.map((entry) => entry.boxId)).toEqual(expect.arrayContaining(left));
          for (const boxId of fold.boxIds()) {
            const view = fold.view(boxId);
            expect(JSON.stringify(view).length).toBeLessThan(20_000);
            if (!changed.has(boxId)) expect(view).toEqual(before.get(boxId));
          }
        }
      }),
    );
  });

  it('ends empty when all runs ended and time went by', () => {
    fc.assert(
      fc.property(story, (events) => {
        const fold = folded(events);
        const at = endOf(events) + 1;
        const started = events.filter((event) => event.type === 'run-started');
        const ends = started.map(
          ({ sessionKey, runId }): SessionEvent => ({
            type: 'run-ended',
            at,
            endedAt: at,
            sessionKey,
            runId,
            outcome: 'done',
          }),
        );
        fold.fold([...ends, { type: 'tick', at: at + 200_000_000 }]);
        expect(fold.boxIds()).toEqual([]);
        expect(fold.nextDeadline()).toBeUndefined();
      }),
    );
  });
});
