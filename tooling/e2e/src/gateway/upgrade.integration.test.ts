import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FakeGateway, FrameSession } from '@live-status/simulators/gateway';
import { channelSession } from '@live-status/simulators/openclaw-files';
import type { Stage } from '@live-status/stage';
import { describe, it } from 'vitest';
import { type DaemonStage, openDaemonStage } from '../daemon-stage.ts';
import { TOKEN } from './gateway-stage.ts';

/** The database that OpenClaw 2026.8 and later keep sessions in, changed so many seconds from now. */
async function touchDatabase(agentsDir: string, inS: number): Promise<void> {
  const path = join(agentsDir, 'main', 'agent', 'openclaw-agent.sqlite');
  const at = new Date(Date.now() + inS * 1_000);
  await mkdir(join(agentsDir, 'main', 'agent'), { recursive: true });
  await writeFile(path, 'SQLite format 3\0');
  await utimes(path, at, at);
}

/** A daemon that finds everything in OpenClaw's own configuration, as one beside a real gateway does. */
function openAuto(gateway: FakeGateway, signal: AbortSignal): Promise<DaemonStage & { readonly agentsDir: string }> {
  let agentsDir = '';
  const prepare = async (stage: Stage): Promise<void> => {
    agentsDir = stage.agentsDir;
    const home = join(dirname(agentsDir), '.openclaw');
    const config = { gateway: { mode: 'local', port: gateway.port, auth: { mode: 'token', token: TOKEN } } };
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'openclaw.json'), JSON.stringify(config));
  };
  const opening = openDaemonStage({ signal, prepare, env: () => ({ SOURCE: 'auto' }) });
  return opening.then((stage) => ({ ...stage, agentsDir }));
}

/** What the daemon chose, one word for each line of its log. */
const choices = (stage: DaemonStage): string[] =>
  stage.daemon
    .output()
    .split('\n')
    .filter((line) => line.includes('"source of sessions"'))
    .map((line) => JSON.parse(line).source);

const ended = (stage: DaemonStage, posts: number): boolean =>
  stage.posts().length === posts && stage.posts().every(({ message }) => message.includes('[DONE]'));

describe.concurrent('SOURCE=auto', { timeout: 60_000 }, () => {
  it('follows an upgrade from transcripts to the gateway and back, without a restart', async ({ expect, signal }) => {
    await using gateway = await FakeGateway.listen();
    const stage = await openAuto(gateway, signal);
    try {
      const channelId = stage.channel();
      const session = channelSession(stage.agent, channelId).begin('one').call('a', 'in a transcript');
      session.result('a').answer('Read.');
      await stage.until(() => ended(stage, 1));
      expect(gateway.connects).toEqual([]);

      await touchDatabase(stage.agentsDir, 60);
      await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
      const live = new FrameSession(gateway, `agent:main:mattermost:channel:${channelId}`, 'r1').begin('two');
      live.call('told').result('told').answer('Heard.');
      await stage.until(() => ended(stage, 2));
      await stage.untilHealth(({ status }) => status === 'ok');
      expect(stage.health.latest).toMatchObject({
        choice: { source: 'gateway', why: 'the gateway is OpenClaw 2026.9.6, which writes no transcripts' },
        sources: [{ name: 'jsonl' }, { name: 'gateway', state: 'attached' }],
      });

      gateway.reception = 'other-protocol';
      await touchDatabase(stage.agentsDir, -60);
      gateway.drop(1012, 'service restart');
      // An older gateway takes seconds to start: its first line comes long after the end of the connection was seen.
      await gateway.until(() => gateway.connects.length > 1);
      session.begin('three').call('b', 'in a transcript again').result('b').answer('Read again.');
      await stage.until(() => ended(stage, 3));
      await stage.untilHealth(({ status, sources }) => status === 'ok' && sources.length === 1);
      expect(stage.health.latest).toMatchObject({ choice: { source: 'jsonl' }, sources: [{ name: 'jsonl' }] });
      expect(choices(stage).filter((source, i, all) => source !== all[i - 1])).toEqual(['jsonl', 'gateway', 'jsonl']);
    } finally {
      await stage.close();
    }
  });

  it('is not green while transcripts have stopped and the gateway is out of reach', async ({ expect, signal }) => {
    const gateway = await FakeGateway.listen();
    const stage = await openAuto(gateway, signal);
    try {
      await stage.untilHealth(({ status }) => status === 'ok');
      await gateway[Symbol.asyncDispose]();
      await touchDatabase(stage.agentsDir, 60);
      await stage.untilHealth(({ reasons: [reason] }) => reason?.what.includes('ECONNREFUSED') === true);
      expect(stage.health.latest).toMatchObject({
        choice: { source: 'gateway', why: expect.stringContaining('a session database is newer than the transcripts') },
        reasons: [{ level: 'degraded', what: expect.stringMatching(/ECONNREFUSED.*OPENCLAW_GATEWAY_URL is right/) }],
      });
    } finally {
      await stage.close();
    }
  });
});
