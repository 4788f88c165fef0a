import type { SessionEvent } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { type RunStart, RunTracker } from './run-tracker.ts';

const ROOT = { key: 'root', agentId: 'main', child: false };

function start(options?: ConstructorParameters<typeof RunTracker>[0]) {
  const tracker = new RunTracker<string, string>(options);
  const root = tracker.addSession(ROOT, 'what the source keeps');
  const begin = (runId: string, at: number, more: Partial<RunStart<string>> = {}) =>
    root.startRun({ runId, at, startedAt: at, evidence: [`run:${runId}`], own: runId, ...more });
  const types = () => tracker.takeEvents().map(({ type }) => type);
  return { tracker, root, begin, types };
}

const only = <T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T) =>
  events.filter((event): event is Extract<SessionEvent, { type: T }> => event.type === type);

describe('a tracked session', () => {
  it('is reported before its first run, and again only when something of it changed', () => {
    const { root, begin, types } = start();
    expect(types()).toEqual([]);
    begin('r1', 1);
    begin('r2', 2);
    root.report(3);
    expect(types()).toEqual(['session', 'run-started', 'run-started']);
    root.label = 'planner';
    root.report(4);
    expect(types()).toEqual(['session']);
  });

  it('has a parent once it was adopted, and keeps what was known of it before', () => {
    const { tracker, root } = start();
    const child = tracker.addSession({ key: 'child', agentId: 'main', child: true }, '');
    child.label = 'named by itself';
    root.adopt(child, { at: 1, label: 'named by its parent' });
    expect(tracker.takeEvents()).toMatchObject([{ sessionKey: 'child', parentKey: 'root', label: 'named by itself' }]);
  });

  it('settles the announce of the child that ended first where nothing names the child', () => {
    const { tracker, root } = start();
    for (const childKey of ['a', 'b']) root.pendingAnnounces.add(childKey);
    root.announce({ at: 1 });
    expect([...root.pendingAnnounces]).toEqual(['b']);
    root.announce({ childKey: 'b', at: 2 });
    expect([...root.pendingAnnounces]).toEqual([]);
    expect(tracker.takeEvents()).toEqual([
      { type: 'announced', sessionKey: 'root', at: 1 },
      { type: 'announced', sessionKey: 'root', at: 2, childKey: 'b' },
    ]);
  });

  it('reports the result of a child once for each of its runs', () => {
    const { root, types } = start();
    for (const childRunId of ['r1', 'r1', 'r2']) root.announce({ childKey: 'a', childRunId, at: 1 });
    expect(types()).toEqual(['announced', 'announced']);
  });

  it('is another one when its key comes again after its end', () => {
    const { tracker, root, begin, types } = start();
    begin('r1', 1).end({ outcome: 'done', at: 2 });
    types();
    root.end(3);
    root.end(4);
    tracker.removeSession(root);
    expect([types(), tracker.session('root')]).toEqual([['session-gone'], undefined]);
  });
});

describe('a tracked run', () => {
  it('is identified once, with everything by which it may be met again', () => {
    const { tracker, begin } = start();
    const run = begin('r1', 1);
    run.identify({ trigger: 'message', at: 2, evidence: ['entry:e', 'run:r1'], resumeToken: 't' });
    run.identify({ trigger: 'other', at: 3 });
    expect(only(tracker.takeEvents(), 'run-identified')).toMatchObject([
      { trigger: 'message', evidence: ['run:r1', 'entry:e'], resumeToken: 't' },
    ]);
  });

  it('stays with its account once it is known what it is for, though the session is answered by another one', () => {
    const { tracker, begin } = start();
    const run = begin('r1', 1);
    const to = (userId: string, accountId: string): void =>
      run.routeTo({ kind: 'mattermost-user', userId, accountId }, 2);
    // The row may lag behind the run.
    to('alice', 'default');
    to('alice', 'ops');
    run.identify({ trigger: 'message', at: 2 });
    to('alice', 'ops');
    to('alice', 'default');
    to('bob', 'default');
    run.routeTo({ kind: 'elsewhere', origin: 'shared' }, 3);
    const routes = only(tracker.takeEvents(), 'run-routed').map(({ route }) => route);
    expect(routes).toEqual([
      { kind: 'mattermost-user', userId: 'alice', accountId: 'default' },
      { kind: 'mattermost-user', userId: 'alice', accountId: 'ops' },
      { kind: 'mattermost-user', userId: 'bob', accountId: 'ops' },
      { kind: 'elsewhere', origin: 'shared' },
    ]);
  });

  it('reports its route when that is known and new', () => {
    const { begin, types } = start();
    const run = begin('r1', 1);
    types();
    run.routeTo(undefined, 1);
    for (const channelId of ['a', 'a', 'b']) run.routeTo({ kind: 'mattermost', channelId }, 2);
    expect(types()).toEqual(['run-routed', 'run-routed']);
  });

  it('says that it goes on after all only when something else was said before', () => {
    const { tracker, begin } = start();
    const run = begin('r1', 1);
    run.reportEnding({ outcome: null, at: 2 });
    run.reportEnding({ outcome: 'error', at: 3, text: 'rate limit' });
    run.reportEnding({ outcome: null, at: 4, text: 'not reported' });
    expect(only(tracker.takeEvents(), 'run-ending')).toMatchObject([
      { outcome: 'error', text: 'rate limit' },
      { outcome: null, at: 4 },
    ]);
    expect(run.ending).toBeUndefined();
  });

  it('ends once, not before it began; a run that waits is not at its end', () => {
    const { tracker, root, begin } = start();
    const run = begin('r1', 10);
    run.end({ outcome: 'waiting', at: 12, endedAt: 5 });
    expect([run.isOpen, root.openRuns]).toEqual([false, []]);
    run.end({ outcome: 'aborted', at: 20, reason: 'stopped' });
    run.end({ outcome: 'done', at: 30 });
    expect(only(tracker.takeEvents(), 'run-ended')).toMatchObject([
      { outcome: 'waiting', at: 12, endedAt: 10 },
      { outcome: 'aborted', at: 20, endedAt: 20, reason: 'stopped' },
    ]);
    expect(root.lastEnd).toEqual({ outcome: 'aborted', at: 20, endedAt: 20 });
  });

  it('goes on in its old place when it was given up and is found again', () => {
    const { root, begin } = start();
    const [first, second] = [begin('r1', 1), begin('r2', 2)];
    first.end({ outcome: 'interrupted', at: 3, givenUp: true });
    expect(root.openRuns).toEqual([second]);
    first.reportFound(4);
    second.end({ outcome: 'done', at: 5 });
    second.reportFound(6);
    expect(root.openRuns).toEqual([first]);
    expect([first.isOpen, second.isOpen]).toEqual([true, false]);
  });

  it('is remembered for a while after its end, longer when it was given up', () => {
    const { tracker, begin } = start({ rememberedRuns: 1 });
    begin('given up', 1).end({ outcome: 'interrupted', at: 1, givenUp: true });
    const open = begin('open', 2);
    for (const runId of ['r1', 'r2']) begin(runId, 3).end({ outcome: 'done', at: 3 });
    expect([...tracker.runs()].map(({ runId }) => runId)).toEqual(['given up', 'open']);
    open.end({ outcome: 'done', at: 4 });
    expect(tracker.run('given up')?.givenUp).toBe(true);
  });
});

