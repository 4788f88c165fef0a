import type { LiveContent, Target } from '@live-status/mm-poster';
import type { BoxEntry, ToolLine } from '@live-status/session-state';
import { createLabels } from '@live-status/status-render';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Destination } from './destination.ts';
import { type NoticeKind, Notices, type OpenNotice, readOpenNotice } from './notices.ts';

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
  const rest = { sessionKey: 's', worthPost: true, settled: false, old: false, evidence: [], resumeTokens: [] };
  return { boxId: 'b', askedBy: 'alice', ...rest, ...fields, box };
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
  kinds: readonly NoticeKind[],
  adopted = new Map<string, { destination: Destination; notice: OpenNotice }>(),
) {
  const poster = new Posts();
  const options = { labels: createLabels(), botName: () => 'openclaw', log: pino({ level: 'silent' }) };
  return { poster, notices: new Notices({ ...options, poster: poster as never, kinds, adopted }) };
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
  const failed = entry([], { state: 'error', settled: true, route: { kind: 'background', origin: 'cron' } });
  const done = entry([], { state: 'done', settled: true, route: { kind: 'background', origin: 'cron' } });

  it.for<[NoticeKind[], number]>([
    [['waiting'], 0],
    [['errors'], 1],
    [['all'], 2],
  ])('notifies with %j', ([kinds, count]) => {
    const { notices: all, poster } = notices(kinds);
    all.update({ ...failed, settled: false }, background);
    all.update(failed, background);
    all.update({ ...done, boxId: 'c' }, background);
    expect(poster.shown).toHaveLength(count);
  });

  it('notifies nobody of a conversation, of old work, or of work that goes on', () => {
    const { notices: all, poster } = notices(['all']);
    all.update({ ...failed, route: { kind: 'mattermost', channelId: 'c' } }, conversation);
    all.update({ ...failed, old: true }, background);
    all.update({ ...failed, settled: false }, background);
    expect(poster.shown).toEqual([]);
  });
});
