import { hasRedis, NO_REDIS, type RedisServer, startRedis } from '@live-status/simulators/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, type FleetHost } from './fleet.ts';

/** Below the server's limit, as an operator would set it: questions about the server and its health come on top. */
const BUDGET = 8;
const LIMIT = { perSec: 10, burst: 15 };
const SESSIONS = { many: 15, some: 6, one: 1 };
const TEST_TIMEOUT_MS = 170_000;

let fleet: Fleet;
let redis: RedisServer;
const figures: string[] = [];

const note = (line: string): void => {
  figures.push(line);
  process.stdout.write(`${line}\n`);
};

async function addHosts(env: Readonly<Record<string, string>>): Promise<readonly FleetHost[]> {
  for (const [name, count] of Object.entries(SESSIONS)) {
    await fleet.add(name, count, { MAX_UPDATES_PER_S: String(BUDGET), ...env });
  }
  return fleet.hosts;
}

const limited = (from: number): number => fleet.requests(from).filter(({ status }) => status === 429).length;

/** Longest time in which a host wrote nothing, milliseconds. */
function longestGap(host: FleetHost, from: number, to: number): number {
  const times = [from, ...fleet.writesOf(host, from, to), to];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}

async function measure(label: string, seconds: number): Promise<readonly number[]> {
  const from = Date.now();
  await fleet.wait(seconds * 1_000);
  const to = Date.now();
  const perS = fleet.hosts.map((host) => fleet.writesOf(host, from, to).length / seconds);
  const gaps = fleet.hosts.map((host) => longestGap(host, from, to));
  const shown = fleet.hosts.map(({ name }, i) => `${name} ${perS[i]?.toFixed(2)}/s, gap ${gaps[i]} ms`).join('; ');
  note(`${label}: ${shown}; ${limited(from)} answers 429`);
  expect(limited(from)).toBe(0);
  // Each of them shows something all the time.
  for (const gap of gaps) expect(gap).toBeLessThan(3_000);
  return perS;
}

describe.skipIf(!hasRedis())(`three daemons of one bot${hasRedis() ? '' : ` (${NO_REDIS})`}`, () => {
  beforeEach(async ({ signal }) => {
    redis = await startRedis();
    fleet = await Fleet.open(LIMIT, signal);
  });
  afterEach(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  it(
    'divide its rate fairly, urgent work first, and go on without Redis',
    async () => {
      const [many, some, one] = await addHosts({ REDIS_URL: `${redis.url}/2` });
      if (many === undefined || some === undefined || one === undefined) throw new Error('no hosts');
      const sharing = async (state: string): Promise<boolean> => {
        const all = await Promise.all(fleet.hosts.map((host) => host.health()));
        return all.every((health) => health.sharing?.state === state && health.sharing.members === 3);
      };
      await fleet.until(() => sharing('shared'));
      await fleet.until(() =>
        fleet.hosts.every((host) => host.channels.slice(0, -1).every((id) => fleet.messageIn(id) !== '')),
      );

      const callsBefore = (await Promise.all(fleet.hosts.map((host) => host.health()))).map(
        ({ sharing: s }) => s?.calls ?? 0,
      );
      const from = Date.now();
      const [manyPerS = 0, somePerS = 0, onePerS = 0] = await measure('shared', 20);
      const healths = await Promise.all(fleet.hosts.map((host) => host.health()));
      const calls = healths.reduce((sum, { sharing: s }, i) => sum + (s?.calls ?? 0) - (callsBefore[i] ?? 0), 0);
      const requests = fleet.requests(from).length;
      note(`Redis calls for each request: ${(calls / requests).toFixed(2)}`);
      expect(calls / requests).toBeLessThan(3);
      expect(healths.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
      // One session cannot use more than its throttle allows; the others get the same, with any number of sessions.
      expect(onePerS).toBeGreaterThan(1);
      expect(Math.abs(manyPerS - somePerS)).toBeLessThan(0.15 * (manyPerS + somePerS));
      expect(manyPerS + somePerS + onePerS).toBeGreaterThan(BUDGET * 0.85);
      expect(manyPerS + somePerS + onePerS).toBeLessThanOrEqual(BUDGET * 1.05);

      const waits: number[] = [];
      for (const host of [many, some, many]) {
        const begunAt = Date.now();
        const session = host.begin();
        await fleet.until(() => fleet.messageIn(host.freeChannel).includes('[ACTIVE]'));
        waits.push(Date.now() - begunAt);
        const endedAt = Date.now();
        session.result('only').answer('done');
        await fleet.until(() => fleet.messageIn(host.freeChannel).includes('[DONE]'));
        waits.push(Date.now() - endedAt);
      }
      note(
        `creates and ends among ${SESSIONS.many + SESSIONS.some + SESSIONS.one} busy sessions: ${waits.join(', ')} ms`,
      );
      for (const wait of waits) expect(wait).toBeLessThan(2_500);

      for (const [label, stop, resume] of [
        ['killed', () => redis.kill(), () => redis.restart()],
        ['hanging', async () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
      ] as const) {
        await stop();
        const shares = await measure(`Redis ${label}`, 10);
        for (const perS of shares) expect(perS).toBeLessThanOrEqual(BUDGET / 3 + 0.4);
        expect(shares[0]).toBeGreaterThan(BUDGET / 3 - 0.5);
        for (const host of fleet.hosts) {
          const { status, reasons } = await host.health();
          expect(status).toBe('degraded');
          expect(reasons.map(({ what }) => what).join()).toMatch(
            /: this daemon keeps to 1\/3 of MAX_UPDATES_PER_S by itself$/,
          );
        }
        await resume();
        const resumedAt = Date.now();
        await fleet.until(() => sharing('shared'));
        note(`Redis back: shared again after ${Date.now() - resumedAt} ms`);
        await measure(`Redis back after it was ${label}`, 5);
        expect((await one.health()).status).toBe('ok');
      }
      expect(limited(0)).toBe(0);
      const output = fleet.hosts.map(({ daemon }) => daemon.output()).join('');
      expect(output).toContain('cannot share MAX_UPDATES_PER_S: keeping to an equal share');
      for (const { daemon } of fleet.hosts) expect((await daemon.stop()).code).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );

  it('exceed its limit where nothing is shared: what the test above would see', async () => {
    await addHosts({});
    await fleet.until(() => limited(0) > 0);
  });
});
