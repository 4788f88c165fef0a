import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import split2 from 'split2';
import { versionOf } from './report.ts';

const require = createRequire(import.meta.url);

/** A way to read a file of JSON lines from its beginning. */
export interface LineReader {
  readonly subject: string;
  /** Reads and parses every line; `lines` is how many there are, for a reader that goes on to wait for more. */
  readonly read: (path: string, lines: number) => Promise<void>;
}

/** What ours is set in relation to. */
export const SPLIT2: LineReader = {
  subject: `split2 ${versionOf('split2')} + JSON.parse`,
  read: async (path) => {
    await finished(createReadStream(path).pipe(split2(JSON.parse)).resume());
  },
};

/** Peers that parse every line, and do nothing else with it. */
export const FOLD_PEERS: readonly LineReader[] = [
  SPLIT2,
  {
    subject: 'node:readline + JSON.parse',
    read: async (path) => {
      const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
      lines.on('line', (line) => JSON.parse(line));
      await once(lines, 'close');
    },
  },
  {
    subject: `@logdna/tail-file ${versionOf('@logdna/tail-file')} + split2 + JSON.parse`,
    read: async (path, lines) => {
      const TailFile = require('@logdna/tail-file');
      const tail = new TailFile(path, { startPos: 0 });
      const whole = countTo(lines);
      tail.pipe(split2(JSON.parse)).on('data', whole.add);
      await tail.start();
      await whole.reached;
      await tail.quit();
    },
  },
  {
    subject: `tail ${versionOf('tail')} + JSON.parse`,
    read: async (path, lines) => {
      const { Tail } = require('tail');
      const whole = countTo(lines);
      const tail = new Tail(path, { fromBeginning: true });
      tail.on('line', (line: string) => {
        JSON.parse(line);
        whole.add();
      });
      await whole.reached;
      tail.unwatch();
    },
  },
];

function countTo(lines: number): { readonly add: () => void; readonly reached: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const add = (): void => {
    count += 1;
    if (count === lines) resolve();
  };
  return { add, reached: promise };
}
