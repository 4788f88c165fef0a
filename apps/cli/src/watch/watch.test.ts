import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Box } from '@live-status/session-state';
import { createLabels, createLanguage } from '@live-status/status-render';
import { describe, expect, it } from 'vitest';
import { type FeedEvent, type LiveBox, readFeed } from './feed.ts';
import { screenOf } from './watch-screen.ts';
import { currentBox, FIRST_STATE, type Key, visibleBoxes, type WatchState, withEvent, withKey } from './watch-state.ts';

function live(boxId: string, state: Box['state'] = 'active', lines: Box['lines'] = []): LiveBox {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const box: Box = { boxId, title: boxId, state, startedAt: 0, tokens, earlierLines: 0, lines, thinking: false };
  return { boxId, sessionKey: `agent:${boxId}`, postUrl: `https://chat.example.com/_redirect/pl/${boxId}`, box };
}

function stateOf(...boxes: readonly LiveBox[]): WatchState {
  const events: FeedEvent[] = boxes.map((box) => ({ type: 'box', box }));
  return [...events, { type: 'order', boxIds: boxes.map(({ boxId }) => boxId) } as const].reduce(
    withEvent,
    FIRST_STATE,
  );
}

function press(state: WatchState, ...keys: readonly (string | Key)[]): WatchState {
  return keys.reduce<WatchState>(
    (before, key) => withKey(before, typeof key === 'string' ? { name: key, sequence: key } : key)[0],
    state,
  );
}

const words = { labels: createLabels(), language: createLanguage() };
const screen = (state: WatchState, columns = 60, rows = 10): string[] =>
  screenOf(state, { columns, rows, nowMs: 65_000, colors: false, words });
const text = (id: string, words: string) => ({ kind: 'text', id, text: words }) as const;

