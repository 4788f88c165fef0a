import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FakeGateway } from '@live-status/simulators/gateway';
import { type DaemonStage, GATEWAY_TOKEN, onStage, type Stage } from '@live-status/stage';
import { describe, it } from 'vitest';

/** The database that OpenClaw 2026.8 and later keep sessions in, changed so many seconds from now. */
async function touchDatabase(agentsDir: string, inS: number): Promise<void> {
  const path = join(agentsDir, 'main', 'agent', 'openclaw-agent.sqlite');
  const at = new Date(Date.now() + inS * 1_000);
  await mkdir(join(agentsDir, 'main', 'agent'), { recursive: true });
  await writeFile(path, 'SQLite format 3\0');
  await utimes(path, at, at);
}

/** OpenClaw's own configuration, in which a daemon finds everything, as beside a real gateway. */
async function configure({ agentsDir }: Stage, gateway: FakeGateway): Promise<void> {
  const home = join(dirname(agentsDir), '.openclaw');
  const config = { gateway: { mode: 'local', port: gateway.port, auth: { mode: 'token', token: GATEWAY_TOKEN } } };
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'openclaw.json'), JSON.stringify(config));
}

const AUTO = { prepare: configure, env: { SOURCE: 'auto' } } as const;

/** What the daemon chose, one word for each line of its log. */
const choices = (stage: DaemonStage): string[] =>
  stage.daemon
    .output()
    .split('\n')
    .filter((line) => line.includes('"session source chosen"'))
    .map((line) => JSON.parse(line).source);

const ended = (stage: DaemonStage, posts: number): boolean =>
  stage.posts().length === posts && stage.posts().every(({ message }) => message.includes('[DONE]'));

describe.concurrent('SOURCE=auto', { timeout: 60_000 }, () => {
  it('follows an upgrade from transcripts to the gateway and back, without a restart', async ({ expect, signal }) => {
    await onStage({ ...AUTO, signal }, async (stage) => {
      const { gateway } = stage;
      const channelId = stage.channel();
      const session = stage.fileSession(channelId).begin('one').call('a', 'in a transcript');
      session.result('a').answer('Read.');
      await stage.until(() => ended(stage, 1));
      expect(gateway.connects).toEqual([]);

      await touchDatabase(stage.agentsDir, 60);
      await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
      const live = stage.frameSession(channelId).begin('two');
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
    });
  });

  it('is not green while transcripts have stopped and the gateway is out of reach', async ({ expect, signal }) => {
    await onStage({ ...AUTO, signal }, async (stage) => {
      await stage.untilHealth(({ status }) => status === 'ok');
      await stage.gateway.close();
      await touchDatabase(stage.agentsDir, 60);
      await stage.untilHealth(({ reasons: [reason] }) => reason?.what.includes('ECONNREFUSED') === true);
      expect(stage.health.latest).toMatchObject({
        choice: { source: 'gateway', why: expect.stringContaining('a session database is newer than the transcripts') },
        reasons: [{ level: 'degraded', what: expect.stringMatching(/ECONNREFUSED.*OPENCLAW_GATEWAY_URL is right/) }],
      });
    });
  });
});
