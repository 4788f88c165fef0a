import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FakeGateway } from '@live-status/simulators/gateway';
import { createSimulator, type Simulator } from '@live-status/simulators/mattermost';
import { megabytes, spawnDaemon, usageOf } from './daemon-process.ts';
import { GatewaySession, type SessionPlace } from './gateway-session.ts';

/**
 * What the daemon costs beside a gateway with many sessions, idle and while some of them work: CPU, memory, edits. The
 * gateway is the protocol fake; what it sends is what OpenClaw 2026.9.6 sent for one call of a Mattermost run, 11 frames
 * of together about 20 kB, under other keys. Each working session makes such a call every `--gap-ms`.
 *
 *     node --conditions=@live-status/source tooling/bench/src/gateway.ts --sessions 0,200 --busy 20 --gap-ms 1000 --seconds 30
 */
const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '0,200' },
    busy: { type: 'string', default: '20' },
    'gap-ms': { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
  },
});
const gapMs = Number(values['gap-ms']);
const seconds = Number(values.seconds);
const SETTLE_MS = 3_000;

console.log(`a call every ${gapMs} ms a busy session, ${seconds} s each; Node ${process.version}`);
console.log(
  '| sessions | subscribed | busy | frames a second | edits a second | CPU of a core | RSS | peak RSS | load |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const sessions of values.sessions.split(',').map(Number)) await measure(sessions);

async function measure(count: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'live-status-gateway-'));
  const gateway = await FakeGateway.listen();
  const simulator = await createSimulator();
  try {
    const sessions = Array.from({ length: count }, (_, i) => new GatewaySession(gateway, openThread(simulator, i)));
    gateway.rows = sessions.map(({ row }) => row);
    const settings = {
      SOURCE: 'gateway',
      OPENCLAW_GATEWAY_URL: gateway.url,
      OPENCLAW_GATEWAY_TOKEN: 'token-of-a-bench',
    };
    const child = spawnDaemon(simulator, { root, transcriptDir: join(root, 'agents') }, settings);
    try {
      await gateway.until(() => gateway.connected > 0 && sessions.every(({ key }) => gateway.subscribedTo(key)));
      await delay(SETTLE_MS);
      const counted = { count, gateway, simulator, pid: child.pid };
      await observe({ ...counted, busy: 0 }, () => delay(seconds * 1_000));
      const busy = sessions.slice(0, Number(values.busy));
      if (busy.length > 0) await observe({ ...counted, busy: busy.length }, () => work(busy));
    } finally {
      child.kill('SIGKILL');
    }
  } finally {
    await gateway.close();
    await simulator.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Observed {
  readonly count: number;
  readonly busy: number;
  readonly gateway: FakeGateway;
  readonly simulator: Simulator;
  readonly pid: number | undefined;
}

async function observe({ count, busy, gateway, simulator, pid }: Observed, run: () => Promise<unknown>): Promise<void> {
  const edits = (): number => simulator.requests().filter(({ method }) => method === 'PUT').length;
  const subscribed = gateway.asked.filter(({ method }) => method === 'sessions.messages.subscribe').length;
  const before = { ...(await usageOf(pid)), edits: edits(), frames: GatewaySession.framesSent };
  await run();
  const after = await usageOf(pid);
  const a = (n: number): string => (n / seconds).toFixed(1);
  const cpu = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100;
  const work = `${a(GatewaySession.framesSent - before.frames)} | ${a(edits() - before.edits)}`;
  const memory = `${megabytes(after.rssBytes)} | ${megabytes(after.peakRssBytes)}`;
  const load = (loadavg()[0] ?? Number.NaN).toFixed(1);
  console.log(`| ${count} | ${subscribed} | ${busy} | ${work} | ${cpu.toFixed(2)} % | ${memory} | ${load} |`);
}

/** Every session makes a call each `gapMs`, out of step with the others. */
async function work(sessions: readonly GatewaySession[]): Promise<void> {
  const endAt = performance.now() + seconds * 1_000;
  await Promise.all(
    sessions.map(async (session, i) => {
      await delay((i * gapMs) / sessions.length);
      session.begin();
      while (performance.now() < endAt) await session.call(gapMs);
    }),
  );
}

function openThread(simulator: Simulator, i: number): SessionPlace {
  const { id: channelId } = simulator.addChannel({ teamId: simulator.team.id, name: `bench-${i}` });
  const { id: userId } = simulator.bot.user;
  simulator.join(userId, [channelId]);
  return { channelId, rootId: simulator.writePost({ userId, channelId, message: 'please' }).id };
}
