import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Archive, withArchives } from './check-packed.ts';
import { readMarkdown } from './markdown.ts';
import { runProgram } from './program.ts';
import { repositoryRoot, type WorkspacePackage, withNeeded } from './repository.ts';

/** A package to install, and what a package.json says for it: `file:` with an archive, or a version of a registry. */
export interface Installable {
  readonly pkg: WorkspacePackage;
  readonly spec: string;
}

/** Where and by what packages are tried. */
export interface InstallOptions {
  /** Below it each package gets an empty project. */
  readonly folder: string;
  /** Path of the Node that installs and runs. */
  readonly node: string;
  /** Address of the registry that has the packages. Default: none, as they are archives. */
  readonly registry?: string;
  readonly signal: AbortSignal;
}

/** An archive, to be installed from where it lies. */
export function fromArchive({ pkg, file }: Archive): Installable {
  return { pkg, spec: `file:${file}` };
}

/** A program that an installed package brings, with arguments and the exit code they must give. */
interface Call {
  readonly bin: string;
  readonly args: readonly string[];
  readonly exitCode: number;
}

/** npm waits for the registry most of the time. */
const AT_ONCE = 3;
const RUN_TIMEOUT_MS = 60_000;

/** What programs must do beside `--version` and `--help`: a doctor finds what is broken, a daemon starts, answers and stops. */
const CALLS: readonly Call[] = [
  { bin: 'live-status', args: ['doctor', '--json'], exitCode: 1 },
  { bin: 'live-status-daemon', args: ['start'], exitCode: 0 },
  { bin: 'live-status-daemon', args: ['status'], exitCode: 0 },
  { bin: 'live-status-daemon', args: ['stop'], exitCode: 0 },
  { bin: 'live-status-daemon', args: ['status'], exitCode: 3 },
];

/**
 * Installs each package with npm into an empty project of its own, imports every entry point, runs the examples of its
 * README and its programs. Gives what fails, one text each.
 */
export async function findInstallProblems(
  packages: readonly Installable[],
  options: InstallOptions,
): Promise<string[]> {
  const folder = mkdtempSync(join(options.folder, 'projects-'));
  const waiting = [...packages];
  const problems: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      problems.push(...(await tryPackage(next, packages, { ...options, folder })));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return problems;
}

/**
 * Packs everything that can be published, and installs and uses each archive in an empty project under the Node that
 * runs this. Needs the build.
 */
export function findInstalledProblems(root: string, signal: AbortSignal): Promise<string[]> {
  return withArchives(root, (archives, folder) =>
    findInstallProblems(archives.map(fromArchive), { folder, node: process.execPath, signal }),
  );
}

async function tryPackage(
  { pkg, spec }: Installable,
  all: readonly Installable[],
  options: InstallOptions,
): Promise<string[]> {
  const project = join(options.folder, pkg.path.replace('/', '-'));
  const { registry } = options;
  makeProject(project, registry === undefined ? neededOf(pkg, all) : [{ pkg, spec }], registry);
  // What npm remembers of a local registry may be of another one, which had the same port.
  const cached = registry === undefined ? ['--prefer-offline'] : [];
  const trials: (readonly [what: string, args: readonly string[], exitCode: number])[] = [
    ['npm install', [npmCli(), 'install', '--engine-strict', '--ignore-scripts', ...cached, ...QUIET], 0],
    ...entryPoints(pkg).map((name) => [`import ${name}`, importing(name), 0] as const),
    ...(writeTypedImports(project, [pkg]) ? [[`types of ${pkg.manifest.name}`, TYPE_CHECK, 0] as const] : []),
    ...writeExamples(project, pkg.dir).map((file) => [`README ${file}`, [file], 0] as const),
    ...callsOf(pkg).map(({ bin, args, exitCode }) => {
      const program = join('node_modules', '.bin', bin);
      return [`${bin} ${args.join(' ')}`, [program, ...args], exitCode] as const;
    }),
  ];
  try {
    for (const [what, args, expected] of trials) {
      const { exitCode, output } = await runIn(project, args, options);
      if (exitCode !== expected)
        return [`${pkg.path}: ${what} ends with ${exitCode} instead of ${expected}\n${output}`];
      if (what.endsWith('--version') && output !== installedVersion(project, pkg)) {
        return [`${pkg.path}: ${what} says ${output}`];
      }
    }
    return [];
  } finally {
    // A daemon that was started and did not do the next thing must not stay.
    const stop = join('node_modules', '.bin', 'live-status-daemon');
    if (existsSync(join(project, stop))) await runIn(project, [stop, 'stop'], options);
  }
}