describe('the screen', () => {
  it('shows open boxes with their lines, ended ones as one line, and the keys', () => {
    const state = stateOf(live('ops', 'waiting'), live('main', 'active', [text('1', 'Looking.')]), live('old', 'done'));
    expect(screen(withEvent(state, { type: 'health', health: { status: 'ok', reasons: [] } }))).toEqual([
      'Live Status ok  1 waiting, 1 active',
      '> [WAITING] ops | 1m 05s',
      '  [ACTIVE] main | 1m 05s',
      '    Looking.',
      '  [DONE] old | 1m 05s',
      '',
      '',
      '',
      '',
      'q quit  / filter  ↑↓ move  enter open/close  e all  o open …',
    ]);
  });

  it('says when nobody is at work, what is wrong, and when there is no connection', () => {
    expect(screen(FIRST_STATE)).toContain('No agent is at work.');
    const reasons = [{ what: 'Mattermost is away', fix: 'wait' }];
    const failing = withEvent(FIRST_STATE, { type: 'health', health: { status: 'failing', reasons } });
    expect(screen(failing)[1]).toBe('! Mattermost is away -> wait');
    expect(screen(withEvent(failing, { type: 'lost', why: 'ECONNREFUSED' }))[1]).toMatch(/^! not connected/);
  });

  it('is exactly as high as the terminal, never wider, and shows the box of the cursor', () => {
    const many = Array.from({ length: 200 }, (_, index) => live(`box${index}`, 'active', [text('1', 'x'.repeat(300))]));
    let state = stateOf(...many);
    for (const [columns, rows] of [
      [80, 24],
      [20, 5],
      [300, 2],
      [1, 1],
    ] as const) {
      const lines = screen(state, columns, rows);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    }
    for (let index = 0; index < 150; index += 1) state = press(state, 'j');
    expect(screen(state, 80, 24).find((line) => line.startsWith('>'))).toContain('box150');
  });

  it('writes no control character that a box holds', () => {
    const nasty = live('x', 'active', [text('1', 'a\u001b[2Jb\u0007\r\nc')]);
    expect(screen(stateOf(nasty)).join('')).not.toMatch(/\p{Cc}/u);
  });

  it('writes no control character of what health or a lost connection says', () => {
    const said = 'closed (1008 \u001b[2J\u001b]0;title\u0007\nall is well)';
    const health = { status: 'failing', reasons: [{ what: said, fix: said }] } as const;
    const failing = withEvent(FIRST_STATE, { type: 'health', health });
    expect(screen(failing, 300).join('')).not.toMatch(/\p{Cc}/u);
    expect(screen(withEvent(failing, { type: 'lost', why: said }), 300).join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('keys', () => {
  const state = stateOf(live('a'), live('b', 'error'), live('c', 'done'));

  it('move between boxes and stop at both ends', () => {
    expect(currentBox(state)?.boxId).toBe('a');
    expect(currentBox(press(state, 'j', 'down'))?.boxId).toBe('c');
    expect(currentBox(press(state, 'j', 'j', 'j', 'j', 'k'))?.boxId).toBe('b');
    expect(currentBox(press(state, 'up'))?.boxId).toBe('a');
  });

  it('filter while typing, take back letters, and end with escape', () => {
    const typing = press(state, '/', 'e', 'r', 'r');
    expect(visibleBoxes(typing).map(({ boxId }) => boxId)).toEqual(['b']);
    expect(visibleBoxes(press(typing, 'x'))).toEqual([]);
    expect(visibleBoxes(press(typing, 'x', { name: 'backspace' }, { name: 'return' }))).toHaveLength(1);
    expect(visibleBoxes(press(typing, { name: 'escape' }))).toHaveLength(3);
    expect(press(state, '/', 'q').filter).toBe('q');
  });

  it('open and close the box of the cursor, or all of them', () => {
    expect(press(state, { name: 'return' }).opened.get('a')).toBe(false);
    expect([...press(state, 'e').opened.values()]).toEqual([true, true, true]);
    expect([...press(state, 'e', 'e').opened.values()]).toEqual([false, false, false]);
  });

  it('ask to quit, and to open the post', () => {
    expect(withKey(state, { name: 'q', sequence: 'q' })[1]).toEqual({ type: 'quit' });
    expect(withKey(state, { name: 'c', ctrl: true })[1]).toEqual({ type: 'quit' });
    expect(withKey(state, { name: 'o', sequence: 'o' })[1]).toEqual({
      type: 'open',
      url: 'https://chat.example.com/_redirect/pl/a',
    });
  });

  it.each(['file:///tmp/a.desktop', 'javascript:alert(1)', '-a', ''])('open nothing but pages: %s', (postUrl) => {
    expect(withKey(stateOf({ ...live('a'), postUrl }), { name: 'o', sequence: 'o' })[1]).toBeUndefined();
  });

  it('keep the cursor on its box when others come and go', () => {
    const moved = press(state, 'j');
    const reordered = withEvent(moved, { type: 'order', boxIds: ['c', 'b'] });
    expect(currentBox(reordered)?.boxId).toBe('b');
    expect(currentBox(withEvent(moved, { type: 'order', boxIds: ['c'] }))?.boxId).toBe('c');
  });
});

describe('the feed', () => {
  it('passes over events that are not of a daemon', async () => {
    const box = live('a');
    const sent = [
      ['box', 'null'],
      ['box', '{"boxId":"b"}'],
      ['order', '{}'],
      ['order', '[1]'],
      ['health', '[]'],
      ['health', '{"status":"ok"}'],
      ['box', 'not JSON'],
      ['box', JSON.stringify(box)],
    ];
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [name, data] of sent) response.write(`event: ${name}\ndata: ${data}\n\n`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const stop = new AbortController();
    try {
      const { port } = server.address() as AddressInfo;
      const first = await readFeed({ url: `http://127.0.0.1:${port}` }, stop.signal).next();
      expect(first.value).toEqual({ type: 'box', box });
    } finally {
      stop.abort();
      server.closeAllConnections();
      server.close();
    }
  });
});
