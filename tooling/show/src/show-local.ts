import { keepDaemon } from './daemon-keeper.ts';
import { onceAborted } from './once-aborted.ts';
import { openStage, type Stage } from './stage.ts';
import { introduce, say } from './terminal.ts';

/**
 * Conversations have no channels in the simulator, and it shows nothing to anybody else: whatever their channel, they
 * go to its `town-square`.
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
