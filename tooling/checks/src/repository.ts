import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const repositoryRoot: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: unknown;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A folder of the workspace with a package.json. */
export interface WorkspacePackage {
  /** `packages`, `apps` or `tooling`. */
  readonly kind: string;
  /** From the root, like `packages/jsonl-tail`. */
  readonly path: string;
  readonly dir: string;
  readonly manifest: Manifest;
}

/** All packages of a checkout, sorted by path. */
export function readPackages(root: string): WorkspacePackage[] {
  return globSync('{packages,apps,tooling}/*/package.json', { cwd: root })
    .map(dirname)
    .sort()
    .map((path) => {
      const dir = join(root, path);
      return { kind: dirname(path), path, dir, manifest: readManifest(dir) };
    });
}

/** The package.json of a folder. */
export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
}

/** A package and those of `packages` that it needs at run time, itself last. */
export function withNeeded(pkg: WorkspacePackage, packages: readonly WorkspacePackage[]): WorkspacePackage[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = pkg.manifest;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const direct = packages.filter(({ manifest }) => names.includes(manifest.name));
  return [...new Set([...direct.flatMap((each) => withNeeded(each, packages)), pkg])];
}

/** Files of the repository from its root: those git knows and new ones it does not ignore. */
export function listFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return listed.split('\0').filter((file) => file && existsSync(join(root, file)));
}

/** Whether a file below `src` is a test or a helper of tests (`src/testing/`), which are not published. */
export function isTestFile(file: string): boolean {
  return /\.test\.m?ts$/.test(file) || /^src\/testing\//.test(file);
}
