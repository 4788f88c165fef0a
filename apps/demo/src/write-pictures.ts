import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { delay } from '@live-status/resilience';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { type Browser, drawPost } from '@live-status/stage/draw-post';
import { ToldStory } from './story/told-story.ts';
import { terminalPage } from './terminal-page.ts';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('../../../docs/screenshots', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1720, height: 800 };
const COLUMNS = 84;
const ROWS = 24;
/** Long enough for a page to show what it was sent, and for people to be waited for. */
const WAITED_MS = 3_000;

const TWO_SUB_AGENTS = /: phone\n {4}- [\s\S]*: spelling\n {4}- .*\n {4}- exec/;
const APPROVAL = /^\*\*\[WAITING\] developer/;
const DONE = /^\*\*\[DONE\] developer/;

/** What the text of a post matches first when its picture is taken, by the name of the picture's file. */
const PICTURES: Readonly<Record<string, RegExp>> = {
  working: TWO_SUB_AGENTS,
  approval: APPROVAL,
  question: /^\*\*\[WAITING\] designer/,
  retry: /Model: rate limit, attempt 3 in/,
  background: /^\*\*\[DONE\] operations.* 1 in background/,
  done: DONE,
  error: /^\*\*\[ERROR\]/,
  aborted: /^\*\*\[ABORTED\]/,
  unreachable: /gateway unreachable/,
  interrupted: /^\*\*\[INTERRUPTED\]/,
  timeout: /^\*\*\[TIMEOUT\]/,
};

/** Moments of one post, in their order. */
const ONE_POST = [/^\*\*\[ACTIVE\].*npm test[\s\S]*Model: rate limit x2, recovered/, TWO_SUB_AGENTS, APPROVAL, DONE];

/**
 * Plays the story and draws pictures of the README from it: posts in all states as a phone shows them, one of them in
 * four states side by side, the daemon's page, and `live-status watch` in a terminal. Needs Chromium, tmux and a build.
 */
async function writePictures(): Promise<void> {
  const browser = await launchChromium();
  if (browser === undefined) throw new Error(NO_CHROMIUM);
  mkdirSync(FOLDER, { recursive: true });
  try {
    const texts = (await Promise.all([tell(browser, 0), tell(browser, 1)])).flat();
    for (const [name, moment] of Object.entries(PICTURES)) {
      const { picture, heightPx } = await drawPost(browser, firstMatch(texts, moment));
      writeFileSync(join(FOLDER, `${name}.png`), picture);
      process.stdout.write(`${name}: ${heightPx} px\n`);
    }
    await writeSideBySide(browser, texts);
  } finally {
    await browser.close();
  }
}

/** Plays a scene. Returns every text that its status posts had, oldest first within each post. */
async function tell(browser: Browser, scene: number): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const story = await ToldStory.open({ signal });
  const { simulator } = story.stage;
  try {
    await Promise.all([story.play(scene), scene === 0 ? takePageAndTerminal(browser, story) : undefined]);
    await delay(WAITED_MS);
    return simulator.posts().flatMap(({ id }) => simulator.edits(id).map(({ post }) => post.message));
  } finally {
    await story.close();
  }
}

function firstMatch(texts: readonly string[], moment: RegExp): string {
  const text = texts.find((candidate) => moment.test(candidate));
  if (text === undefined) throw new Error(`No post of the story ever matched ${moment}.`);
  return text;
}

/** Takes both while Mia is waited for. */
async function takePageAndTerminal(browser: Browser, story: ToldStory): Promise<void> {
  const terminal = new Terminal(story);
  try {
    await terminal.open();
    const { simulator } = story.stage;
    await simulator.until(() => simulator.posts().some(({ message }) => APPROVAL.test(message)));
    await delay(WAITED_MS);
    await Promise.all([takePage(browser, story), takeTerminal(browser, terminal)]);
  } finally {
    await terminal.close();
  }
}

async function takePage(browser: Browser, story: ToldStory): Promise<void> {
  const page = await browser.newPage({ viewport: PHONE, deviceScaleFactor: 2 });
  await page.goto(`${story.daemon.current.healthUrl}/`);
  await page.getByText('[WAITING]').waitFor();
  await page.screenshot({ path: join(FOLDER, 'page.png') });
  await page.close();
}

async function takeTerminal(browser: Browser, terminal: Terminal): Promise<void> {
  const screen = await browser.newPage({ viewport: WIDE, deviceScaleFactor: 2 });
  await screen.setContent(terminalPage(await terminal.content(), COLUMNS));
  await screen.locator('pre').screenshot({ path: join(FOLDER, 'watch.png') });
  await screen.close();
}

async function writeSideBySide(browser: Browser, texts: readonly string[]): Promise<void> {
  const posts = [];
  for (const moment of ONE_POST) posts.push(await drawPost(browser, firstMatch(texts, moment)));
  const page = await browser.newPage({ viewport: WIDE, deviceScaleFactor: 2 });
  const images = posts.map(({ picture }) => `<img src="data:image/png;base64,${picture.toString('base64')}">`).join('');
  await page.setContent(
    `<style>main{display:inline-flex;gap:16px;padding:16px;background:#e9ecf2;align-items:flex-start}
     img{zoom:.5;padding:16px 0;background:#fff;border-radius:24px}</style><main>${images}</main>`,
  );
  await page.locator('main').screenshot({ path: join(FOLDER, 'one-post.png') });
  await page.close();
}

/** A terminal in which `live-status watch` runs, on a tmux server of its own. */
class Terminal {
  readonly #story: ToldStory;
  readonly #server = `live-status-pictures-${process.pid}`;

  constructor(story: ToldStory) {
    this.#story = story;
  }

  async open(): Promise<void> {
    const { stage, daemon } = this.#story;
    const env = { ...stage.env, HEALTH_PORT: new URL(daemon.current.healthUrl).port };
    const size = ['-x', String(COLUMNS), '-y', String(ROWS)];
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    await this.#tmux('new-session', '-d', ...size, ...variables, `"${process.execPath}" "${CLI}" watch`);
  }

  /** What it shows now, with its colours as escape sequences. */
  async content(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p', '-e');
    return stdout.trimEnd();
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
  }

  #tmux(...args: readonly string[]) {
    return run('tmux', ['-L', this.#server, ...args]);
  }
}

await writePictures();
