import { withArchives } from './check-packed.ts';
import { findInstallProblems, fromArchive } from './install-packed.ts';
import { fetchNode, nodeLines, platform } from './node-lines.ts';
import { repositoryRoot } from './repository.ts';

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort(name));
const { signal } = interruption;

if (nodeLines.length === 0) {
  console.error(`There is no Node in npm for ${platform}: run "npm run check" under each Node instead.`);
  process.exit(2);
}
let failed = 0;
await withArchives(repositoryRoot, async (archives, folder) => {
  console.log(`${archives.length} packages: install, import, examples, programs`);
  const packages = archives.map(fromArchive);
  for (const pinned of nodeLines) {
    const startedMs = performance.now();
    const node = await fetchNode(pinned, signal);
    const problems = await findInstallProblems(packages, { folder, node, signal });
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
