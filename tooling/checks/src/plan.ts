import { join } from 'node:path';
import { findChangesetProblems } from './check-changesets.ts';
import { findDocumentProblems } from './check-docs.ts';
import { findExampleProblems } from './check-examples.ts';
import { findLayerProblems } from './check-layers.ts';
import { findOldestNodeProblems } from './check-oldest-node.ts';
import { findOperationsProblems } from './check-operations.ts';
import { findPackedProblems } from './check-packed.ts';
import { layers } from './layers.ts';
import type { CheckResult } from './outcome.ts';
import { runProgram } from './program.ts';
import { runVitest } from './run-vitest.ts';

/** The parts of a full run, as `npm run check`, `npm run test-unit` and `npm run test-integration` name them. */
export const PARTS = ['check', 'unit', 'integration'] as const;
export type Part = (typeof PARTS)[number];

/** What a check is given: the checkout, and a signal that ends it early. */
export interface CheckContext {
  readonly root: string;
  readonly signal: AbortSignal;
}

/** One thing to check. */
export interface Check {
  readonly name: string;
  readonly part: Part;
  /** Names of checks whose work it uses; it runs after them. */
  readonly after?: readonly string[];
  /** Runs alone: it uses every core, or waits for real time that other work would stretch. */
  readonly alone?: true;
  readonly run: (context: CheckContext) => Promise<CheckResult>;
}

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
  { name: 'examples', part: 'check', run: problems(({ root }) => findExampleProblems(root)) },
  { name: 'changesets', part: 'check', run: problems(({ root }) => findChangesetProblems(root)) },
  {
    name: 'packed packages',
    part: 'check',
    after: ['build'],
    run: problems(({ root, signal }) => findPackedProblems(root, signal)),
  },
  { name: 'unit tests', part: 'unit', alone: true, run: vitest('unit', '--maxWorkers=100%') },
  // Two files at once: most of their time they wait for processes and recorded time.
  {
    name: 'integration tests',
    part: 'integration',
    after: ['build'],
    alone: true,
    run: vitest('integration', '--maxWorkers=2'),
  },
];

/** The checks of some parts, with those they need from other parts. */
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
