import { createRequire } from 'node:module';
import split2 from 'split2';
import { Agent, request } from 'undici';

/**
 * The peer: `@logdna/tail-file` with its default poll, split2 and one PATCH per call line. It is given its files
 * (it cannot discover any) and its posts. Arguments: base URL, token, then pairs of path and post id.
 */
const TailFile = createRequire(import.meta.url)('@logdna/tail-file');
const [url, token, ...pairs] = process.argv.slice(2);
const dispatcher = new Agent({ connections: 4 });

for (let i = 0; i < pairs.length; i += 2) {
  const [path, postId] = [pairs[i], pairs[i + 1]];
  const tail = new TailFile(path);
  await tail.start();
  tail.pipe(split2()).on('data', (line: string) => {
    const command = /bench-\d+-\d+/.exec(line)?.[0];
    if (command !== undefined) void patch(postId, command);
  });
}
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
