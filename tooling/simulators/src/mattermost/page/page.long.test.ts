import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, NO_CHROMIUM } from '../../chromium.ts';
import type { Post } from '../model.ts';
import { createSimulator, type Simulator } from '../simulator.ts';
import { ask } from '../testing/ask.ts';

describe('the page in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  let simulator: Simulator;
  let foreignRequests: string[];
  let errors: string[];
  const say = (message: string, fields: object = {}) =>
    ask<Post>(simulator, 'POST /posts', {
      token: simulator.bot.token,
      body: { channel_id: simulator.channel.id, message, ...fields },
    });
  const patch = (id: string, message: string) =>
    ask(simulator, `PUT /posts/${id}/patch`, { token: simulator.bot.token, body: { message } });
  const inDevice = (device: 'desktop' | 'phone', selector: string) => page.locator(`.${device} ${selector}`);

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async ({ skip }) => {
    if (!browser) return skip(NO_CHROMIUM);
    simulator = await createSimulator();
    page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    foreignRequests = [];
    errors = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(simulator.url)) foreignRequests.push(request.url());
    });
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(simulator.url);
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterEach(async () => {
    if (!browser) return;
    await page.close();
    await simulator.close();
  });

  it('shows a post when it is created, its reply below it, and each edit in place', async () => {
    const { json: root } = await say('**working**');
    await inDevice('desktop', '.post strong').getByText('working').waitFor();
    await say('- a reply', { root_id: root.id });
    await inDevice('phone', `[data-id="${root.id}"] .replies li li`).getByText('a reply').waitFor();
    await patch(root.id, 'done with `npm test`');
    for (const device of ['desktop', 'phone'] as const) {
      await inDevice(device, 'code').getByText('npm test').waitFor();
      expect(await inDevice(device, '.edited').count()).toBe(1);
      expect(await inDevice(device, '.posts > .post').count()).toBe(1);
    }
    simulator.deletePost(root.id);
    await inDevice('desktop', `[data-id="${root.id}"] > article`).getByText('(message deleted)').waitFor();
    expect(errors).toEqual([]);
  });

  it('goes back through the versions of a post and returns to the newest', async () => {
    const { json: post } = await say('first');
    for (const message of ['second', 'third']) await patch(post.id, message);
    const message = inDevice('desktop', '.message');
    await message.getByText('third').waitFor();
    const slider = inDevice('desktop', 'input[type=range]');
    await slider.fill('0');
    await message.getByText('first').waitFor();
    await patch(post.id, 'fourth');
    await inDevice('phone', '.message').getByText('fourth').waitFor();
    expect(await message.textContent()).toContain('first');
    expect(await inDevice('desktop', '.version').textContent()).toMatch(/^version 1 of 4/);
    await slider.press('ArrowRight');
    await message.getByText('second').waitFor();
    await inDevice('desktop', '.live').click();
    await message.getByText('fourth').waitFor();
  });

  it('cuts code on the phone after four lines without wrapping, as the mobile app does', async () => {
    const wide = 'x'.repeat(200);
    await say(`\`\`\`\n${wide}\n2\n3\n4\n5\n6\n\`\`\``);
    await inDevice('phone', '.more-lines').getByText('+2 more lines').waitFor();
    const height = (device: 'desktop' | 'phone') => inDevice(device, 'pre').evaluate((element) => element.clientHeight);
    const lineHeight = await inDevice('phone', 'pre').evaluate((element) => {
      return Number.parseFloat(element.ownerDocument.defaultView?.getComputedStyle(element).lineHeight ?? '');
    });
    expect(Math.round((await height('phone')) / lineHeight)).toBe(4);
    expect(await inDevice('desktop', '.more-lines').isVisible()).toBe(false);
    const frame = await page.locator('.phone').evaluate((element) => element.clientWidth);
    expect(frame).toBe(390);
  });

  it('folds what is too high where the clients do, until the reader asks for more', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => `- line ${index}`).join('\n');
    const { json: post } = await say(lines(5));
    const more = inDevice('phone', '.show-more');
    await inDevice('phone', '.message').getByText('line 4').waitFor();
    expect(await more.isVisible()).toBe(false);
    await patch(post.id, lines(40));
    await more.waitFor();
    const height = (device: 'desktop' | 'phone') =>
      inDevice(device, '.content').evaluate((element) => element.clientHeight);
    expect([await height('phone'), await height('desktop')]).toEqual([476, 600]);
    await more.click();
    expect(await height('phone')).toBeGreaterThan(600);
    expect([foreignRequests, errors]).toEqual([[], []]);
  });

  it('runs nothing and loads nothing that a post brings', async () => {
    const hostile = [
      '<img src=x onerror="window.struck=1"> <script>window.struck=1</script>',
      '![pixel](http://127.0.0.1:9/pixel.png) <iframe src="http://127.0.0.1:9/"></iframe>',
      '[click](javascript:window.struck=1) <a href="javascript:window.struck=1">click</a>',
      '```"><script>window.struck=1</script>\n<svg onload="window.struck=1">\n```',
    ].join('\n\n');
    const attachments = [
      { text: hostile, title: hostile, pretext: hostile, footer: hostile, color: 'url(http://127.0.0.1:9/)' },
      { fields: [{ title: hostile, value: hostile }], image_url: 'http://127.0.0.1:9/a.png' },
    ];
    await say(`${hostile}\n\nend of it`, { props: { attachments } });
    await inDevice('desktop', '.message').getByText('end of it').waitFor();
    for (const click of await inDevice('desktop', '.message').getByText('click').all()) await click.click();
    expect(await page.evaluate('window.struck')).toBeUndefined();
    expect(await page.locator('.content').locator('script, img, iframe, svg, style, [onerror]').count()).toBe(0);
    expect([foreignRequests, errors]).toEqual([[], []]);
  });

  it('lists channels, marks those with news, and switches between them', async () => {
    const other = simulator.addChannel({ teamId: simulator.team.id, name: 'builds', displayName: 'Builds' });
    simulator.join(simulator.bot.user.id, [other.id]);
    await say('here');
    await inDevice('desktop', '.message').getByText('here').waitFor();
    await say('there', { channel_id: other.id });
    await inDevice('desktop', '.channels .unread').getByText('# Builds').click();
    await inDevice('desktop', '.message').getByText('there').waitFor();
    expect(await inDevice('desktop', '.message').getByText('here', { exact: true }).count()).toBe(0);
    expect(await inDevice('phone', '.channel-name').textContent()).toBe('# Builds');
  });

  it('comes back by itself after the server was away, with what happened meanwhile', async () => {
    await say('before');
    await inDevice('desktop', '.message').getByText('before').waitFor();
    await simulator.faults.offline();
    await page.getByText('reconnecting').waitFor();
    const { user } = simulator.bot;
    simulator.writePost({ userId: user.id, channelId: simulator.channel.id, message: 'meanwhile' });
    await simulator.faults.online();
    await inDevice('desktop', '.message').getByText('meanwhile').waitFor();
  });

  it.for(['light', 'dark'] as const)(
    'fits a narrow window and a wide one in %s without scrolling sideways',
    async (scheme) => {
      await page.emulateMedia({ colorScheme: scheme });
      await say(`\`${'path/'.repeat(40)}\` and\n\n| a | b |\n|---|---|\n| ${'w'.repeat(300)} | 2 |`);
      await inDevice('phone', '.message table').waitFor();
      for (const width of [390, 800, 1360]) {
        await page.setViewportSize({ width, height: 844 });
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow).toBeLessThanOrEqual(0);
      }
      const wrapped = await inDevice('phone', '.posts').evaluate(
        (element) => element.scrollWidth - element.clientWidth,
      );
      expect(wrapped).toBe(0);
    },
  );
});
