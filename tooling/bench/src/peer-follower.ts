import { open, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { watch } from 'chokidar';
import split2 from 'split2';
import { Agent, request } from 'undici';

/**
 * A peer of the `latency` benchmark: follows files with one of the libraries and sends a PATCH for each line of a call. It
 * is given its files and posts, because none of them knows OpenClaw. Arguments: name of the follower, base URL, token, then
 * pairs of path and post id.
 */
const require = createRequire(import.meta.url);
const [name = '', url, token, ...pairs] = process.argv.slice(2);
const dispatcher = new Agent({ connections: 4 });
const postIds = new Map(pairs.flatMap((path, i) => (i % 2 === 0 ? [[path, pairs[i + 1] ?? ''] as const] : [])));

type Follow = (paths: readonly string[], onLine: (path: string, line: string) => void) => Promise<void>;

/** Each as its README has it. */
const FOLLOWERS: Readonly<Record<string, Follow>> = {
  /** Polls once a second. */
  'tail-file': async (paths, onLine) => {
    const TailFile = require('@logdna/tail-file');
    for (const path of paths) {
      const tail = new TailFile(path);
      await tail.start();
      tail.pipe(split2()).on('data', (line: string) => onLine(path, line));
    }
  },
  tail: async (paths, onLine) => {
    const { Tail } = require('tail');
    for (const path of paths) new Tail(path).on('line', (line: string) => onLine(path, line));
  },
  /** Watches the directory and reads the rest of a file that changed. */
  chokidar: async (paths, onLine) => {
    const followed = new Map(
      await Promise.all(paths.map(async (path) => [path, new Rest(path, (await stat(path)).size)] as const)),
    );
    const watcher = watch(dirname(paths[0] ?? '.'), { ignoreInitial: true });
    watcher.on('change', (path) => void followed.get(path)?.read((line) => onLine(path, line)));
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
  },
};

/** A file that is read from where reading stopped before, one read at a time. */
class Rest {
  readonly #path: string;
  #offset: number;
  #partial = '';
  #reading = Promise.resolve();

  constructor(path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
  }

  read(onLine: (line: string) => void): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readNow(onLine));
    return this.#reading;
  }

  async #readNow(onLine: (line: string) => void): Promise<void> {
    const file = await open(this.#path);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(size - this.#offset),
        0,
        size - this.#offset,
        this.#offset,
      );
      this.#offset += bytesRead;
      const lines = (this.#partial + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#partial = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    } finally {
      await file.close();
    }
  }
}

const follow = FOLLOWERS[name];
if (follow === undefined)
  throw new Error(`There is no follower "${name}"; choose one of ${Object.keys(FOLLOWERS).join(', ')}.`);
await follow([...postIds.keys()], (path, line) => {
  const command = /bench-\d+-\d+/.exec(line)?.[0];
  if (command !== undefined) void patch(postIds.get(path), command);
});
process.send?.('ready');

async function patch(postId: string | undefined, message: string): Promise<void> {
  const { body } = await request(`${url}/api/v4/posts/${postId}/patch`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
    dispatcher,
  });
  await body.dump();
}
