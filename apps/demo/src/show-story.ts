import { createInterface } from 'node:readline';
import { delay } from '@live-status/resilience';
import { stateOf } from '@live-status/stage';
import { SCENES } from './story/scenes.ts';
import { ToldStory } from './story/told-story.ts';
import { INSTALL, introduce, say, untilAborted } from './terminal.ts';

/** Between two scenes that follow each other by themselves. */
const PAUSE_MS = 5_000;
const POLL_MS = 250;

/** How the story is shown. */
export interface ShowStoryOptions {
  /** Which scene to begin with, by its place in the story. Default: the first. */
  readonly first?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Plays a made-up story under a daemon that posts to a simulated Mattermost, and keeps the page open until `signal`
 * aborts; 0. In a terminal, Enter plays the next scene; without one, the next follows by itself, once.
 */
export async function showStory({ first, signal }: ShowStoryOptions): Promise<number> {
  const story = await ToldStory.open({ signal });
  try {
    return await showOn(story, { first, signal });
  } finally {
    await story.close();
  }
}

async function showOn(story: ToldStory, { first = 0, signal }: ShowStoryOptions): Promise<number> {
  const { simulator } = story.stage;
  introduce('This is a demo of Live Status: a small story of a web shop, in a simulated Mattermost.', [
    ['See it here', `${simulator.url}/#${simulator.channel.name}`],
    ["The daemon's page", `${story.daemon.current.healthUrl}/`],
  ]);
  const reporting = reportStates(story, signal);
  try {
    await playScenes(story, first, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await reporting;
  await story.daemon.stop();
  say('Stopped.');
  return 0;
}

async function playScenes(story: ToldStory, first: number, signal: AbortSignal): Promise<void> {
  const isAsked = process.stdin.isTTY === true;
  for (let played = 0; ; played += 1) {
    const scene = (first + played) % SCENES.length;
    say(`Scene ${scene + 1}: ${SCENES[scene]?.name}`);
    await story.play(scene);
    await delay(PAUSE_MS, { signal });
    const isLast = !isAsked && played === SCENES.length - 1;
    const next = (scene + 1) % SCENES.length;
    const more = `${SCENES[next]?.name} (scene ${next + 1})`;
    if (isLast) break;
    if (!isAsked) continue;
    story.company.note(`${OVER} Press Enter in the terminal to see ${more}. ${GO_ON}`);
    say(`Press Enter to see ${more}, or Ctrl-C to stop.`);
    await Promise.race([untilEnter(signal), story.daemon.failed]);
  }
  story.company.note(`${OVER} ${GO_ON}`);
  say('That was the story. The page stays open until Ctrl-C.');
  await Promise.race([untilAborted(signal), story.daemon.failed]);
}

const OVER = 'That was this scene.';
const GO_ON = `To see your own agents like this, install Live Status beside OpenClaw: \`${INSTALL}\`.`;

/** Prints each status post whenever its state changes, until `signal` aborts. */
async function reportStates({ stage: { simulator } }: ToldStory, signal: AbortSignal): Promise<void> {
  const states = new Map<string, string>();
  const names = new Map(simulator.channels().map(({ id, display_name }) => [id, display_name]));
  while (!signal.aborted) {
    for (const { id, channel_id, message } of simulator.posts()) {
      const state = stateOf(message);
      if (state === undefined || states.get(id) === state) continue;
      states.set(id, state);
      say(`  ${names.get(channel_id)}: ${plain(message.split('\n', 1)[0] ?? '')}`);
    }
    await delay(POLL_MS, { signal }).catch(() => {});
  }
}

/** Without the marks of Markdown. */
function plain(line: string): string {
  return line.replace(/\*\*|`/g, '').replace(/\\(?=\W)/g, '');
}

function untilEnter(signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  return new Promise<void>((resolve, reject) => {
    lines.once('line', () => resolve());
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  }).finally(() => lines.close());
}
