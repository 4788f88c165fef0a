import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { channelSession, createScriptedAgent, type ScriptedAgent } from './scripted-agent.ts';

const OWNER = { pid: 7, startTime: 8 };
let dir: string;
let agent: ScriptedAgent;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'live-status-agent-'));
  agent = createScriptedAgent(dir, 'main', () => OWNER);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const catalog = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(agent.sessionsDir, 'sessions.json'), 'utf8'));
const typesIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ type, message, customType }) => message?.stopReason ?? message?.role ?? customType ?? type);

it('takes locks in the name of their owner, and leaves one when that dies', () => {
  const session = channelSession(agent, 'chan').begin('go').call('a');
  const lock = `${session.path}.lock`;
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: 7, starttime: 8 });
  session.removeStaleLock();
  expect(existsSync(lock)).toBe(false);
  session.begin('again').call('b').result('b').answer('Done.');
  expect(existsSync(lock)).toBe(false);
});

it('writes failed attempts, a compaction, a rewrite and an abort into one run', () => {
  const session = channelSession(agent, 'chan').begin('go').failAttempt('429').call('a').compact().rewrite();
  session.result('a').abort();
  expect(typesIn(session.path)).toEqual([
    ...['session', 'user', 'error', 'toolUse', 'compaction', 'toolResult'],
    ...['aborted', 'openclaw:prompt-error'],
  ]);
  expect(catalog()[session.key ?? '']).toMatchObject({ status: 'killed', abortedLastRun: true });
});

it('archives a transcript by /new, which keeps the entry, and by maintenance, which removes it', () => {
  const first = channelSession(agent, 'chan').begin('go').answer('Done.');
  expect(existsSync(first.archive('reset'))).toBe(true);
  const second = channelSession(agent, 'chan').begin('go on').answer('Done.');
  expect(second.path).not.toBe(first.path);
  expect(Object.keys(catalog())).toEqual([first.key]);
  expect(second.archive('deleted')).toMatch(/\.jsonl\.deleted\.\d{4}-/);
  expect([existsSync(second.path), catalog()]).toEqual([false, {}]);
});
