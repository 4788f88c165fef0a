import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRules } from '@live-status/channel-rules';
import { createMemoryLedger, openLedger } from '@live-status/mm-poster';
import { createFakeClock } from '@live-status/resilience/testing';
import { describeSettings, readSettings, SETTINGS } from '@live-status/settings';
import {
  dotEnvText,
  hostileValue,
  type Json,
  labelsJson,
  languageJson,
  mutated,
  openclawText,
  rulesJson,
  secretsIn,
  writeJson,
} from '@live-status/simulators/hostile';
import { readPostWords, renderBox } from '@live-status/status-render';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  expectHarmless,
  expectHarmlessPost,
  type HostileOptions,
  hostileEnv,
  leavingOf,
  postsIn,
  TestFolder,
} from './hostile-world.ts';
import { Story, startWorld } from './world.ts';

/** An environment, and what OpenClaw's folder holds. */
export interface HostileSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly openclaw: string;
  readonly dotEnv: string;
}

const NAMES = [...Object.keys(SETTINGS), 'MATTERMOST_BOT_TOKEN', 'MATTERMOST_URL', 'OPENCLAW_HOME', 'OPENCLAW_PROFILE'];

/** Environments and files of configuration, real and hostile values mixed. */
export const hostileSettings: fc.Arbitrary<HostileSettings> = fc.record({
  env: fc.dictionary(fc.constantFrom(...NAMES, 'MM_TOKN', 'THROTTLE', '__proto__'), hostileValue, { maxKeys: 8 }),
  openclaw: openclawText,
  dotEnv: dotEnvText,
});

/** An operator may put tag characters into a label: they are in no transcript's text, and do nothing. */
const OWN_TAGS = /[\u{e0000}-\u{e007f}]/gu;
const MAX_SENTENCE_CHARS = 2_000;

