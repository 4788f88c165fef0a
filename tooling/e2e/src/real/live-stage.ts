import { join } from 'node:path';
import { type DaemonKeeper, keepDaemon } from '@live-status/stage';
import { type GatewayStage, type GatewayStageOptions, openGatewayStage } from './gateway-stage.ts';
import { openTogether } from './open-together.ts';

/** A real gateway with a scripted model and a simulated Mattermost, and Live Status beside it. */
export interface LiveStage extends GatewayStage {
  readonly daemon: DaemonKeeper;
}

/**
 * Starts everything in a new HOME. The daemon gets no settings but that HOME: what it needs it reads from OpenClaw's own
 * configuration there.
 */
export async function openLiveStage(options: GatewayStageOptions): Promise<LiveStage> {
  return openTogether(async ({ opened }) => {
    const stage = opened(await openGatewayStage(options));
    await stage.gateway.start();
    const env = { HOME: stage.home, PID_FILE: join(stage.root, 'daemon.pid') };
    return { ...stage, daemon: opened(await keepDaemon({ env }, options.signal)) };
  });
}
