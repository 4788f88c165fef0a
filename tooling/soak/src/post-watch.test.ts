import type { Post } from '@live-status/simulators/mattermost';
import { expect, it } from 'vitest';
import type { Conversation } from './conversation.ts';
import { PostWatch } from './post-watch.ts';
import { type End, Work } from './work.ts';

/** A watch whose time a test moves on, and a piece of work with one call, `soak-1-1`. */
function begun(play = 'calls') {
  const time = { now: 0 };
  const surroundings = { isCalm: true, calmSince: 0 };
  const watch = new PostWatch(surroundings, () => time.now);
  const work = new Work(1, play, watch);
  const conversation = { call: () => {} } as unknown as Conversation;
  const call = (): string => work.call(conversation);
  const show = (state: string, text: string, id = 'post'): void => {
    watch.shown({ id, message: `**[${state}] main** | 3s\n- exec: \`${text}\`` } as Post);
  };
  return { time, surroundings, watch, work, call, show };
}

it.each<[what: string, ends: readonly End[], shown: string, problem: RegExp | undefined]>([
  ['the true end', ['DONE'], 'DONE', undefined],
  ['one of two true ends', ['INTERRUPTED', 'DONE'], 'DONE', undefined],
  ['another end', ['ERROR'], 'DONE', /DONE instead of ERROR/],
  ['no end', ['DONE'], 'ACTIVE', /ACTIVE instead of DONE/],
])('judges a post with %s', (_what, ends, shown, problem) => {
  const { time, watch, work, call, show } = begun();
  show(shown, call());
  time.now = 10_000;
  work.end(...ends);
  time.now = 71_000;
  watch.check();
  expect(watch.problems).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)]);
  expect(watch.unsettled).toBe(0);
});

it('gives the daemon a minute after the latest trouble', () => {
  const { time, surroundings, watch, work, call, show } = begun();
  show('ACTIVE', call());
  work.end('DONE');
  time.now = 100_000;
  surroundings.calmSince = 50_000;
  watch.check();
  expect([watch.unsettled, watch.problemCount]).toEqual([1, 0]);
  surroundings.calmSince = 30_000;
  watch.check();
  expect([watch.unsettled, watch.problemCount]).toEqual([0, 1]);
});

it('finds a second post, a missing one, and one that must not say something any more', () => {
  const twice = begun();
  const command = twice.call();
  twice.show('DONE', command, 'one');
  twice.show('DONE', command, 'two');
  const missing = begun();
  missing.call();
  const background = begun();
  background.work.forbidden = /in background/;
  background.show('DONE', `${background.call()} | 1 in background`);
  for (const { time, work, watch } of [twice, missing, background]) {
    time.now = 20_000;
    work.end('DONE');
    watch.check({ atEnd: true });
  }
  expect(twice.watch.problems[0]).toContain('2 posts show it');
  expect(missing.watch.problems[0]).toContain('no post shows it');
  expect(background.watch.problems[0]).toContain('still says');
});

it('asks for no post of work that was over in a moment', () => {
  const { time, watch, work, call } = begun();
  call();
  time.now = 2_000;
  work.cut();
  watch.check({ atEnd: true });
  expect(watch.problems).toEqual([]);
});

it('finds work that becomes active after its end', () => {
  const { time, watch, work, call, show } = begun();
  const command = call();
  show('DONE', command);
  work.end('DONE');
  time.now = 30_000;
  watch.check();
  show('DONE', command);
  expect(watch.problems).toEqual([]);
  show('ACTIVE', command);
  expect(watch.problems).toEqual([expect.stringContaining('ACTIVE again')]);
});

it('measures from a call to the edit that shows it, while nothing is wrong', () => {
  const { time, surroundings, watch, call, show } = begun();
  // The create waits on purpose.
  const first = call();
  time.now = 1_500;
  show('ACTIVE', first);
  const second = call();
  time.now = 1_510;
  show('ACTIVE', second);
  show('ACTIVE', second);
  surroundings.isCalm = false;
  const third = call();
  time.now = 9_000;
  surroundings.isCalm = true;
  show('ACTIVE', third);
  expect(watch.takeLatencies()).toMatchObject({ count: 1, p50: expect.closeTo(10, 0) });
  expect(watch.takeLatencies().count).toBe(0);
  expect(watch.latencies.count).toBe(1);
});
