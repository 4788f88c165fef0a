import { setTimeout as delay } from 'node:timers/promises';
import { FakeGateway, FrameSession } from '@live-status/simulators/gateway';
import { type Benchmark, figure } from './benchmark.ts';
import { BOTH_ENDS, type Caller, measureCalls } from './call-latency.ts';
import { addChannels, gatewaySettings, onStage, withDaemon } from './daemon.ts';

/** More than `THROTTLE_MS`. */
const CALL_MS = 600;

/** Frame of a gateway → edit on the wire. */
export const frameLatency: Benchmark = {
  name: 'frame-latency',
  description: 'frame of a gateway to edit on the wire, 1 and 20 active sessions',
  run: async ({ quick, say }) => {
    const figures = [];
    for (const active of quick ? [20] : [1, 20]) {
      say(`${active} active`);
      const samples = await measure(active, quick ? 5 : active === 1 ? 30 : 12);
      figures.push(figure(`frame → edit, ${active} active`, 'ms', ...samples));
    }
    return figures;
  },
};

function measure(active: number, seconds: number): Promise<number[]> {
  return onStage(
    async (stage) => {
      const gateway = await FakeGateway.listen();
      try {
        const sessions = addChannels(stage.simulator, active).map((id) => caller(gateway, id));
        const settings = { ...gatewaySettings(gateway), MAX_UPDATES_PER_S: '100', MAX_ACTIVE_SESSIONS: '200' };
        return await withDaemon(stage, { settings }, async () => {
          await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
          await delay(500);
          for (const session of sessions) session.begin();
          await stage.simulator.until(() => stage.simulator.posts().length === active);
          await delay(1000);
          return measureCalls(stage.simulator, sessions, seconds);
        });
      } finally {
        await gateway.close();
      }
    },
    { clock: BOTH_ENDS },
  );
}

/** A session with a run. A call ends so late that its end and the next call can both be shown at once. */
function caller(gateway: FakeGateway, channelId: string): Caller & { begin(): void } {
  const session = new FrameSession(gateway, `agent:main:mattermost:channel:${channelId}`, `run-${channelId}`);
  return {
    begin: () => void session.begin('benchmark').call('warm'),
    async call(command) {
      session.call(command);
      await delay(CALL_MS);
      session.result(command);
    },
  };
}
