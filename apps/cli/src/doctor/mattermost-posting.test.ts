import { createMattermostApi, type MattermostApi } from '@live-status/mm-poster/api';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { checkChannels } from './mattermost-channels.ts';
import { tryPosting } from './mattermost-posting.ts';

let simulator: Simulator;
let api: MattermostApi;

beforeEach(async () => {
  simulator = await createSimulator();
  api = createMattermostApi({ url: simulator.url, token: simulator.bot.token, timeoutMs: 1_000 });
});

afterEach(async () => {
  await api.close();
  await simulator.close();
});

const tryIt = async (): Promise<readonly Finding[]> => tryPosting(api, await api.getMe());
const state = (findings: readonly Finding[], id: string): string | undefined =>
  findings.find((finding) => finding.id === id)?.state;

describe('tryPosting', () => {
  it('posts silently in the direct channel of the bot with itself, edits, and leaves nothing there', async () => {
    const findings = await tryIt();
    expect(findings.map((finding) => finding.state)).toEqual(['ok', 'ok', 'ok']);
    expect(simulator.posts()).toEqual([]);
    const writes = simulator.requests().filter(({ route }) => route?.startsWith('GET ') === false);
    expect(writes.map(({ route }) => route)).toEqual([
      'POST /channels/direct',
      'POST /posts',
      'PUT /posts/:post_id/patch',
      'DELETE /posts/:post_id',
    ]);
    expect(writes[1]?.query).toMatchObject({ silent: 'true', set_online: 'false' });
  });

  it('finds a proxy that lets no edits pass, and says so', async () => {
    simulator.faults.refusePut();
    const findings = await tryIt();
    expect(findings.find(({ id }) => id === 'mattermost.editing')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/^posts cannot be edited \(.*405/),
      fix: expect.stringContaining('PUT'),
    });
    expect(state(findings, 'mattermost.posting')).toBe('ok');
    expect(simulator.posts()).toEqual([]);
  });

  it('finds a bot without the permission to edit', async () => {
    const error = { status: 403, errorId: 'api.context.permissions.app_error' };
    simulator.faults.fail(error, { route: 'PUT /posts/:post_id/patch' });
    const [, editing] = await tryIt();
    expect(editing).toMatchObject({ state: 'fail', fix: expect.stringContaining('edit_post') });
  });

  it('finds a server that does not keep the type of posts', async () => {
    simulator.configure({ typeKept: false });
    const findings = await tryIt();
    expect(state(findings, 'mattermost.post-type')).toBe('fail');
    expect(simulator.posts()).toEqual([]);
  });

  it('finds a firewall that refuses posts, and is not stopped by a direct channel that is forbidden', async () => {
    const firewall = simulator.faults.firewall(/Live Status/, 'html-403');
    const [blocked] = await tryIt();
    expect(blocked).toMatchObject({ id: 'mattermost.posting', state: 'fail', fix: expect.stringContaining('/api/v4') });
    firewall.clear();
    const error = { status: 403, errorId: 'api.context.permissions.app_error' };
    simulator.faults.fail(error, { route: 'POST /channels/direct' });
    expect(await tryIt()).toMatchObject([{ id: 'mattermost.posting', state: 'warn' }]);
  });

  it('says nothing is wrong with a post that cannot be deleted', async () => {
    simulator.faults.fail({ status: 403, errorId: 'x' }, { route: 'DELETE /posts/:post_id' });
    expect((await tryIt()).map((finding) => finding.state)).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('checkChannels', () => {
  it('names each channel that the bot is not in, by its name where it may see it', async () => {
    const teamId = simulator.team.id;
    const [open, closed, archived] = (['builds', 'secret', 'old'] as const).map((name) =>
      simulator.addChannel({ teamId, name, type: name === 'secret' ? 'P' : 'O' }),
    );
    simulator.archiveChannel(archived?.id ?? '');
    const ids = [simulator.channel.id, open?.id ?? '', closed?.id ?? '', archived?.id ?? ''];
    const findings = await checkChannels(api, ids, 'openclaw');
    expect(findings.map(({ state, found, fix }) => [state, found, fix])).toEqual([
      ['warn', 'the bot may not post in ~builds, where a session talks', 'add @openclaw there'],
      ['warn', `the bot may not post in a channel (${closed?.id}), where a session talks`, 'add @openclaw there'],
    ]);
  });

  it('is content where the bot is a member, and where there are no channels', async () => {
    expect(await checkChannels(api, [simulator.channel.id], 'x')).toMatchObject([{ state: 'ok' }]);
    expect(await checkChannels(api, [], 'x')).toMatchObject([{ state: 'ok' }]);
  });
});
