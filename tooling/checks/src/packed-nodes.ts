import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchPackage } from '../../bootstrap/src/npm.mjs';
import { withArchives } from './check-packed.ts';
import { findInstallProblems } from './install-packed.ts';
import { repositoryRoot } from './repository.ts';

type Pinned = Parameters<typeof fetchPackage>[0];

/** The oldest Node of each supported line that npm has, or the newest where the line has no floor. */
const NODES = JSON.parse(readFileSync(new URL('node-lines.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, readonly Pinned[]>
>;

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort(name));
const { signal } = interruption;

const platform = `${process.platform}-${process.arch}`;
const lines = NODES[platform];
if (!lines) {
  console.error(`There is no Node in npm for ${platform}: run "npm run check" under each Node instead.`);
  process.exit(2);
}
let failed = 0;
await withArchives(repositoryRoot, async (archives, folder) => {
  console.log(`${archives.length} packages: install, import, examples, programs`);
  for (const pinned of lines) {
    const startedMs = performance.now();
    const home = await fetchPackage(pinned, { toolsDir: join(repositoryRoot, '.tools'), signal });
    const problems = await findInstallProblems(archives, { folder, node: join(home, 'bin', 'node'), signal });
    for (const problem of problems) console.log(`\n${problem}\n`);
    failed += problems.length;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const result = problems.length === 0 ? 'ok  ' : 'FAIL';
    console.log(
      `${result} Node ${pinned.version}: ${archives.length - problems.length} of ${archives.length} (${seconds} s)`,
    );
  }
});
process.exitCode = failed > 0 ? 1 : 0;
