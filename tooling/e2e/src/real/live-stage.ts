import { join } from 'node:path';
import { type DaemonKeeper, keepDaemon } from '@live-status/show';
import { type GatewayStage, type GatewayStageOptions, openGatewayStage } from './gateway-stage.ts';

/** A real gateway with a scripted model and a simulated Mattermost, and Live Status beside it. */
export interface LiveStage extends GatewayStage {
  readonly daemon: DaemonKeeper;
}

/**
 * Starts everything in a new HOME. The daemon gets no settings but that HOME: what it needs it reads from OpenClaw's own
 * configuration there.
 */
export async function openLiveStage(options: GatewayStageOptions): Promise<LiveStage> {
  const stage = await openGatewayStage(options);
  try {
    await stage.gateway.start();
    const env = { HOME: stage.home, PID_FILE: join(stage.root, 'daemon.pid') };
    const daemon = await keepDaemon({ env }, options.signal);
    const close = async (): Promise<void> => {
      await daemon[Symbol.asyncDispose]();
      await stage[Symbol.asyncDispose]();
    };
    return { ...stage, daemon, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}
