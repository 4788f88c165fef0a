import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HostileAnswer, secretsIn } from '@live-status/simulators/hostile';
import { expect } from 'vitest';
import { MattermostError } from '../errors.ts';
import { createMattermostApi, type MattermostApi } from '../mattermost-api.ts';

const TOKEN = 'qxzjkvwQ4711XZJKVWqxz';
const MAX_ERROR_CHARS = 1_500;

/** A server that answers with whatever it is given, and the adapter on it. */
export class HostileServer implements AsyncDisposable {
  readonly #server: Server;
  #answer: HostileAnswer | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { body = '{}', end = 'whole', headers = {}, status = 200 } = this.#answer ?? {};
      request.resume();
      response.on('error', () => {});
      const bytes = Buffer.from(body);
      // 204 and 304 have no body.
      const length = end === 'short' ? bytes.length + 10 : bytes.length;
      response.writeHead(status, { ...headers, 'content-length': status === 204 || status === 304 ? 0 : length });
      response.write(bytes);
      if (end === 'whole') response.end();
      else setImmediate(() => request.socket.destroy());
    });
  }

  static async open(): Promise<HostileServer> {
    const own = new HostileServer();
    own.#server.listen(0, '127.0.0.1');
    await once(own.#server, 'listening');
    return own;
  }

  /** Asks everything of the server that can be asked, and asserts that each answer is a value, or an error for people. */
  async expectHarmless(answer: HostileAnswer): Promise<void> {
    this.#answer = answer;
    const { port } = this.#server.address() as AddressInfo;
    await using api = createMattermostApi({ url: `http://127.0.0.1:${port}`, token: TOKEN, timeoutMs: 5_000, env: {} });
    const seen: unknown[] = [];
    api.onAnswer((head) => seen.push(head));
    for (const call of CALLS) {
      try {
        seen.push(await call(api));
      } catch (error) {
        expectForPeople(error, answer);
      }
    }
    expect(JSON.stringify(seen)).not.toMatch(CONTROL_IN_VERSION);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const CALLS: readonly ((api: MattermostApi) => Promise<unknown>)[] = [
  (api) => api.createPost({ channelId: 'c1', message: 'x', pendingPostId: 'k' }),
  (api) => api.patchPost('p1', { message: 'x' }),
  (api) => api.getPostsSince('c1', 0),
  (api) => api.getMe(),
  (api) => api.getChannelByName('team', 'town-square'),
  (api) => api.checkHealth(),
  (api) => api.getServerSettings(),
];

const CONTROL_IN_VERSION = /"serverVersion":"[^"]*(?:\\u00[01]|[\u007f-\u009f])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** What a refusal says is logged, and shown to people: one bounded line, nothing secret, nothing that a page might have chosen at length. */
function expectForPeople(error: unknown, { body }: HostileAnswer): void {
  expect(error).toBeInstanceOf(MattermostError);
  const { message, summary } = error as MattermostError;
  expect(message.length).toBeLessThan(MAX_ERROR_CHARS);
  expect(`${message} ${summary}`).not.toMatch(CONTROL);
  for (const secret of [TOKEN, ...secretsIn(body)]) expect(message).not.toContain(secret);
}
