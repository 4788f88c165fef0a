import type { EffectiveRule } from '@live-status/channel-rules';
import type { LiveContent, Target } from '@live-status/mm-poster';
import type { BoxEntry, ToolLine } from '@live-status/session-state';
import { createLabels, createLanguage } from '@live-status/status-render';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Destination } from './destination.ts';
import { type AdoptedNotice, Notices, type NoticesOptions, type OpenNotice, readOpenNotice } from './notices.ts';

const approval = { approvalId: '24510235-574f', since: 0 };
const call: ToolLine = {
  ...{
    kind: 'tool',
    id: 'a',
    tool: 'exec',
    args: { command: 'rm -rf build' },
    state: 'running',
    startedAt: 0,
    count: 1,
  },
};
const conversation: Destination = { target: { channelId: 'c', rootId: 'r' }, show: 'conversation' };
const background: Destination = { target: { channelId: 'bots' }, show: 'background' };

function entry(
  lines: readonly ToolLine[],
  more: Partial<BoxEntry> & { state?: BoxEntry['box']['state'] } = {},
): BoxEntry {
  const { state = 'waiting', ...fields } = more;
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const box = { boxId: 'b', title: 'main', state, startedAt: 0, tokens, earlierLines: 0, lines, thinking: false };
  const rest = { sessionKey: 's', worthPost: true, ended: false, settled: false, silent: false, old: false };
  const ids = { evidence: [], resumeTokens: [] };
  return { boxId: 'b', askedBy: 'alice', ...rest, ...ids, ...fields, box };
}

/** A poster that keeps what it was told. */
class Posts {
  readonly shown: { id: string; target: Target; text: string; notify: boolean; data?: unknown; final: boolean }[] = [];
  readonly #keep = (id: string, target: Target, content: LiveContent, data: unknown, final: boolean): void => {
    const text = content.render({ nowMs: 0, maxChars: 1_000 }).message;
    this.shown.push({ id, target, text, notify: content.notify === true, data, final });
  };
  show(id: string, target: Target, content: LiveContent, data?: unknown): void {
    this.#keep(id, target, content, data, false);
  }
  async finish(id: string, target: Target, content: LiveContent): Promise<{ delivered: true; postId: string }> {
    this.#keep(id, target, content, undefined, true);
    return { delivered: true, postId: 'p' };
  }
}

function notices(
  notify: EffectiveRule['notify'],
  adopted = new Map<string, AdoptedNotice>(),
  userName?: NoticesOptions['userName'],
) {
  const poster = new Posts();
  const person = userName === undefined ? {} : { userName };
  const options = {
    words: { labels: createLabels(), language: createLanguage() },
    botName: () => 'openclaw',
    log: pino({ level: 'silent' }),
    ...person,
  };
  const ruleOf = () => ({ show: 'full', notify, arguments: true }) as const;
  return { poster, notices: new Notices({ ...options, poster: poster as never, ruleOf, adopted }) };
}

const texts = ({ shown }: Posts): [string, boolean][] => shown.map(({ text, final }) => [text, final]);

