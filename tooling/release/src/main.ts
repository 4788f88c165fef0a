import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeLines, platform } from '../../checks/src/node-lines.ts';
import { repositoryRoot } from '../../checks/src/repository.ts';
import { rehearse } from './rehearse.ts';
import { StepFailedError, StepLog } from './step-log.ts';

const USAGE = `Usage: npm run rehearse-release [-- [--quick] [--keep]]

Makes two releases of what is committed on a registry of this machine, and installs, uses, upgrades and downgrades them
on every supported Node. Publishes nothing anywhere else.
  --quick  Node 24 alone, all packages in one project, without pnpm
  --keep   keeps the clone, the registry's storage and the projects, and prints where they are`;

const QUICK_LINE = '24.';

const { quick, keep } = readOptions();
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort(name));

if (nodeLines.length === 0) {
  console.error(`There is no Node in npm for ${platform}: rehearse on another machine.`);
  process.exit(2);
}
const nodes = quick ? nodeLines.filter(({ version }) => version.startsWith(QUICK_LINE)) : nodeLines;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'live-status-rehearsal-')));
const log = new StepLog((line) => console.log(line.replaceAll(folder, 'FOLDER')));
try {
  await rehearse({ root: repositoryRoot, folder, nodes, quick, log, signal: interruption.signal });
} catch (error) {
  if (!(error instanceof StepFailedError)) console.error(error);
  process.exitCode = 1;
} finally {
  if (keep) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
if (log.failed > 0) process.exitCode = 1;
console.log(log.closingLine());

function readOptions(): { readonly quick: boolean; readonly keep: boolean } {
  try {
    const { values } = parseArgs({
      options: { quick: { type: 'boolean' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help !== true) return { quick: values.quick ?? false, keep: values.keep ?? false };
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
