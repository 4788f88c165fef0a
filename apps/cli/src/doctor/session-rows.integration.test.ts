import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@live-status/openclaw-config';
import type { Settings } from '@live-status/settings';
import { FakeGateway } from '@live-status/simulators/gateway';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attemptGateway } from './attempt-gateway.ts';
import { findChannels } from './mattermost-channels.ts';
import { readCatalogs, readSessions } from './session-rows.ts';

const NOW = Date.now();
const id = (letter: string): string => letter.repeat(26);
const row = (letter: string, updatedAt = NOW) => ({
  updatedAt,
  deliveryContext: { channel: 'mattermost', to: `channel:${id(letter)}` },
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-status-rows-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, ...letters: readonly string[]): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(Object.fromEntries(letters.map((letter) => [letter, row(letter)]))));
}

const keys = (sessionStore: string): readonly string[] =>
  readCatalogs({ transcriptDir: join(root, 'agents'), sessionStore: join(root, sessionStore) }).map(({ key }) => key);

it.for([
  ['store.json', ['a']],
  ['data/{agentId}/store.json', ['b', 'c']],
  ['data/of-{agentId}.json', ['d']],
  ['data/of-{agentId}/deep/x-{agentId}.json', ['e']],
  ['nowhere/{agentId}.json', []],
] as const)('reads the catalogs that session.store names: %s', ([store, expected]) => {
  write('agents/main/sessions/sessions.json', 'z');
  write('store.json', 'a');
  write('data/main/store.json', 'b');
  write('data/ops/store.json', 'c');
  write('data/of-main.json', 'd');
  write('data/of-main/deep/x-main.json', 'e');
  expect(keys(store).toSorted()).toEqual(expected);
});

it('follows session.store only where the transcripts are those of OpenClaw, and SESSIONS_JSON always', async () => {
  write('agents/main/sessions/sessions.json', 'z');
  write('store.json', 'a');
  write('own.json', 'o');
  const openclaw = { agentsDir: join(root, 'agents'), sessionStore: join(root, 'store.json') } as Settings['openclaw'];
  const read = async (transcriptDir: string, more: Partial<Settings> = {}): Promise<readonly string[]> => {
    const rows = await readSessions({ openclaw, ...more } as Partial<Settings>, { transcriptDir });
    return rows.map(({ key }) => key);
  };
  expect(await read(join(root, 'agents'))).toEqual(['a']);
  expect(await read(join(root, 'agents', 'main'))).toEqual(['z']);
  expect(await read(join(root, 'agents'), { sessionsJson: join(root, 'own.json') })).toEqual(['o']);
});

it('asks a gateway that is followed for its sessions, whatever old catalogs say', async () => {
  write('agents/main/sessions/sessions.json', 'z');
  await using gateway = await FakeGateway.listen();
  gateway.rows = [
    { key: 'agent:main:one', ...row('a', NOW - 5) },
    { key: 'agent:main:two', ...row('b') },
    { key: 'agent:main:old', ...row('c', 1) },
    { key: 'agent:main:subagent:x', ...row('d'), spawnedBy: 'agent:main:two' },
    { ...row('e') },
  ];
  const settings: Partial<Settings> = { gatewayUrl: gateway.url, gatewayToken: new Secret('x') };
  const read = () => readSessions(settings, { transcriptDir: join(root, 'agents'), gateway: attemptGateway(settings) });
  const rows = await read();
  expect(rows.map(({ key, isChild }) => [key, isChild])).toEqual([
    ['agent:main:two', false],
    ['agent:main:subagent:x', true],
    ['agent:main:one', false],
    ['agent:main:old', false],
  ]);
  expect(findChannels(rows, { now: NOW, accounts: [undefined] })).toEqual([id('b'), id('d'), id('a')]);
  await gateway.close();
  expect(await read()).toEqual([]);
});