describe('a call that waits for approval', () => {
  const waiting = entry([{ ...call, approval }]);

  it('notifies once, in the place of its post, and says in the end how it was decided', () => {
    const { notices: all, poster } = notices(['waiting']);
    all.update(waiting, conversation);
    all.update(waiting, conversation);
    expect(poster.shown).toMatchObject([{ target: conversation.target, notify: true, final: false }]);
    expect(poster.shown[0]?.text).toMatch(
      /^@alice Waiting for approval: `rm -rf build`\. Answer here: `@openclaw \/approve/,
    );
    all.update(entry([call], { state: 'active' }), conversation);
    all.update(entry([{ ...call, state: 'denied' }], { state: 'active' }), conversation);
    all.update(entry([{ ...call, state: 'denied' }], { state: 'active' }), conversation);
    expect(texts(poster).slice(1)).toEqual([
      ['No longer waiting: `rm -rf build`', false],
      ['Denied: `rm -rf build`', true],
    ]);
  });

  describe('of a person whose id is known', () => {
    const byId = { ...waiting, askedById: 'a1ice000000000000000000000' };

    it('mentions the user name that the account of the conversation sees', async () => {
      const name = Promise.withResolvers<string | undefined>();
      const asked: unknown[] = [];
      const userName = (...who: unknown[]): Promise<string | undefined> => {
        asked.push(who);
        return name.promise;
      };
      const { notices: all, poster } = notices(['waiting'], new Map(), userName);
      const inOps = { ...conversation, target: { channelId: 'c', account: 'ops' } };
      all.update(byId, inOps);
      all.update(byId, inOps);
      expect(poster.shown).toEqual([]);
      name.resolve('alice.w');
      await name.promise;
      await Promise.resolve();
      expect(poster.shown).toMatchObject([{ text: expect.stringMatching(/^@alice\.w Waiting for approval/) }]);
      expect(asked).toEqual([['ops', 'a1ice000000000000000000000']]);
    });

    it('mentions nobody where the server does not say who that is', async () => {
      const { notices: all, poster } = notices(['waiting'], new Map(), async () => undefined);
      all.update(byId, conversation);
      await Promise.resolve();
      await Promise.resolve();
      expect(poster.shown).toMatchObject([{ text: expect.stringMatching(/^Waiting for approval/) }]);
    });

    it.each([
      ['decided', entry([{ ...call, state: 'denied' }], { state: 'active' })],
      ['let through', entry([call], { state: 'active' })],
    ] as const)('is not posted at all when it was %s before that', async (_how, later) => {
      const name = Promise.withResolvers<string | undefined>();
      const { notices: all, poster } = notices(['waiting'], new Map(), () => name.promise);
      all.update(byId, conversation);
      all.update(later, conversation);
      name.resolve('alice');
      await name.promise;
      await Promise.resolve();
      expect(poster.shown).toEqual([]);
    });
  });

  it('waits no longer when its box is final, whatever the call does', () => {
    const { notices: all, poster } = notices(['waiting']);
    all.update(waiting, conversation);
    all.update({ ...waiting, settled: true }, conversation);
    expect(texts(poster).slice(1)).toEqual([['No longer waiting: `rm -rf build`', true]]);
  });

  it('is not mistaken for a later call of the same id', () => {
    const { notices: all, poster } = notices(['waiting']);
    const later: ToolLine = { ...call, startedAt: 5, state: 'ok' };
    all.update(entry([{ ...call, approval }, later]), conversation);
    all.update(entry([{ ...call, approval }, later]), conversation);
    expect(poster.shown).toMatchObject([{ final: false }]);
    all.update(entry([{ ...call, state: 'denied' }, later]), conversation);
    expect(texts(poster).slice(1)).toEqual([['Denied: `rm -rf build`', true]]);
  });

  it('notifies nobody of a heartbeat', () => {
    const { notices: all, poster } = notices(['waiting']);
    all.update({ ...waiting, silent: true }, conversation);
    all.update(entry([{ ...call, approval: { ...approval, quiet: true } }]), conversation);
    expect(poster.shown).toEqual([]);
  });

  it('notifies nobody where that is off', () => {
    const { notices: none, poster } = notices(['errors', 'all']);
    none.update(waiting, conversation);
    expect(poster.shown).toEqual([]);
  });

  it('is decided by the next process, which keeps its notice', () => {
    const first = notices(['waiting']);
    first.notices.update(waiting, conversation);
    const [{ data, id } = { data: undefined, id: '' }] = first.poster.shown;
    const notice = readOpenNotice(JSON.parse(JSON.stringify(data)));
    if (notice === undefined) throw new Error('not read back');
    const next = notices(['waiting'], new Map([[id, { destination: conversation, notice }]]));
    next.notices.update(waiting, conversation);
    expect(next.poster.shown).toEqual([]);
    next.notices.update(entry([{ ...call, state: 'ok' }], { state: 'active' }), conversation);
    expect(texts(next.poster)).toEqual([['Approved: `rm -rf build`', true]]);
  });

  it('notifies in the next process when the previous one did not get to it', () => {
    const notice: OpenNotice = {
      kind: 'approval-notice',
      forBox: 'b',
      show: 'conversation',
      line: { ...call, approval },
      askedBy: 'alice',
    };
    const adopted = new Map([['b/24510235-574f', { destination: conversation, notice, isUnposted: true }]]);
    const { notices: next, poster } = notices(['waiting'], adopted);
    next.update(waiting, conversation);
    next.update(waiting, conversation);
    expect(poster.shown).toMatchObject([{ text: expect.stringMatching(/^@alice Waiting for approval/), final: false }]);
    next.update(entry([{ ...call, state: 'ok' }], { state: 'active' }), conversation);
    expect(texts(poster).slice(1)).toEqual([['Approved: `rm -rf build`', true]]);
  });

  it('whose box was not found again waits no longer', () => {
    const notice: OpenNotice = {
      kind: 'approval-notice',
      forBox: 'gone',
      show: 'conversation',
      line: { ...call, approval },
    };
    const { notices: all, poster } = notices(['waiting'], new Map([['n', { destination: conversation, notice }]]));
    all.closeLost((boxId) => boxId !== 'gone');
    expect(texts(poster)).toEqual([['No longer waiting: `rm -rf build`', true]]);
  });
});

describe('the end of background work', () => {
  const route = { kind: 'background', origin: 'cron' } as const;
  const failed = entry([], { state: 'error', ended: true, settled: true, route });
  const done = entry([], { state: 'done', ended: true, settled: true, route });
  const cut = entry([], { state: 'interrupted', ended: true, route });

  it.for<[EffectiveRule['notify'], number]>([
    [['waiting'], 0],
    [['errors'], 1],
    [['all'], 2],
  ])('notifies with %j', ([kinds, count]) => {
    const { notices: all, poster } = notices(kinds);
    all.update({ ...failed, ended: false, settled: false }, background);
    all.update(failed, background);
    all.update({ ...done, boxId: 'c' }, background);
    expect(poster.shown).toHaveLength(count);
  });

  it('notifies nobody of a conversation, of old work, of heartbeats, or of work that goes on', () => {
    const { notices: all, poster } = notices(['all']);
    all.update({ ...failed, route: { kind: 'mattermost', channelId: 'c' } }, conversation);
    all.update({ ...failed, old: true }, background);
    all.update({ ...failed, silent: true }, background);
    all.update({ ...failed, ended: false, settled: false }, background);
    expect(poster.shown).toEqual([]);
  });

  it('is not held back by what may still change, and is corrected by it', () => {
    const { notices: all, poster } = notices(['errors']);
    all.update(cut, background);
    all.update(cut, background);
    expect(texts(poster)).toEqual([['main was interrupted after 0s: the agent stopped', false]]);
    expect(poster.shown[0]).toMatchObject({ notify: true, target: background.target });
    all.update({ ...cut, ended: false, box: { ...cut.box, state: 'active' } }, background);
    all.update({ ...done, settled: false }, background);
    all.update(done, background);
    expect(texts(poster).slice(1)).toEqual([
      ['main is done after 0s', false],
      ['main is done after 0s', true],
    ]);
  });

  it('is told by the next process, which keeps the notice of the one before', () => {
    const first = notices(['errors']);
    first.notices.update(cut, background);
    const [{ data, id } = { data: undefined, id: '' }] = first.poster.shown;
    const notice = readOpenNotice(JSON.parse(JSON.stringify(data)));
    if (notice === undefined) throw new Error('not read back');
    const next = notices(['errors'], new Map([[id, { destination: background, notice }]]));
    next.notices.closeLost(() => true);
    next.notices.update({ ...done }, background);
    expect(next.poster.shown).toMatchObject([{ id, text: 'main is done after 0s', final: true }]);
  });

  it('is told of a box whose run was not found again', () => {
    const { notices: all, poster } = notices(['errors']);
    all.endLost(cut.box, background);
    all.endLost(done.box, background);
    all.endLost(cut.box, conversation);
    expect(texts(poster)).toEqual([['main was interrupted after 0s: the agent stopped', true]]);
  });

  it('stays as it was where its box is not known any more', () => {
    const notice: OpenNotice = { kind: 'end-notice', forBox: 'gone', show: 'background', text: 'main failed' };
    const { notices: all, poster } = notices(['errors'], new Map([['n', { destination: background, notice }]]));
    all.closeLost((boxId) => boxId !== 'gone');
    expect(texts(poster)).toEqual([['main failed', true]]);
  });
});
