import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSize } from '@live-status/resilience/testing';
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from '@live-status/simulators/redis';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ask, BudgetStore, Grant } from './budget-store.ts';
import { problemOf } from './redis-problem.ts';
import { createRedisStore } from './redis-store.ts';
import { keysOf } from './script.ts';
import { createMemoryStore } from './testing.ts';

const TIMEOUT_MS = 5_000;
const ask = (over: Partial<Ask> = {}): Ask => ({
  budget: 'b',
  member: 'm',
  ratePerS: 4,
  priority: 0,
  demand: 1,
  reserve: 0,
  lastMembers: 1,
  awayMs: 0,
  ...over,
});

async function reasonOf(store: BudgetStore): Promise<string> {
  try {
    await store.ask(ask());
    return 'none';
  } catch (error) {
    return problemOf(error).what;
  } finally {
    await store.close();
  }
}

const size = modelSize(300);

describe.skipIf(!hasRedis())(`the script in a real Redis${hasRedis() ? '' : ` (${NO_REDIS})`}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.[Symbol.asyncDispose]());
  const open = (url = redis.url): Promise<BudgetStore> => createRedisStore({ url, timeoutMs: TIMEOUT_MS });

  it(`decides as the store in memory does (${size.name})`, async () => {
    const step = fc.record({
      gapMs: fc.oneof(
        { weight: 20, arbitrary: fc.nat(800) },
        { weight: 1, arbitrary: fc.integer({ min: -5_000, max: 700_000 }) },
      ),
      member: fc.constantFrom('a', 'b', 'c', 'd'),
      priority: fc.integer({ min: -1, max: 2 }),
      demand: fc.nat(5),
      reserve: fc.nat(1),
      remaining: fc.option(fc.nat(3), { nil: undefined, freq: 10 }),
      blockMs: fc.option(fc.nat(2_000), { nil: undefined, freq: 10 }),
      awayMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(20_000)),
      lastMembers: fc.integer({ min: 1, max: 5 }),
      leaves: fc.boolean().map((yes) => yes || undefined),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, ratePerS) => {
          let now = 1_000_000_000;
          const real = await createRedisStore({ url: redis.url, timeoutMs: TIMEOUT_MS, now: () => now });
          const memory = createMemoryStore({ now: () => now });
          const budget = `round-${round}`;
          round += 1;
          for (const { gapMs, ...asked } of steps) {
            now += gapMs;
            const one = ask({ ...asked, leaves: asked.leaves && asked.demand === 5, budget, ratePerS });
            expect(await real.ask(one)).toEqual(await memory.ask(one));
          }
          await real.close();
        },
      ),
      { numRuns: size.numRuns, seed: size.seed },
    );
  }, 900_000);

  it('goes by the clock of Redis, and keeps only hashes and numbers, for an hour', async () => {
    const store = await open();
    const first: Grant = await store.ask(ask({ budget: 'clock', demand: 5 }));
    expect(first).toEqual({ granted: 1, askAgainMs: 250, members: 1 });
    const { createClient } = await import('@redis/client');
    const client = createClient({ url: redis.url });
    await client.connect();
    const keys = (await client.keys('*clock*')).sort();
    expect(keys).toEqual([...keysOf('clock')].sort());
    for (const key of keys) expect(await client.ttl(key)).toBeGreaterThan(3_500);
    expect(Object.values(await client.hGetAll(keysOf('clock')[0] ?? '')).join(' ')).toMatch(/^[\d. ]+$/);
    await client.sendCommand(['SCRIPT', 'FLUSH']);
    expect((await store.ask(ask({ budget: 'clock', demand: 0 }))).members).toBe(1);
    client.destroy();
    await store.close();
  });

  it('says why it cannot be used', async () => {
    const guarded = await startRedis(['requirepass right']);
    const address = `127.0.0.1:${guarded.port}`;
    try {
      expect(await reasonOf(await open(guarded.url))).toBe('Redis wants a password (NOAUTH)');
      expect(await reasonOf(await open(`redis://:wrong@${address}`))).toBe('Redis refuses the password (WRONGPASS)');
      expect(await reasonOf(await open(`redis://:right@${address}/3`))).toBe('none');
      await guarded.restart(['user default on nopass ~live-status:* +@connection +eval +evalsha +time']);
      expect(await reasonOf(await open(guarded.url))).toMatch(
        /^Redis does not let this user do what is needed \(NOPERM\)$/,
      );
      await guarded.restart(['replicaof 127.0.0.1 1']);
      expect(await reasonOf(await open(guarded.url))).toMatch(/\((READONLY|MASTERDOWN)\)$/);
      await guarded.restart(['maxmemory 1']);
      expect(await reasonOf(await open(guarded.url))).toBe('Redis has no memory left (OOM)');
      await guarded.restart(['cluster-enabled yes']);
      expect(await reasonOf(await open(guarded.url))).toBe('The cluster of Redis is down (CLUSTERDOWN)');
      await guarded.kill();
      expect(await reasonOf(await open(guarded.url))).toBe(
        'Nothing listens at the address of REDIS_URL (ECONNREFUSED)',
      );
    } finally {
      await guarded[Symbol.asyncDispose]();
    }
  });

  it('trusts a private authority that NODE_EXTRA_CA_CERTS names', async ({ skip }) => {
    if (spawnSync('openssl', ['version']).status !== 0) skip('there is no openssl');
    const directory = mkdtempSync(join(tmpdir(), 'live-status-redis-tls-'));
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    const files = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate];
    expect(spawnSync('openssl', [...request, ...files]).status).toBe(0);
    const own = [`tls-cert-file ${certificate}`, `tls-key-file ${key}`, 'tls-auth-clients no'];
    const guarded = await startRedis([...own, `tls-ca-cert-file ${certificate}`, 'requirepass right'], { tls: true });
    const probe = `import { probeRedis } from ${JSON.stringify(new URL('./probe-redis.ts', import.meta.url).href)};
      console.log(JSON.stringify(await probeRedis({ url: process.env.REDIS_URL, timeoutMs: 5000 })));`;
    const ask = (env: Readonly<Record<string, string>>): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', probe], {
        env: { REDIS_URL: `rediss://:right@127.0.0.1:${guarded.port}`, ...env },
        encoding: 'utf8',
      }).stdout;
    try {
      expect(ask({})).toMatch(/The certificate of Redis is self-signed.*NODE_EXTRA_CA_CERTS/);
      expect(ask({ NODE_EXTRA_CA_CERTS: certificate })).toBe('{"ok":true,"members":1}\n');
      expect(await reasonOf(await open(`redis://:right@127.0.0.1:${guarded.port}`))).toMatch(
        /^Redis (closed the connection|cannot be used) \(/,
      );
    } finally {
      await guarded[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('works with the least rights, which docs/scale.md names', async () => {
    const rights =
      '+@connection +@scripting +time +hmget +hset +pexpire +zadd +zcard +zcount +zrangebyscore +zrank +zrem +zscore';
    const guarded = await startRedis([`user status on >pass ~live-status:* ${rights}`, 'user default off']);
    try {
      expect(await reasonOf(await open(`redis://status:pass@127.0.0.1:${guarded.port}`))).toBe('none');
    } finally {
      await guarded[Symbol.asyncDispose]();
    }
  });

  it('answers quickly, and takes little memory for a thousand members', async () => {
    const store = await open();
    for (let i = 0; i < 1_000; i += 1)
      await store.ask(ask({ budget: 'crowd', member: `member-${String(i).padStart(9, '0')}` }));
    const from = performance.now();
    for (let i = 0; i < 1_000; i += 1)
      await store.ask(ask({ budget: 'crowd', member: `member-${String(i).padStart(9, '0')}` }));
    const meanMs = (performance.now() - from) / 1_000;
    const { createClient } = await import('@redis/client');
    const client = createClient({ url: redis.url });
    await client.connect();
    let bytes = 0;
    for (const key of keysOf('crowd'))
      bytes += Number(await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0'])) || 0;
    client.destroy();
    await store.close();
    process.stdout.write(`1000 members: ${meanMs.toFixed(2)} ms a call, ${Math.round(bytes / 1024)} KiB in Redis\n`);
    expect(bytes).toBeLessThan(1024 * 1024);
  });
});
