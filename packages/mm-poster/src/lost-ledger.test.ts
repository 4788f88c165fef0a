import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@live-status/resilience';
import { createFakeClock } from '@live-status/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryLedger, openLedger, StoredLedger } from './ledger.ts';
import type { LiveContent } from './post-state.ts';
import { createPosterWith, type Poster } from './poster.ts';
import { createMemoryServer, type MemoryServer, mattermostError } from './testing.ts';

const TARGET = { channelId: 'town' };
const MINUTE = 60_000;

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lost-ledger-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const tearLedger = (): Promise<void> => writeFile(join(dir, 'ledger.json'), 'torn');
const start = async ({ api }: MemoryServer): Promise<Poster> =>
  createPosterWith({ api, ledger: await openLedger(dir), log: silentLog });
const messages = ({ posts }: MemoryServer): string[] => [...posts.values()].map(({ message }) => message);

describe('a post that a torn ledger does not know any more', () => {
  it.for([
    ['showed other boxes only', async (_server: MemoryServer, poster: Poster) => poster.show('b', TARGET, 'other')],
    [
      'could not search it',
      async (server: MemoryServer, poster: Poster) => {
        server.onRequest = () => {
          throw mattermostError('transient');
        };
        poster.show('a', TARGET, 'two');
      },
    ],
    ['showed nothing', async () => undefined],
  ] as const)('is continued after a process that %s, and ended in order', async ([, work]) => {
    const server = createMemoryServer();
    const first = await start(server);
    first.show('a', TARGET, 'one');
    await first.close();
    await tearLedger();
    const second = await start(server);
    await work(server, second);
    await second.close({ deadlineMs: 50 });
    server.onRequest = () => undefined;
    const third = await start(server);
    third.show('a', TARGET, 'three');
    await third.close();
    expect(messages(server).filter((message) => message !== 'other')).toEqual(['three']);
  });
});

describe('a post that continues another one', () => {
  const content = (key: string): LiveContent => ({
    key,
    ticking: true,
    render: ({ continued }) => ({ message: continued ? 'continued' : key }),
  });

  it.for([
    ['at once', false],
    ['when its create failed', true],
  ] as const)('is made where the ledger was lost, and the earlier one is left alone: %s', async ([, failsOnce]) => {
    const clock = createFakeClock();
    const server = createMemoryServer(clock);
    server.settings = { editLimitMs: 5 * MINUTE };
    const known = createMemoryLedger(clock);
    const { instanceId } = known;
    const first = createPosterWith({ api: server.api, ledger: known, clock, log: silentLog });
    first.show('a', TARGET, content('one'));
    await clock.advance(MINUTE);
    await first.close();
    // The ledger was lost, but for its journal.
    const store = { instanceId, entries: known.entries(), clock, save: async () => undefined, readProblem: 'torn' };
    const poster = createPosterWith({ api: server.api, ledger: new StoredLedger(store), clock, log: silentLog });
    poster.show('a', TARGET, content('one'));
    let mayFail = failsOnce;
    server.onRequest = ({ name, phase }) => {
      if (name !== 'createPost' || phase !== 'before' || !mayFail) return;
      mayFail = false;
      throw mattermostError('transient');
    };
    await clock.advance(5 * MINUTE);
    expect(messages(server)).toEqual(['continued', 'one']);
    expect(server.edits.filter(({ message }) => message === 'continued')).toHaveLength(1);
  });
});
