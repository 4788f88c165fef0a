import { once } from 'node:events';
import { expect, it } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import type { Post } from './model.ts';
import { createSimulator, type Simulator } from './simulator.ts';

interface Frame {
  readonly event?: string;
  readonly status?: string;
  readonly seq?: number;
  readonly seq_reply?: number;
  readonly data?: { readonly post?: string; readonly sender_name?: string; readonly channel_type?: string };
}

/** A client that collects frames; `next` waits for the one after those taken. */
async function connect(
  simulator: Simulator,
  token: string,
): Promise<{ socket: WebSocket; next: () => Promise<Frame> }> {
  const socket = new WebSocket(`${simulator.url.replace('http', 'ws')}/api/v4/websocket`);
  const frames: Frame[] = [];
  socket.on('message', (data: RawData) => frames.push(JSON.parse(String(data)) as Frame));
  await once(socket, 'open');
  socket.send(JSON.stringify({ seq: 1, action: 'authentication_challenge', data: { token } }));
  const next = async (): Promise<Frame> => {
    if (frames.length === 0) await once(socket, 'message');
    return frames.shift() ?? {};
  };
  return { socket, next };
}

it('says hello after a token, then reports posts in the channels of the account', async () => {
  await using simulator = await createSimulator();
  const { bot, channel, team } = simulator;
  const elsewhere = simulator.addChannel({ teamId: team.id, name: 'elsewhere' });
  const alice = simulator.addUser({ username: 'alice' });
  const { socket, next } = await connect(simulator, bot.token);
  expect((await next()).event).toBe('hello');
  expect(await next()).toEqual({ status: 'OK', seq_reply: 1 });
  expect(simulator.listeners()).toEqual([bot.user]);

  simulator.writePost({ userId: alice.id, channelId: elsewhere.id, message: 'not for the bot' });
  const { id } = simulator.writePost({ userId: alice.id, channelId: channel.id, message: 'hi' });
  simulator.pinPost(id);
  simulator.deletePost(id);
  const posted = await next();
  expect(posted).toMatchObject({ event: 'posted', seq: 1, data: { sender_name: '@alice', channel_type: 'O' } });
  expect((JSON.parse(posted.data?.post ?? '') as Post).message).toBe('hi');
  expect((await next()).event).toBe('post_edited');
  expect((await next()).event).toBe('post_deleted');
  socket.terminate();
  await simulator.until(() => simulator.listeners().length === 0);
});

it('closes the connection of an unknown token, and reports nothing to it', async () => {
  await using simulator = await createSimulator();
  const { socket } = await connect(simulator, 'wrong');
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(1008);
});

it('answers a plain request with 400', async () => {
  await using simulator = await createSimulator();
  const response = await fetch(`${simulator.url}/api/v4/websocket`);
  expect(response.status).toBe(400);
});
