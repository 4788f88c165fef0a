import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { InstallError } from './task.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** The folder of a program's package, and where to copy it. */
export interface ProgramCopy {
  readonly source: string;
  readonly target: string;
}

/** In the folder of one of our own packages: sources, dependencies (each is copied once, separately), leftovers of tools. */
const OWN_LEFT_OUT = /^(node_modules|src|deploy)$/;
/** In the folder of any other package, which may run files from all its other folders. */
const OTHERS_LEFT_OUT =
  /^(node_modules|tests?|__tests__|specs?|fixtures?|docs?|examples?|bench(mark)?s?|coverage|scripts|types|typings)$|^(test(-\w+)?|example|gruntfile)\.[cm]?js$/i;

/** Types, source maps, tests and documents: half of all files, and no program reads them. */
const FOR_DEVELOPERS =
  /\.(map|[cm]?ts|tsbuildinfo|flow|md|markdown|html|png|ya?ml)$|\.(test|spec|bench)\.[cm]?js$|^(tsconfig.*\.json|(eslint|tap|jest|vitest)\.config\.[cm]?js|bench(mark)?s?\.[cm]?js|package-lock\.json|makefile|changelog.*|readme.*)$|^\./i;

/** Always copied: a copy of a package needs its licence. */
const LICENCE = /^(licen[cs]es?|copying|notices?|third[-_]party[-_]\w+)([-_]\w+)?(\.(md|txt|markdown))?$/i;

/**
 * Copies built programs with everything they import from the checkout; nothing is fetched. Each package is copied once
 * into `shared` and linked into the `node_modules` of those that import it, so that each keeps the version it had.
 *
 * @throws {InstallError} when something is not built or not installed
 */
export function copyPrograms(programs: readonly ProgramCopy[], { shared }: { readonly shared: string }): void {
  const copied = new Map<string, string>();
  const packageOf = (source: string): string => {
    const known = copied.get(source);
    if (known !== undefined) return known;
    const { name, version } = readManifest(source);
    const modules = join(shared, `${copied.size}-${basename(name)}-${version}`, 'node_modules');
    const target = join(modules, name);
    copied.set(source, target);
    copyPackage(source, target, modules);
    return target;
  };
  const copyPackage = (source: string, target: string, modules: string): void => {
    // Our own packages only need their build; others may run files from any folder.
    const own = !source.includes('/node_modules/');
    if (own && !existsSync(join(source, 'dist'))) throw new InstallError(`${source} is not built: run npm run build`);
    const leftOut = own ? OWN_LEFT_OUT : OTHERS_LEFT_OUT;
    const wanted = (path: string): boolean =>
      path === source ||
      LICENCE.test(basename(path)) ||
      (!FOR_DEVELOPERS.test(basename(path)) && (dirname(path) !== source || !leftOut.test(basename(path))));
    cpSync(source, target, { recursive: true, filter: wanted });
    for (const [name, dependency] of dependenciesOf(source)) {
      const link = join(modules, name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(relative(dirname(link), packageOf(dependency)), link);
    }
  };
  for (const { source, target } of programs) copyPackage(source, target, join(target, 'node_modules'));
}

/** The runtime dependencies of a package and where each is installed. */
function dependenciesOf(source: string): readonly (readonly [name: string, directory: string])[] {
  const { dependencies = {}, optionalDependencies = {}, ...peers } = readManifest(source);
  const { peerDependencies = {}, peerDependenciesMeta = {} } = peers;
  const needed = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const names = new Set([...needed, ...Object.keys({ ...optionalDependencies, ...dependencies })]);
  return [...names].flatMap((name) => {
    const directory = findPackage(name, source);
    if (directory !== undefined) return [[name, directory] as const];
    if (dependencies[name] === undefined || optionalDependencies[name] !== undefined) return [];
    throw new InstallError(`${name}, which ${source} needs, is not installed: run install.sh again`);
  });
}

/** Resolves as Node does: the nearest `node_modules` upwards. */
function findPackage(name: string, from: string): string | undefined {
  const candidate = join(from, 'node_modules', name);
  if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
  return dirname(from) === from ? undefined : findPackage(name, dirname(from));
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}
