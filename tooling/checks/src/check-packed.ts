import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPackages, type WorkspacePackage } from './repository.ts';

/** Packs everything that can be published, and runs publint and attw on the archives. Needs the build. */
export function findPackedProblems(root: string): Promise<string[]> {
  return withArchives(root, async (archives) => {
    const problems: string[] = [];
    for (const archive of archives) problems.push(...(await judge(archive, root)));
    return problems;
  });
}

/** A package as it would be published. */
export interface Archive {
  readonly pkg: WorkspacePackage;
  /** Path of the `.tgz`. */
  readonly file: string;
}

/**
 * Packs everything that can be published and hands over the archives, which are gone afterwards. Needs the build.
 *
 * @param use is also given a folder for its own files, which goes with the archives
 * @throws {Error} when a package cannot be packed
 */
export async function withArchives<T>(
  root: string,
  use: (archives: readonly Archive[], folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'live-status-packed-'));
  try {
    const archives: Archive[] = [];
    for (const pkg of readPackages(root).filter(({ manifest }) => !manifest.private)) {
      archives.push(await packPackage(pkg, folder));
    }
    return await use(archives, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Packs a package into a folder. Needs its build. */
export async function packPackage(pkg: WorkspacePackage, folder: string): Promise<Archive> {
  const file = join(folder, `${pkg.path.replace('/', '-')}.tgz`);
  await promisify(execFile)('pnpm', ['pack', '--out', file], { cwd: pkg.dir });
  return { pkg, file };
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
