import { setTimeout as delay } from 'node:timers/promises';
import { FakeGateway } from '@live-status/simulators/gateway';
import type { Simulator } from '@live-status/simulators/mattermost';
import { usageDuring } from '@live-status/stage';
import { type Benchmark, type Figure, figure } from './benchmark.ts';
import { editPaths, gatewaySettings, onStage, withDaemon } from './daemon.ts';
import { GatewaySession, type SessionPlace } from './gateway-session.ts';

const SESSIONS = 200;
const BUSY = 20;
const GAP_MS = 1000;
const SETTLE_MS = 3000;

/**
 * What the daemon costs beside a gateway with many sessions, idle and while some of them work. The gateway is the
 * protocol simulator; for one call it sends what OpenClaw 2026.9.6 sent in a Mattermost run: 11 frames, about 20 KB.
 */
export const gateway: Benchmark = {
  name: 'gateway',
  description: 'CPU and memory beside a gateway with 200 sessions, idle and with 20 of them busy',
  run: ({ quick }) => onStage((stage) => measure(stage, quick ? 5 : 20)),
};

async function measure(stage: Parameters<typeof withDaemon>[0], seconds: number): Promise<readonly Figure[]> {
  const { simulator } = stage;
  const server = await FakeGateway.listen();
  try {
    const sessions = Array.from({ length: SESSIONS }, (_, i) => new GatewaySession(server, openThread(simulator, i)));
    server.rows = sessions.map(({ row }) => row);
    const settings = gatewaySettings(server);
    return await withDaemon(stage, { settings }, async ({ pid }) => {
      await server.until(() => server.connected > 0 && sessions.every(({ key }) => server.subscribedTo(key)));
      await delay(SETTLE_MS);
      const quiet = await usageDuring(pid, () => delay(seconds * 1000));
      const [framesBefore, editsBefore] = [GatewaySession.framesSent, editPaths(simulator).length];
      const working = await usageDuring(pid, () => work(sessions.slice(0, BUSY), seconds));
      const busy = `${SESSIONS} gateway sessions, ${BUSY} busy with a call a second`;
      return [
        figure(`${SESSIONS} gateway sessions, idle: CPU`, '% of a core', quiet.cpuPercent),
        figure(`${SESSIONS} gateway sessions, idle: RSS`, 'MB', quiet.after.rssMb),
        figure(`${busy}: CPU`, '% of a core', working.cpuPercent),
        figure(`${busy}: RSS`, 'MB', working.after.rssMb),
        figure(`${busy}: frames a second`, '/s', (GatewaySession.framesSent - framesBefore) / seconds),
        figure(`${busy}: edits a second`, '/s', (editPaths(simulator).length - editsBefore) / seconds),
      ];
    });
  } finally {
    await server.close();
  }
}

/** Every session makes a call each gap, out of step with the others. */
async function work(sessions: readonly GatewaySession[], seconds: number): Promise<void> {
  const endAt = performance.now() + seconds * 1000;
  await Promise.all(
    sessions.map(async (session, i) => {
      await delay((i * GAP_MS) / sessions.length);
      session.begin();
      while (performance.now() < endAt) await session.call(GAP_MS);
    }),
  );
}

function openThread(simulator: Simulator, i: number): SessionPlace {
  const { id: channelId } = simulator.addChannel({ teamId: simulator.team.id, name: `bench-${i}` });
  const { id: userId } = simulator.bot.user;
  simulator.join(userId, [channelId]);
  return { channelId, rootId: simulator.writePost({ userId, channelId, message: 'please' }).id };
}
