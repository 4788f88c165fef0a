import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from '../model.ts';
import { createSimulator, type Simulator } from '../simulator.ts';
import { ask } from '../testing/ask.ts';
import type { StateView } from './view.ts';

describe('the page', () => {
  let simulator: Simulator;
  const clock = createFakeClock();
  const state = async () => (await (await fetch(`${simulator.url}/sim/api/state`)).json()) as StateView;
  const create = (fields: object) =>
    ask<Post>(simulator, 'POST /posts', {
      token: simulator.bot.token,
      body: { channel_id: simulator.channel.id, message: '', ...fields },
    });

  /** The status of a request fetch would not send. */
  const rawStatus = async (path: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
    const { hostname, port } = new URL(simulator.url);
    const sent = request({ hostname, port, path, headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };

  beforeEach(async () => {
    simulator = await createSimulator({ clock });
  });
  afterEach(() => simulator.close());

  it('tells a channel by its name, the end of its address and its header', async () => {
    const header = 'Ask **Mia** <script>';
    simulator.addChannel({ teamId: simulator.team.id, name: 'shop-team', displayName: 'Shop team', header });
    const { channels } = await state();
    expect(channels).toMatchObject([
      { slug: 'town-square', headerHtml: '' },
      { slug: 'shop-team', name: 'Shop team', headerHtml: '<p>Ask <strong>Mia</strong> &lt;script&gt;</p>\n' },
    ]);
  });

  it('tells tools the state as JSON: channels, posts, what they say and when they changed', async () => {
    const ada = simulator.addUser({ username: 'ada' });
    simulator.addDirectChannel([ada.id, simulator.bot.user.id]);
    const { json: post } = await create({ message: 'one' });
    await clock.advance(700);
    await ask(simulator, `PUT /posts/${post.id}/patch`, { token: simulator.bot.token, body: { message: '**two**' } });
    expect(await state()).toMatchObject({
      channels: [
        { id: simulator.channel.id, team: 'Main', name: 'Town Square', isDirect: false },
        { isDirect: true, name: expect.stringMatching(/^(ada, bot|bot, ada)$/) },
      ],
      posts: [
        {
          id: post.id,
          author: 'bot',
          isBot: true,
          isEdited: true,
          message: '**two**',
          html: '<p><strong>two</strong></p>\n',
          versionOffsetsMs: [0, 700],
        },
      ],
    });
    const first = await fetch(`${simulator.url}/sim/api/posts/${post.id}/versions/0`);
    expect(await first.json()).toMatchObject({ message: 'one', at: post.create_at });
  });

  it('takes a colour from an attachment only if it is one, and drops what has no form', async () => {
    const good = { color: '#3db887', text: '*t*', fields: [{ title: 'a', value: 1, short: true }, 'x'] };
    await create({ props: { attachments: [good, { color: 'red;background:url(//x)' }, 'text', null] } });
    expect((await state()).posts[0]?.attachments).toEqual([
      {
        color: '#3db887',
        pretextHtml: '',
        title: '',
        textHtml: '<p><em>t</em></p>\n',
        fields: [{ title: 'a', html: '<p>1</p>\n', isShort: true }],
        footer: '',
      },
      { color: '', pretextHtml: '', title: '', textHtml: '', fields: [], footer: '' },
    ]);
  });

  it('forbids inline scripts and everything from elsewhere', async () => {
    const { headers } = await fetch(simulator.url);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(await (await fetch(simulator.url)).text()).not.toMatch(/<script(?![^>]*src="\/sim\/)|style=| on\w+=/);
  });

  it('answers nobody who came by a foreign name', async () => {
    expect(await rawStatus('/sim/api/state', { Host: 'evil.example' })).toBe(403);
  });

  it('survives paths that are none', async () => {
    for (const path of ['//', '/%zz', '/api/v4/%zz', '/api/v4/posts/%', '*']) {
      expect([400, 404]).toContain(await rawStatus(path));
    }
    expect((await state()).posts).toEqual([]);
  });

  it('has no other files', async () => {
    for (const path of ['/sim/../package.json', '/sim/page.ts', '/sim/%2e%2e/page.ts', '/etc/passwd']) {
      expect((await fetch(simulator.url + path)).status).toBe(404);
    }
  });
});
