import type { launchChromium } from '@live-status/simulators/chromium';
import { createSimulator } from '@live-status/simulators/mattermost';

/** The Chromium of this machine. */
export type Browser = NonNullable<Awaited<ReturnType<typeof launchChromium>>>;

/** A post as a phone shows it. */
export interface DrawnPost {
  /** PNG, with two pixels for each. */
  readonly picture: Buffer;
  readonly heightPx: number;
}

/** Draws a status post of OpenClaw's bot on the phone of the simulator's page, 390 pixels wide. */
export async function drawPost(browser: Browser, message: string): Promise<DrawnPost> {
  const simulator = await createSimulator({ botName: 'openclaw' });
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
  try {
    await fetch(`${simulator.url}/api/v4/posts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${simulator.bot.token}` },
      body: JSON.stringify({ channel_id: simulator.channel.id, message, type: 'custom_live_status' }),
    });
    await page.goto(simulator.url);
    const post = page.locator('.phone .post').last();
    await post.waitFor();
    const picture = await post.screenshot();
    return { picture, heightPx: Math.round((await post.boundingBox())?.height ?? 0) };
  } finally {
    await page.close();
    await simulator.close();
  }
}
