import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { delay } from '@live-status/resilience';
import { launchChromium, NO_CHROMIUM } from '@live-status/simulators/chromium';
import { ToldStory } from './story/told-story.ts';
import { terminalPage } from './terminal-page.ts';

type Browser = NonNullable<Awaited<ReturnType<typeof launchChromium>>>;

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('../../../docs/screenshots', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1600, height: 800 };
const COLUMNS = 84;
const ROWS = 24;
/** A page shows what it was sent well before this. */
const DRAWN_MS = 700;

/** Moments of the post in Shop team, in their order: what its text matches first then. */
const MOMENTS: readonly RegExp[] = [
  /^\*\*\[ACTIVE\].*npm test[\s\S]*Model: rate limit x2, recovered/,
  /: phone\n {4}- [\s\S]*: spelling\n {4}- .*\n {4}- exec/,
  /^\*\*\[WAITING\]/,
  /^\*\*\[DONE\]/,
];

/**
 * Plays the first scene and draws the pictures of the README from it: the post in four states on a phone, the daemon's
 * page, and `live-status watch` in a terminal. Needs Chromium, tmux and a build.
 */
async function writePictures(): Promise<void> {
  const browser = await launchChromium();
  if (browser === undefined) throw new Error(NO_CHROMIUM);
  mkdirSync(FOLDER, { recursive: true });
  const { signal } = new AbortController();
  const story = await ToldStory.open({ signal });
  const terminal = new Terminal(story);
  try {
    await terminal.open();
    const playing = story.play(0);
    const posts: Buffer[] = [];
    for (const moment of MOMENTS) {
      const id = await postThatSays(story, moment);
      await delay(moment === MOMENTS[2] ? 3_000 : DRAWN_MS);
      const [post] = await Promise.all([
        takePost(browser, story, id),
        moment === MOMENTS[2] ? takePageAndTerminal(browser, story, terminal) : undefined,
      ]);
      posts.push(post);
    }
    await writeSideBySide(browser, posts);
    await playing;
  } finally {
    await terminal.close();
    await story.close();
    await browser.close();
  }
}

/** The id of the post in Shop team, as soon as its text matches. */
async function postThatSays({ stage: { simulator }, company }: ToldStory, moment: RegExp): Promise<string> {
  const find = () =>
    simulator.posts().find((post) => post.channel_id === company.shopTeam.id && moment.test(post.message))?.id;
  await simulator.until(() => find() !== undefined);
  return find() ?? '';
}

async function takePost(browser: Browser, { stage: { simulator } }: ToldStory, id: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport: PHONE, deviceScaleFactor: 2 });
  await page.goto(`${simulator.url}/#${simulator.channel.name}`);
  const post = page.locator(`.phone [data-id="${id}"] > article`);
  await post.waitFor();
  await page.locator('.timeline').evaluateAll((tracks) => {
    for (const track of tracks) track.remove();
  });
  const picture = await post.screenshot();
  await page.close();
  return picture;
}

async function takePageAndTerminal(browser: Browser, story: ToldStory, terminal: Terminal): Promise<void> {
  const page = await browser.newPage({ viewport: PHONE, deviceScaleFactor: 2 });
  await page.goto(`${story.daemon.current.healthUrl}/`);
  await delay(DRAWN_MS);
  await page.screenshot({ path: join(FOLDER, 'page.png') });
  await page.close();
  const screen = await browser.newPage({ viewport: WIDE, deviceScaleFactor: 2 });
  await screen.setContent(terminalPage(await terminal.content(), COLUMNS));
  await screen.locator('pre').screenshot({ path: join(FOLDER, 'watch.png') });
  await screen.close();
}

async function writeSideBySide(browser: Browser, posts: readonly Buffer[]): Promise<void> {
  const page = await browser.newPage({ viewport: WIDE, deviceScaleFactor: 2 });
  const images = posts.map((post) => `<img src="data:image/png;base64,${post.toString('base64')}">`).join('');
  await page.setContent(
    `<style>main{display:inline-flex;gap:16px;padding:16px;background:#e9ecf2;align-items:flex-start}
     img{zoom:.5;padding:20px;background:#fff;border-radius:24px}</style><main>${images}</main>`,
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
