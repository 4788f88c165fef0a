import { systemClock } from '@live-status/resilience';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { createLabels, createLanguage } from '@live-status/status-render';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HealthReport } from './health.ts';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { LiveFeed } from './live-feed.ts';
import { boxToHtml, healthToHtml } from './live-page.ts';
import { Overview } from './overview.ts';
import { boxEntry } from './testing/box-entry.ts';

const REPORT = {
  status: 'ok',
  version: '1.2.3',
  pid: 1,
  uptimeS: 5,
  sources: [{ name: 'gateway', state: 'attached', reasons: [], runsSeen: 1 }],
  boxes: { active: 1, waiting: 0, posted: 1 },
  poster: { breaker: { state: 'closed' }, queue: 0, edits: 3, retries: 0, rateLimited: 0, heldBack: [] },
  reasons: [],
} as unknown as HealthReport;

describe('the page in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  let overview: Overview;
  let server: HealthServer;
  let report: HealthReport;
  let foreignRequests: string[];
  let errors: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async ({ skip }) => {
    if (!browser) return skip(NO_CHROMIUM);
    overview = new Overview(systemClock);
    report = REPORT;
    const now = systemClock.now();
    overview.update(boxEntry('main', { startedAt: now - 61_000 }));
    const feed = new LiveFeed({
      clock: systemClock,
      overview,
      report: () => report,
      postUrlOf: (boxId) => (boxId === 'main' ? 'https://chat.example.com/_redirect/pl/p1' : undefined),
      boxToHtml: boxToHtml({ labels: createLabels(), language: createLanguage() }, systemClock),
      healthToHtml,
    });
    server = await startHealthServer({ port: 0, host: '127.0.0.1', report: () => report, ready: () => true, feed });
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    foreignRequests = [];
    errors = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) foreignRequests.push(request.url());
    });
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(server.url);
  });
  afterEach(async () => {
    if (!browser) return;
    expect(foreignRequests).toEqual([]);
    await page.close();
    await server.close();
  });

  const titles = (): Promise<string[]> => page.locator('.box strong').allTextContents();

  it('shows work as it changes, what waits for a person first, and says so in its title', async () => {
    await page.getByText('[ACTIVE] main').waitFor();
    expect(await page.getByRole('link', { name: 'Open post' }).getAttribute('href')).toBe(
      'https://chat.example.com/_redirect/pl/p1',
    );
    overview.update(boxEntry('ops', { state: 'waiting', startedAt: systemClock.now() }));
    await page.getByText('[WAITING] ops').waitFor();
    await expect.poll(titles).toEqual(['[WAITING] ops', '[ACTIVE] main']);
    await expect.poll(() => page.title()).toBe('(1) Live Status');
    overview.update(boxEntry('ops', { state: 'done', endedAt: systemClock.now() }));
    await expect.poll(titles).toEqual(['[ACTIVE] main', '[DONE] ops']);
    expect(await page.locator('.box[data-state=done]').getAttribute('open')).toBeNull();
    expect(errors).toEqual([]);
  });

  it('can be used with the keyboard, and keeps the focus when boxes change', async () => {
    overview.update(boxEntry('second', { startedAt: systemClock.now() }));
    await page.getByText('[ACTIVE] second').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const focused = (): Promise<string> => page.evaluate("document.activeElement?.parentElement?.id ?? ''");
    expect(await focused()).toBe('box-second');
    await page.keyboard.press('Enter');
    expect(await page.locator('#box-second').getAttribute('open')).toBeNull();
    overview.update(boxEntry('second', { startedAt: systemClock.now(), title: 'renamed' }));
    await page.getByText('[ACTIVE] renamed').waitFor();
    expect(await focused()).toBe('box-second');
    expect(await page.locator('#box-second').getAttribute('open')).toBeNull();
    await page.keyboard.press('/');
    await page.keyboard.type('Renamed');
    await expect.poll(() => page.locator('.box:visible').count()).toBe(1);
  });

  it('shows what is wrong and what to do', async () => {
    report = {
      ...REPORT,
      status: 'failing',
      reasons: [{ level: 'failing', what: 'Mattermost <b>refuses</b> the token', fix: 'Set a new one in MM_TOKEN' }],
    };
    await page.getByText('Set a new one in MM_TOKEN').waitFor();
    expect(await page.locator('#status').textContent()).toBe('failing');
    expect(await page.getByText('Mattermost <b>refuses</b> the token').count()).toBe(1);
  });

  it('says when the daemon is gone', async () => {
    await page.getByText('[ACTIVE] main').waitFor();
    await server.close();
    await page.getByText('Not connected to the daemon').waitFor();
  });

  it.each(['light', 'dark'] as const)('fits a phone, %s, whatever it shows', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const long = 'x'.repeat(400);
    const lines = [{ kind: 'text', id: 't', text: long } as const];
    overview.update(boxEntry('long', { title: long, lines, startedAt: 0 }, { sessionKey: `agent:${long}` }));
    await page.locator('#box-long').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('is a snapshot without JavaScript', async () => {
    const context = await browser?.newContext({ javaScriptEnabled: false });
    const still = await context?.newPage();
    await still?.goto(server.url);
    expect(await still?.getByText('[ACTIVE] main').count()).toBe(1);
    expect(await still?.locator('#filter:visible').count()).toBe(0);
    await context?.close();
  });
});