const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Archives of a package and of those of the workspace that it needs, as `npm run pack` says. */
function neededOf(pkg: WorkspacePackage, all: readonly Installable[]): readonly Installable[] {
  const needed = withNeeded(
    pkg,
    all.map((each) => each.pkg),
  );
  return all.filter((each) => needed.includes(each.pkg));
}

/** Makes a project that depends on packages; those of this workspace's scope come from `registry`, if there is one. */
export function makeProject(project: string, packages: readonly Installable[], registry?: string): void {
  mkdirSync(join(project, 'home', '.openclaw', 'agents'), { recursive: true });
  const manifest = {
    name: 'empty-project',
    version: '0.0.0',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(packages.map(({ pkg, spec }) => [pkg.manifest.name, spec])),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  if (registry !== undefined) writeFileSync(join(project, '.npmrc'), `@live-status:registry=${registry}\n`);
}

/** Names by which a package is imported. */
export function entryPoints({ manifest }: WorkspacePackage): string[] {
  const paths = Object.keys((manifest.exports ?? {}) as object).filter((path) => path !== './package.json');
  return paths.map((path) => join(manifest.name, path));
}

/** A program that imports modules and fails when there is nothing in one. */
export function importing(...names: readonly string[]): string[] {
  const lines = names.map(
    (name) => `if (Object.keys(await import('${name}')).length === 0) throw new Error('${name} exports nothing');`,
  );
  return ['--input-type=module', '--eval', lines.join('\n')];
}

const TYPED = 'typed-imports.ts';
/** With the compiler of this repository and its types of Node, as a project of TypeScript has them. */
export const TYPE_CHECK: readonly string[] = [
  join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc'),
  ...['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--exactOptionalPropertyTypes'],
  ...['--typeRoots', join(repositoryRoot, 'node_modules', '@types'), '--types', 'node', TYPED],
];

/** A program in which nothing imported may be `any`; false for packages without types. */
export function writeTypedImports(project: string, packages: readonly WorkspacePackage[]): boolean {
  const typed = packages.filter(({ manifest }) => JSON.stringify(manifest.exports ?? {}).includes('"types"'));
  if (typed.length === 0) return false;
  const lines = typed
    .flatMap(entryPoints)
    .map(
      (name, index) =>
        `import * as all${index} from '${name}';\nexport const untyped${index}: IsAny<typeof all${index}> = false;`,
    );
  writeFileSync(join(project, TYPED), `type IsAny<T> = 0 extends 1 & T ? true : false;\n${lines.join('\n')}\n`);
  return true;
}

function writeExamples(project: string, dir: string): string[] {
  const readme = join(dir, 'README.md');
  if (!existsSync(readme)) return [];
  const { fences } = readMarkdown(readFileSync(readme, 'utf8'));
  const examples = fences.filter(({ language }) => language === 'ts');
  return examples.map(({ text }, index) => {
    const file = `example-${index + 1}.ts`;
    writeFileSync(join(project, file), text);
    return file;
  });
}

function callsOf({ manifest }: WorkspacePackage): Call[] {
  return Object.keys(manifest.bin ?? {}).flatMap((bin) => [
    { bin, args: ['--version'], exitCode: 0 },
    { bin, args: ['--help'], exitCode: 0 },
    ...CALLS.filter((call) => call.bin === bin),
  ]);
}

function installedVersion(project: string, { manifest }: WorkspacePackage): unknown {
  return JSON.parse(readFileSync(join(project, 'node_modules', manifest.name, 'package.json'), 'utf8')).version;
}

/** Runs Node in a project, with a home of its own and no Mattermost: settings of whoever runs this do not count. */
function runIn(
  project: string,
  args: readonly string[],
  { node, signal }: InstallOptions,
): ReturnType<typeof runProgram> {
  const home = join(project, 'home');
  const isNpm = args[0] === npmCli();
  const env = {
    ...(isNpm ? process.env : {}),
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    ...(!isNpm && { HOME: home, MM_URL: 'http://127.0.0.1:9', MM_TOKEN: 'nobody', HEALTH_PORT: '0' }),
    ...(!isNpm && { PID_FILE: join(home, 'daemon.pid') }),
  };
  return runProgram(node, args, { cwd: project, signal, timeoutMs: RUN_TIMEOUT_MS, env });
}

/** The npm that runs this, else the first in `PATH`. */
export function npmCli(): string {
  const own = process.env.npm_execpath;
  if (own?.endsWith('npm-cli.js')) return own;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const npm = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path));
  if (npm === undefined) throw new Error('There is no npm in PATH: install npm');
  return realpathSync(npm);
}
