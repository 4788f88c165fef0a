import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Archive, withArchives } from './archives.ts';
import { findInstallProblems } from './install-packed.ts';

/** Packs everything that can be published, and runs publint and attw on the archives. Needs the build. */
export function findPackedProblems(root: string): Promise<string[]> {
  return withArchives(root, async (archives) => {
    const problems: string[] = [];
    for (const archive of archives) problems.push(...(await judge(archive, root)));
    return problems;
  });
}

/**
 * Packs everything that can be published, and installs and uses each archive in an empty project under the Node that
 * runs this. Needs the build.
 */
export function findInstalledProblems(root: string, signal: AbortSignal): Promise<string[]> {
  return withArchives(root, (archives, folder) =>
    findInstallProblems(archives, { folder, node: process.execPath, signal }),
  );
}

async function judge({ pkg, file }: Archive, root: string): Promise<string[]> {
  const bin = (name: string) => join(root, 'node_modules', '.bin', name);
  const steps: [string, string[]][] = [[bin('publint'), ['run', file, '--strict']]];
  // Programs have no entry point whose types could be wrong.
  if (pkg.kind === 'packages')
    steps.push([bin('attw'), [file, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']]);
  for (const [program, args] of steps) {
    const output = await outputOfFailure(program, args, pkg.dir);
    if (output !== undefined) return [`${pkg.path}: ${program.split('/').at(-1)}\n${output}`];
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
