import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { importsOf, packageOf } from './imports.ts';
import type { Layer } from './layers.ts';
import { isTestFile, readPackages, type WorkspacePackage } from './repository.ts';

const SCOPE = '@live-status/';
const BUNDLER = `${SCOPE}bundle`;

/** A package with its row of the table, names resolved. */
interface Subject extends WorkspacePackage {
  readonly layer: Layer;
  readonly mayUse: ReadonlySet<string>;
  /** What is installed with it. */
  readonly installed: ReadonlySet<string>;
  /** What its sources may import. */
  readonly declared: ReadonlySet<string>;
}

/** Every violation of the import table in the packages and apps of a checkout, one sentence each. */
export function findLayerProblems(root: string, table: Readonly<Record<string, Layer>>): string[] {
  const workspace = readPackages(root);
  const libraries = namesOf(workspace.filter(({ kind }) => kind === 'packages'));
  const unpublished = namesOf(workspace.filter(({ manifest }) => manifest.private));
  return workspace
    .filter(({ kind }) => kind !== 'tooling')
    .flatMap((pkg) => {
      const layer = table[pkg.path];
      if (!layer) return [`${pkg.path}: has no row in tooling/checks/src/layers.ts; add what it may import`];
      if (layer.tooling && !pkg.manifest.private) return [`${pkg.path}: uses tooling, so it must be private`];
      const mayUse = allowedPackages(layer, libraries);
      const subject = { ...pkg, layer, mayUse, installed: installedWith(pkg), declared: importableFrom(pkg) };
      return [...dependencyProblems(subject, unpublished), ...sourceProblems(subject)];
    });
}

function allowedPackages({ packages, tooling = [] }: Layer, libraries: ReadonlySet<string>): Set<string> {
  const names = packages === 'any' ? [...libraries] : packages.map((name) => SCOPE + name);
  return new Set([...names, ...tooling.map((name) => SCOPE + name)]);
}

function dependencyProblems(subject: Subject, unpublished: ReadonlySet<string>): string[] {
  return [...subject.installed].flatMap((name) => {
    if (!mayImport(subject, name)) return [`${subject.path}/package.json: may not depend on ${name}`];
    if (subject.manifest.private || !unpublished.has(name)) return [];
    return [
      `${subject.path}/package.json: would be published, but nobody could install it: its dependency ${name} is private`,
    ];
  });
}

function sourceProblems(subject: Subject): string[] {
  const files = globSync('src/**/*.{ts,mts,js,mjs}', { cwd: subject.dir }).filter((file) => !isTestFile(file));
  return files.sort().flatMap((file) =>
    importsOf(file, readFileSync(join(subject.dir, file), 'utf8'))
      .map((specifier) => importProblem(subject, file, specifier))
      .filter((problem) => problem !== undefined)
      .map((problem) => `${subject.path}/${file}: ${problem}`),
  );
}

function importProblem(subject: Subject, file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = relative(subject.dir, join(subject.dir, file, '..', specifier));
    return target.startsWith('..')
      ? `imports ${specifier}, a file outside its package; import it by its package's name`
      : undefined;
  }
  if (isBuiltin(specifier)) return subject.layer.pure ? `imports ${specifier}, but the package is pure` : undefined;
  const name = packageOf(specifier);
  if (name === subject.manifest.name) return undefined;
  if (!mayImport(subject, name)) return `may not import ${name}`;
  return subject.declared.has(name) ? undefined : `imports ${name}, which its package.json does not declare`;
}

function mayImport({ layer, mayUse }: Subject, name: string): boolean {
  if (name.startsWith(SCOPE)) return mayUse.has(name);
  return layer.libraries === 'any' || layer.libraries.includes(name);
}

function installedWith({ manifest }: WorkspacePackage): Set<string> {
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
}

/** A bundled program has everything in its own files, so nothing of it needs to be installed. */
function importableFrom(pkg: WorkspacePackage): Set<string> {
  const { devDependencies = {} } = pkg.manifest;
  const isBundled = devDependencies[BUNDLER] !== undefined;
  return new Set([...installedWith(pkg), ...(isBundled ? Object.keys(devDependencies) : [])]);
}

function namesOf(packages: readonly WorkspacePackage[]): Set<string> {
  return new Set(packages.map(({ manifest }) => manifest.name));
}
