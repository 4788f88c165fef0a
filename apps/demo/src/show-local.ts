import { keepDaemon, openStage, type Stage } from '@live-status/stage';
import { DEMO_COMMAND, introduce, say, untilAborted } from './terminal.ts';

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
      'Live Status follows the OpenClaw of this machine and posts to a simulated Mattermost. Talk to an agent to see it at work.',
      [
        ['See it here', simulator.url],
        ["The daemon's page", `${daemon.current.healthUrl}/`],
        ['What it follows', agentsDir],
        ['See a demo instead', DEMO_COMMAND],
      ],
    );
    await Promise.race([untilAborted(signal), daemon.failed]);
    await daemon.stop();
    say('Stopped.');
    return 0;
  } finally {
    await daemon.close();
  }
}
