import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPackages, type WorkspacePackage } from './repository.ts';

/** Packs everything that can be published and lets publint and attw judge the archives. Needs the build. */
export async function findPackedProblems(root: string): Promise<string[]> {
  const target = mkdtempSync(join(tmpdir(), 'live-status-packed-'));
  try {
    const problems: string[] = [];
    for (const pkg of readPackages(root).filter(({ manifest }) => !manifest.private)) {
      problems.push(...(await packedProblems(pkg, { root, target })));
    }
    return problems;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

async function packedProblems(
  pkg: WorkspacePackage,
  { root, target }: { root: string; target: string },
): Promise<string[]> {
  const archive = join(target, `${pkg.path.replace('/', '-')}.tgz`);
  const bin = (name: string) => join(root, 'node_modules', '.bin', name);
  const steps: [string, string[]][] = [
    ['pnpm', ['pack', '--out', archive]],
    [bin('publint'), ['run', archive, '--strict']],
  ];
  // Programs have no entry point whose types could be wrong.
  if (pkg.kind === 'packages')
    steps.push([bin('attw'), [archive, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']]);
  for (const [program, args] of steps) {
    const output = await outputOfFailure(program, args, pkg.dir);
    if (output !== undefined)
      return [`${pkg.path}: ${program.split('/').at(-1)} ${args[0] === archive ? '' : args[0]}\n${output}`];
  }
  return [];
}

async function outputOfFailure(program: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(program, args, { cwd });
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trim() || error.message;
  }
}
