import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import {
  entryPoints,
  type Installable,
  importing,
  makeProject,
  npmCli,
  TYPE_CHECK,
  writeTypedImports,
} from '../../checks/src/install-packed.ts';
import { runProgram } from '../../checks/src/program.ts';

/** Where and by what packages are installed together. */
export interface ProjectOptions {
  readonly manager: 'npm' | 'pnpm';
  readonly project: string;
  /** Path of the Node that installs and imports. */
  readonly node: string;
  readonly registry: string;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 180_000;

/**
 * Installs all packages into one empty folder, imports every entry point, and compiles a program that uses the types of
 * all. Gives what fails, one text each.
 */
export async function findProjectProblems(
  packages: readonly Installable[],
  { manager, project, node, registry, signal }: ProjectOptions,
): Promise<string[]> {
  makeProject(project, packages, registry);
  const all = packages.map(({ pkg }) => pkg);
  writeTypedImports(project, all);
  // A project would have to wait a day for releases as new as these.
  if (manager === 'pnpm') writeFileSync(join(project, 'pnpm-workspace.yaml'), 'minimumReleaseAge: 0\n');
  const install =
    manager === 'npm'
      ? [npmCli(), 'install', '--engine-strict', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
      : [pnpmCli(), 'install', '--ignore-scripts', '--reporter=append-only'];
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const trials = [
    [`${manager} install`, install],
    ['imports', importing(...all.flatMap(entryPoints))],
    ['types', TYPE_CHECK],
  ] as const;
  for (const [what, args] of trials) {
    const { exitCode, output } = await runProgram(node, args, { cwd: project, signal, timeoutMs: TIMEOUT_MS, env });
    if (exitCode !== 0) return [`${what} ends with ${exitCode}:\n${output}`];
  }
  return [];
}

/** The first pnpm in `PATH`. */
function pnpmCli(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const pnpm = folders.map((folder) => join(folder, 'pnpm')).find((path) => existsSync(path));
  if (pnpm === undefined) throw new Error('There is no pnpm in PATH: use npm run rehearse-release, which fetches it');
  return realpathSync(pnpm);
}
