import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Why a page cannot be looked at, and what to do. */
export const NO_CHROMIUM = 'there is no Chromium: install it, or name it in CHROMIUM';

/** Starts the Chromium of this machine, for pages of the simulator only; `undefined` where there is none. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) return undefined;
  // A container's root has no user namespaces for Chromium's own sandbox; the page loads nothing but ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