/** Reads settings: they are usable, or sentences say what is wrong, without a secret. */
export async function readHostileSettings({ env, openclaw, dotEnv }: HostileSettings): Promise<void> {
  const readFile = async (path: string): Promise<string> => {
    if (path.endsWith('.env')) return dotEnv;
    if (path.endsWith('openclaw.json')) return openclaw;
    throw Object.assign(new Error('none'), { code: 'ENOENT' });
  };
  const reading = await readSettings(env, { home: '/home/op', readFile });
  const sentences = [...reading.errors, ...reading.warnings];
  // Each quotes one value, or a path with it, at most three times.
  const longest = Math.max(0, ...Object.values(env).map((value) => value.length), openclaw.length);
  for (const sentence of sentences) expect(sentence.length).toBeLessThan(MAX_SENTENCE_CHARS + 3 * longest);
  const shown = JSON.stringify(describeSettings(reading));
  for (const secret of secretsIn(openclaw)) {
    for (const sentence of sentences) expect(sentence).not.toContain(secret);
    expect(shown).not.toContain(secret);
  }
  const { MM_TOKEN = '', OPENCLAW_GATEWAY_TOKEN = '', OPENCLAW_GATEWAY_PASSWORD = '', HEALTH_TOKEN = '' } = env;
  for (const token of [MM_TOKEN, OPENCLAW_GATEWAY_TOKEN, OPENCLAW_GATEWAY_PASSWORD, HEALTH_TOKEN]) {
    for (const secret of secretsIn(token)) for (const sentence of sentences) expect(sentence).not.toContain(secret);
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
}

/** Files of words and rules. */
export interface HostileFilesOfWords {
  readonly labels: Json;
  readonly language: Json;
  readonly rules: Json;
}

/** Files of labels, languages and rules, real and hostile values mixed. */
export const hostileWords: fc.Arbitrary<HostileFilesOfWords> = fc.record({
  labels: labelsJson,
  language: languageJson,
  rules: rulesJson,
});

/** Reads files of words and rules: what is accepted renders without harm, what is refused says why. */
export async function readHostileWords({ labels, language, rules }: HostileFilesOfWords): Promise<void> {
  const texts = { '/labels.json': writeJson(labels), '/language.json': writeJson(language) };
  const readFile = async (path: string): Promise<string> => texts[path as keyof typeof texts];
  for (const names of [{ toolLabelsFile: '/labels.json' }, { statusLanguage: '/language.json' }]) {
    const read = await readPostWords(names, readFile);
    if (!read.ok) {
      expect(read.problems).not.toEqual([]);
      continue;
    }
    for (const style of ['list', 'card', 'fence'] as const) {
      const { message, props } = renderBox(EXAMPLE, { ...read.words, style, nowMs: 5_000 });
      for (const text of [message, ...(props?.attachments ?? []).map((card) => card.text)])
        expectHarmlessPost(text.replace(OWN_TAGS, ''));
    }
  }
  const read = readRules(writeJson(rules));
  if (!read.ok) expect(read.problems).not.toEqual([]);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
}

const call = { kind: 'tool', id: 'c', state: 'running', startedAt: 0, count: 1 } as const;
const EXAMPLE = {
  boxId: 'b',
  title: 'main',
  state: 'active',
  startedAt: 0,
  tokens: { input: 10, output: 20, cacheRead: 0, cacheWrite: 0 },
  earlierLines: 3,
  lines: [
    { ...call, tool: 'exec', args: { command: '@all `x`' } },
    { ...call, tool: 'read', args: { path: '/etc/~channel' }, state: 'error', error: '#tag' },
    { ...call, tool: 'constructor', args: { command: 'x' }, state: 'ok', endedAt: 1 },
    { kind: 'text', id: 't', text: '@here' },
  ],
  thinking: false,
} as const;

const ENTRY = {
  ...{ boxId: 'box-1', marker: 'marker-1', pendingPostId: 'pending-1', postId: 'post1', createdAt: 1 },
  target: { channelId: 'c1' },
  data: {
    ...{
      sessionKey: 'agent:main:mattermost:channel:c1',
      evidence: ['lock:1'],
      resumeTokens: ['{}'],
      show: 'conversation',
    },
    ...{ snapshot: EXAMPLE, shownAt: 5 },
  },
};
const NOTICE = {
  ...ENTRY,
  ...{ boxId: 'box-1/a', marker: 'marker-2', pendingPostId: 'pending-2' },
  data: {
    kind: 'approval-notice',
    forBox: 'box-1',
    show: 'conversation',
    line: { ...call, tool: 'exec', args: {}, approval: { approvalId: 'a', since: 1 } },
  },
};

/** The text of a ledger, changed. */
export const hostileLedger: fc.Arbitrary<Json> = mutated(
  fc.record({ version: fc.constant(1), entries: fc.constantFrom([ENTRY], [ENTRY, NOTICE], [NOTICE]) }),
);

/** Starts a daemon on a ledger: it drops what it cannot use, and shows honest work. */
export async function startOnLedger(ledgerJson: Json, options: HostileOptions): Promise<void> {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, 'ledger.json'), writeJson(ledgerJson));
  const clock = createFakeClock(Date.now());
  // Writing to a disk takes time of its own.
  const ledger = createMemoryLedger(clock);
  const stored = await openLedger(folder.path, { clock }).catch((error: Error) => error);
  // Of a newer version: it is left alone, and the daemon does not start.
  if (stored instanceof Error) {
    expect(stored.name).toBe('LedgerVersionError');
    return;
  }
  for (const entry of stored.entries()) ledger.put(entry);
  const world = await startWorld({ env: hostileEnv(options), clock, ledger });
  world.source.attach();
  await clock.advance(1_000);
  const honest = new Story(world, 'agent:main:mattermost:channel:honest').begin('r1', {
    kind: 'mattermost',
    channelId: 'honest',
  });
  honest.call('r1', 'a', 'npm run honest');
  await clock.advance(3_000);
  expect(postsIn(world, 'honest').join('\n')).toContain('npm run honest');
  const leaving = await leavingOf(world);
  honest.result('r1', 'a').end('r1');
  const stopped = world.daemon.stop();
  await clock.advance(20_000);
  await stopped;
  expectHarmless(leaving, '');
}
