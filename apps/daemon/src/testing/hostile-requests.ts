import { connect } from 'node:net';
import { Secret } from '@live-status/openclaw-config';
import { expect } from 'vitest';
import { type HealthServer, startHealthServer } from '../health-server.ts';
import { Story, startWorld } from './world.ts';

const TOKEN = 'token-of-the-health-server';
const WORK = 'npm run something-private';
/** A request that does not end is waited for this long; the server itself waits longer. */
const PATIENCE_MS = 150;

/** A health server with work that only those with its token may read. */
export class AskedServer implements AsyncDisposable {
  readonly #server: HealthServer;
  readonly #stop: () => Promise<unknown>;

  private constructor(server: HealthServer, stop: () => Promise<unknown>) {
    this.#server = server;
    this.#stop = stop;
  }

  static async open(): Promise<AskedServer> {
    const world = await startWorld();
    const { clock, daemon, source } = world;
    source.attach();
    new Story(world).begin('r1').call('r1', 'a', WORK);
    await clock.advance(1_000);
    const { feed, measures } = daemon;
    const server = await startHealthServer({
      ...{ port: 0, host: '127.0.0.1', token: new Secret(TOKEN), feed, measures },
      report: () => daemon.report(),
      ready: () => daemon.ready(),
    });
    const stop = async (): Promise<void> => {
      const stopped = daemon.stop();
      await clock.advance(20_000);
      await stopped;
    };
    return new AskedServer(server, stop);
  }

  /** Sends a request; what comes back says nothing of the work, and the server goes on. */
  async expectHarmless(request: string): Promise<void> {
    const answer = await this.#send(request);
    expect(answer).not.toContain(WORK);
    expect(answer).not.toContain(TOKEN);
    expect(answer).not.toMatch(/root:|"devDependencies"|at \w+ \(/);
    expect((await fetch(`${this.#server.url}/livez`)).status).toBe(200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.#stop();
  }

  #send(request: string): Promise<string> {
    const { port } = new URL(this.#server.url);
    return new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      const finish = (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.setTimeout(PATIENCE_MS, finish).on('error', finish).on('close', finish);
      socket.setEncoding('latin1').on('data', (text) => {
        answer += text;
        if (/\r\n\r\n./s.test(answer)) finish();
      });
      socket.write(request);
    });
  }
}
