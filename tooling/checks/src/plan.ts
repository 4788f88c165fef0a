import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Check, CheckContext, Part } from './check.ts';
import { findChangesetProblems } from './check-changesets.ts';
import { findDocumentProblems } from './check-docs.ts';
import { findExampleProblems } from './check-examples.ts';
import { findLayerProblems } from './check-layers.ts';
import { findLicenceProblems } from './check-licences.ts';
import { findOldestNodeProblems } from './check-oldest-node.ts';
import { findOperationsProblems } from './check-operations.ts';
import { findPackedProblems } from './check-packed.ts';
import { findSettingsProblems } from './check-settings.ts';
import { findInstalledProblems } from './install-packed.ts';
import { layers } from './layers.ts';
import { runProgram } from './program.ts';
import { runVitest } from './run-vitest.ts';

/** More workers than cores: tests that start processes wait for them, and for real time, most of the time. */
const WAITING_WORKERS = 2 * Math.max(2, availableParallelism());

/** Every check of the repository. */
const plan: readonly Check[] = [
  { name: 'build', part: 'check', run: tool('node', ['tooling/bootstrap/build.mjs']) },
  {
    name: 'lint',
    part: 'check',
    run: tool('node_modules/.bin/biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  },
  { name: 'types', part: 'check', run: tool('node_modules/.bin/tsc', ['-p', 'tsconfig.json']) },
  { name: 'dead code', part: 'check', run: tool('node_modules/.bin/knip', ['--no-progress']) },
  { name: 'layers', part: 'check', run: problems(({ root }) => findLayerProblems(root, layers)) },
  { name: 'oldest Node', part: 'check', run: problems(({ root }) => findOldestNodeProblems(root)) },
  { name: 'documents', part: 'check', run: problems(({ root }) => findDocumentProblems(root)) },
  { name: 'operations', part: 'check', run: problems(({ root }) => findOperationsProblems(root)) },
  { name: 'settings', part: 'check', run: problems(({ root }) => findSettingsProblems(root)) },
  { name: 'examples', part: 'check', run: problems(({ root }) => findExampleProblems(root)) },
  { name: 'changesets', part: 'check', run: problems(({ root }) => findChangesetProblems(root)) },
  { name: 'licences', part: 'check', after: ['build'], run: problems(({ root }) => findLicenceProblems(root)) },
  {
    name: 'packed packages',
    part: 'check',
    after: ['build'],
    run: problems(({ root }) => findPackedProblems(root)),
  },
  { name: 'unit tests', part: 'unit', alone: true, run: vitest('unit', '--maxWorkers=100%') },
  {
    name: 'integration tests',
    part: 'integration',
    after: ['build'],
    alone: true,
    run: vitest('integration', `--maxWorkers=${WAITING_WORKERS}`),
  },
  {
    name: 'long tests',
    part: 'long',
    after: ['build'],
    alone: true,
    run: vitest('long', `--maxWorkers=${WAITING_WORKERS}`),
  },
  {
    name: 'installed packages',
    part: 'long',
    after: ['build'],
    run: problems(({ root, signal }) => findInstalledProblems(root, signal)),
  },
];

/** The checks of some parts, and the checks of other parts that they need. */
export function checksOf(parts: readonly Part[]): Check[] {
  const chosen = plan.filter(({ part }) => parts.includes(part));
  const needed = new Set(chosen.flatMap(({ after = [] }) => after));
  return plan.filter((check) => chosen.includes(check) || needed.has(check.name));
}

function tool(program: string, args: readonly string[]): Check['run'] {
  return async ({ root, signal }) => {
    const path = program === 'node' ? process.execPath : join(root, program);
    const { exitCode, output } = await runProgram(path, args, { cwd: root, signal });
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: [], output };
  };
}

function problems(find: (context: CheckContext) => string[] | Promise<string[]>): Check['run'] {
  return async (context) => {
    const found = await find(context);
    return {
      passed: found.length === 0 ? 1 : 0,
      failed: found.length === 0 ? 0 : 1,
      skipped: [],
      output: found.join('\n'),
    };
  };
}

function vitest(project: string, ...more: readonly string[]): Check['run'] {
  return async ({ root, signal }) => runVitest(['--project', project, ...more], { root, signal });
}
