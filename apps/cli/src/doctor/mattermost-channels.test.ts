import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findChannels } from './mattermost-channels.ts';
import { readCatalogs } from './session-rows.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-status-channels-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const NOW = 1_800_000_000_000;
const id = (letter: string): string => letter.repeat(26);
const session = (to: string, updatedAt: number, context: object = {}) => ({
  updatedAt,
  deliveryContext: { channel: 'mattermost', to, ...context },
});

function writeJson(path: string, content: object): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

const find = (...accounts: (string | undefined)[]): readonly string[] =>
  findChannels(readCatalogs({ transcriptDir: join(root, 'agents') }), {
    now: NOW,
    accounts: accounts.length > 0 ? accounts : [undefined, 'default'],
    stateDir: join(root, 'state'),
  });

it('finds the channels of recent sessions of this account, the latest first, and those of open posts', () => {
  writeJson('agents/main/sessions/sessions.json', {
    a: session(`channel:${id('a')}`, NOW - 2),
    b: session(`channel:${id('b')}`, NOW - 1, { accountId: 'default' }),
    again: session(`channel:${id('b')}`, NOW - 9),
    direct: session(`user:${id('u')}`, NOW),
    old: session(`channel:${id('o')}`, NOW - 31 * 86_400_000),
    ops: session(`channel:${id('p')}`, NOW, { accountId: 'ops' }),
    telegram: { updatedAt: NOW, deliveryContext: { channel: 'telegram', to: `channel:${id('t')}` } },
  });
  writeJson('agents/other/sessions/sessions.json', { c: session(`channel:${id('c')}`, NOW - 3) });
  writeJson('state/ledger.json', { entries: [{ channelId: id('d') }, { channelId: id('a') }, {}] });
  expect(find()).toEqual([id('d'), id('a'), id('b'), id('c')]);
  expect(find('ops')).toEqual([id('d'), id('a'), id('p')]);
});

it('finds nothing where there is nothing to read', () => {
  expect(find()).toEqual([]);
  writeJson('agents/main/sessions/sessions.json', []);
  writeJson('state/ledger.json', { entries: 7 });
  expect(find()).toEqual([]);
});
