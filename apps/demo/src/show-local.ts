import { keepDaemon, openStage, type Stage } from '@live-status/stage';
import { introduce, say } from './terminal.ts';

/**
 * The simulator has none of the real channels, and nobody else can read it: conversations of every channel go to its
 * `town-square`.
 */
const EVERY_KIND =
  'cron,hook,cli,webchat,telegram,discord,slack,whatsapp,signal,imessage,matrix,msteams,googlechat,line';

/** Follows the OpenClaw of this machine and posts to a simulated Mattermost, until `signal` aborts; 0. */
export async function showLocal(agentsDir: string, signal: AbortSignal): Promise<number> {
  const stage = await openStage();
  try {
    return await followOn(stage, agentsDir, signal);
  } finally {
    await stage.close();
  }
}

async function followOn(stage: Stage, agentsDir: string, signal: AbortSignal): Promise<number> {
  const { simulator } = stage;
  const env = {
    ...process.env,
    ...stage.env,
    HOME: process.env.HOME,
    TRANSCRIPT_DIR: agentsDir,
    DEFAULT_CHANNEL: simulator.channel.id,
    DEFAULT_CHANNEL_KINDS: EVERY_KIND,
  };
  const daemon = await keepDaemon({ env }, signal);
  try {
    introduce(
      'Live Status follows the OpenClaw of this machine and posts to a simulated Mattermost. Talk to an agent.',
      [
        ['See the posts', simulator.url],
        ['Health', `${daemon.current.healthUrl}/health`],
        ['Transcripts', agentsDir],
      ],
    );
    await Promise.race([onceAborted(signal), daemon.failed]);
    await daemon.stop();
    say('Stopped.');
    return 0;
  } finally {
    await daemon.close();
  }
}

/** Resolves when `signal` aborts, at once if it already has. */
function onceAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