describe('what outlives a moment', () => {
  const approval = { approvalId: 'a', callId: 'c', since: 2, until: 9 };

  it('is an approval until it is decided, or its run is over for good', () => {
    const { tracker, begin, types } = start();
    const run = begin('r1', 1);
    run.requestApproval(approval);
    run.requestApproval(approval);
    expect(run.openApprovals).toEqual([approval]);
    expect([run.closeApproval('a', 3), run.closeApproval('a', 4), run.closeApproval('other', 4)]).toEqual([
      true,
      false,
      false,
    ]);
    run.requestApproval({ ...approval, approvalId: 'b' });
    run.end({ outcome: 'interrupted', at: 5, givenUp: true });
    expect(only(tracker.takeEvents(), 'approval-requested')).toHaveLength(2);
    run.reportFound(6);
    expect(only(tracker.takeEvents(), 'approval-requested')).toMatchObject([{ approvalId: 'b', at: 2, until: 9 }]);
    run.end({ outcome: 'done', at: 7 });
    run.requestApproval(approval);
    expect([run.openApprovals, types()]).toEqual([[], ['run-ended']]);
  });

  it('is a command in the background, whose end is reported once, after its call', () => {
    const { root, begin, types } = start();
    const run = begin('r1', 1);
    types();
    const call = { type: 'tool-ended', entryId: 'e', callId: 'c', tool: 'exec', outcome: 'background' } as const;
    const end = { backgroundId: 'early', outcome: 'ok', at: 2, endedAt: 2 } as const;
    root.endBackground(end);
    expect(types()).toEqual([]);
    run.report({ ...call, at: 3, backgroundId: 'early' });
    root.endBackground(end);
    expect(types()).toEqual(['tool-ended', 'background-ended']);
    run.report({ ...call, at: 4, backgroundId: 'late' });
    run.end({ outcome: 'done', at: 5 });
    root.endBackground({ ...end, backgroundId: 'late', at: 6 });
    expect(types()).toEqual(['tool-ended', 'run-ended', 'background-ended']);
  });

  it('is a command that still runs, however many others have ended since', () => {
    const { tracker, root, begin } = start();
    const run = begin('r1', 1);
    const call = { type: 'tool-ended', entryId: 'e', callId: 'c', tool: 'exec', outcome: 'background', at: 2 } as const;
    const end = (backgroundId: string) => root.endBackground({ backgroundId, outcome: 'ok', at: 3, endedAt: 3 });
    run.report({ ...call, backgroundId: 'server' });
    for (let n = 0; n < 1_000; n += 1) {
      run.report({ ...call, backgroundId: `job${n}` });
      end(`job${n}`);
      end(`never heard of ${n}`);
    }
    tracker.takeEvents();
    end('server');
    end('job999');
    expect(only(tracker.takeEvents(), 'background-ended')).toMatchObject([{ backgroundId: 'server' }]);
  });

  it('is a plan, and the token by which the run is found again; what is known of them is not said again', () => {
    const { begin, types } = start();
    const run = begin('r1', 1, { resumeToken: 'first' });
    types();
    run.setPlan([], 2);
    run.replaceResumeToken('first', 2);
    expect(types()).toEqual([]);
    for (const at of [3, 4]) run.setPlan([{ text: 'a', status: 'open' }], at);
    for (const at of [3, 4]) run.replaceResumeToken('second', at);
    run.setPlan([], 5);
    expect(types()).toEqual(['plan-changed', 'run-resumable', 'plan-changed']);
  });
});
