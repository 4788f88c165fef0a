import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';

/** Why there is no Redis, and what to do. */
export const NO_REDIS = 'there is no redis-server: install the package redis-server';

/** Whether `redis-server` of this machine can be started. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** A Redis of its own on loopback that keeps nothing on disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** Sends its process a signal; `SIGSTOP` makes it hang. */
  signal(signal: NodeJS.Signals): void;
  /** Kills it and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with nothing in it. Default: with the configuration it had. */
  restart(configuration?: readonly string[]): Promise<void>;
}

/**
 * Starts the `redis-server` of this machine. With `tls` its port speaks nothing else; `configuration` then names the certificate.
 *
 * @param configuration lines of redis.conf, for example `['requirepass secret']`
 * @throws Error with what it wrote when it does not start
 */
export async function startRedis(
  configuration: readonly string[] = [],
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'live-status-redis-'));
  const port = await freePort();
  let lines = configuration;
  const listening = tls ? ['port 0', `tls-port ${port}`] : [`port ${port}`];
  const start = (): Promise<ChildProcess> => launch(directory, [...listening, ...lines]);
  let child = await start();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => void child.kill(signal),
    kill,
    async restart(next = lines) {
      await kill();
      lines = next;
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(directory: string, configuration: readonly string[]): Promise<ChildProcess> {
  const own = ['bind 127.0.0.1', `dir ${directory}`, 'save ""', 'appendonly no'];
  const file = join(directory, 'redis.conf');
  writeFileSync(file, `${[...own, ...configuration].join('\n')}\n`);
  const child = spawn('redis-server', [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    written.push(line);
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`redis-server did not start: ${written.slice(-5).join(' | ')}`);
}
