import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyedRule, readRules } from '@live-status/channel-rules';
import { createMemoryServer, mattermostError } from '@live-status/mm-poster/testing';
import { describe, expect, it } from 'vitest';
import { checkChannels, describeSessions, toKnownSessions } from './channel-rules.ts';
import { doctor } from './doctor.ts';

const ID = 'pifrs41xzjgn7yhkkj4ysqd1ih';
const USER = 'cq7tn5jm7tfepbjrebuwzstjry';

function rulesOf(file: object): readonly KeyedRule[] {
  const reading = readRules(JSON.stringify(file));
  return reading.ok ? reading.rules : [];
}

describe('the rules of sessions', () => {
  const settings = {
    defaultChannel: { channel: 'main/ops' },
    defaultChannelKinds: ['cron'],
    statusStyle: 'list',
    notify: ['waiting'],
  } as const;
  const sessions = toKnownSessions([
    { key: `agent:main:mattermost:channel:${ID}`, delivery: {} },
    { key: `agent:main:mattermost:direct:${USER}`, delivery: {} },
    { key: 'agent:main:cron:nightly', delivery: {} },
    { key: 'agent:main:telegram:direct:7', delivery: {} },
    { key: 'agent:main:main', delivery: { channel: 'mattermost', to: `user:${USER}` } },
    { key: 'agent:main:subagent:1', delivery: {} },
  ]);

  it('are named by their keys, the most general first, with what they mean', async () => {
    const rules = rulesOf({
      '*': { notify: 'off' },
      cron: { show: 'quiet' },
      'main/ops': { finished: 'delete' },
      'main/customers': { arguments: false, style: 'card' },
      '@ada': { show: 'off' },
    });
    const findPlace = async (name: object) => {
      if ('userId' in name) return { channelId: 'd', type: 'direct', name: '@ada' } as const;
      const isOps = 'channel' in name;
      return { channelId: isOps ? 'o' : ID, type: 'channel', name: isOps ? 'main/ops' : 'main/customers' } as const;
    };
    const finding = await describeSessions('/rules.json', rules, sessions, { settings, findPlace });
    expect(finding).toMatchObject({
      state: 'ok',
      found: '/rules.json: 5 rules, in effect for 4 of 5 known sessions',
      brief: '5 channel rules',
    });
    expect(finding.details).toEqual([
      `agent:main:mattermost:channel:${ID} (main/customers): * + main/customers: full, no arguments, card, notifies nobody`,
      `agent:main:mattermost:direct:${USER} (@ada): * + @ada: off`,
      'agent:main:cron:nightly (cron in main/ops): * + cron + main/ops: quiet, list, notifies nobody, then delete',
      'agent:main:telegram:direct:7: not shown (DEFAULT_CHANNEL, DEFAULT_CHANNEL_KINDS)',
      'agent:main:main (@ada): * + @ada: off',
    ]);
  });

  it('are the strictest where Mattermost does not name the place', async () => {
    const rules = rulesOf({ 'main/customers': { arguments: false } });
    const options = { settings, findPlace: async () => undefined };
    const { details } = await describeSessions('/rules.json', rules, sessions.slice(0, 1), options);
    expect(details).toEqual([
      `agent:main:mattermost:channel:${ID} (a place that Mattermost does not name): the strictest that may be meant: full, no arguments, list, notifies of waiting`,
    ]);
  });
});

describe('channels of rules', () => {
  it('that no account sees are reported, those that one sees are not', async () => {
    const server = createMemoryServer();
    const gone = async (): Promise<never> => Promise.reject(mattermostError('gone'));
    const blind = { ...server.api, getChannelByName: gone, getUserByUsername: gone };
    const rules = rulesOf({ 'main/custmers': {}, '@nobody': {}, cron: {} });
    expect(await checkChannels('/rules.json', rules, [blind])).toMatchObject([
      { state: 'warn', found: '/rules.json, line 1: no bot sees a channel main/custmers' },
      { state: 'warn', found: '/rules.json, line 1: there is nobody called @nobody' },
    ]);
    expect(await checkChannels('/rules.json', rules, [blind, server.api])).toEqual([]);
  });
});

describe('doctor', () => {
  it('lists everything that is wrong with the rules, though much else is missing', async () => {
    const home = await mkdtemp(join(tmpdir(), 'doctor-rules-'));
    const path = join(home, 'rules.json');
    await writeFile(path, '{\n "crn": {},\n "cron": { "shwo": "off", "show": "quite" }\n}');
    const readFile = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
    const env = { CHANNEL_RULES: path, STATE_DIR: join(home, 'state'), HEALTH_PORT: '0' };
    const { exitCode, out } = await doctor({ machine: { env, home, readFile }, daemonProgram: undefined, json: true });
    await rm(home, { recursive: true });
    const { checks } = JSON.parse(out.join('\n')) as { checks: { id: string; found: string; fix: string }[] };
    expect(exitCode).toBe(1);
    expect(checks.filter(({ id }) => id === 'settings.channel-rules')).toMatchObject([
      { state: 'fail', found: `${path}, line 2: "crn" is nothing that a rule can be for` },
      {
        state: 'fail',
        found: `${path}, line 3: "cron" has the field "shwo", which there is not`,
        fix: 'did you mean "show"?',
      },
      { state: 'fail', found: `${path}, line 3: "cron" has "show": "quite"`, fix: 'did you mean "quiet"?' },
    ]);
  });
});
