import { setTimeout as delay } from 'node:timers/promises';
import { createMattermostApi } from '@live-status/mm-poster/api';
import { Client4 } from '@mattermost/client';
import { Agent, request } from 'undici';

/** What a client measured. */
export interface PatchReport {
  /** From each request to its answer. */
  readonly ms: readonly number[];
  /** User and system time of one request on average. */
  readonly cpuMs: number;
}

/**
 * Edits one post again and again with one of the clients, and reports how long that took. Arguments: name of the client,
 * base URL, token, post id, number of requests.
 */
const [name = '', url = '', token = '', postId = '', count = ''] = process.argv.slice(2);
const WARM_UP = 100;
/** About as long as a status post. */
const TEXT = '- exec: `npm test -- --run part-1` [OK] 12s\n'.repeat(12);
const address = `${url}/api/v4/posts/${postId}/patch`;
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

type Edit = (message: string) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, () => Edit>> = {
  ours: () => {
    const api = createMattermostApi({ url, token });
    return (message) => api.patchPost(postId, { message });
  },
  undici: () => {
    const dispatcher = new Agent({ connections: 4 });
    return async (message) => {
      const { body } = await request(address, {
        method: 'PUT',
        headers,
        body: JSON.stringify({ message }),
        dispatcher,
      });
      return body.json();
    };
  },
  fetch: () => async (message) => {
    const response = await fetch(address, { method: 'PUT', headers, body: JSON.stringify({ message }) });
    return response.json();
  },
  client4: () => {
    const client = new Client4();
    client.setUrl(url);
    client.setToken(token);
    return (message) => client.patchPost({ id: postId, message } as Parameters<Client4['patchPost']>[0]);
  },
};

const open = CLIENTS[name];
if (open === undefined)
  throw new Error(`There is no client "${name}"; choose one of ${Object.keys(CLIENTS).join(', ')}.`);
const edit = open();
await edits(WARM_UP);
await delay(100);
const before = process.cpuUsage();
const ms = await edits(Number(count));
const { user, system } = process.cpuUsage(before);
process.send?.({ ms, cpuMs: (user + system) / 1000 / Number(count) } satisfies PatchReport);

async function edits(times: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startedAt = performance.now();
    await edit(`${TEXT}${i}`);
    took.push(performance.now() - startedAt);
  }
  return took;
}
