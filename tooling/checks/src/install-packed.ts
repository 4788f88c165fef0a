import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Archive, withArchives } from './check-packed.ts';
import { readMarkdown } from './markdown.ts';
import { runProgram } from './program.ts';
import { repositoryRoot, withNeeded } from './repository.ts';

/** Where and by what packages are tried. */
export interface InstallOptions {
  /** Below it each package gets an empty project. */
  readonly folder: string;
  /** Path of the Node that installs and runs. */
  readonly node: string;
  readonly signal: AbortSignal;
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
 * Installs each archive with npm into an empty project of its own, imports every entry point, runs the examples of its
 * README and its programs. Gives what fails, one text each.
 */
export async function findInstallProblems(archives: readonly Archive[], options: InstallOptions): Promise<string[]> {
  const folder = mkdtempSync(join(options.folder, 'projects-'));
  const waiting = [...archives];
  const problems: string[] = [];
  const work = async (): Promise<void> => {
    for (let archive = waiting.shift(); archive; archive = waiting.shift()) {
      problems.push(...(await tryPackage(archive, archives, { ...options, folder })));
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
    findInstallProblems(archives, { folder, node: process.execPath, signal }),
  );
}

async function tryPackage(archive: Archive, all: readonly Archive[], options: InstallOptions): Promise<string[]> {
  const { pkg } = archive;
  const project = join(options.folder, pkg.path.replace('/', '-'));
  makeProject(project, archive, all);
  const trials: (readonly [what: string, args: readonly string[], exitCode: number])[] = [
    ['npm install', [npmCli(), 'install', '--engine-strict', '--ignore-scripts', '--prefer-offline', ...QUIET], 0],
    ...entryPoints(archive).map((name) => [`import ${name}`, importing(name), 0] as const),
    ...(writeTypedImports(project, archive) ? [[`types of ${pkg.manifest.name}`, TYPE_CHECK, 0] as const] : []),
    ...writeExamples(project, pkg.dir).map((file) => [`README ${file}`, [file], 0] as const),
    ...callsOf(archive).map(({ bin, args, exitCode }) => {
      const program = join('node_modules', '.bin', bin);
      return [`${bin} ${args.join(' ')}`, [program, ...args], exitCode] as const;
    }),
  ];
  try {
    for (const [what, args, expected] of trials) {
      const { exitCode, output } = await runIn(project, args, options);
      if (exitCode !== expected)
        return [`${pkg.path}: ${what} ends with ${exitCode} instead of ${expected}\n${output}`];
      if (what.endsWith('--version') && output !== installedVersion(project, archive)) {
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

/** It depends on the archive and on those of other packages of the workspace that this needs, as `npm run pack` says. */
function makeProject(project: string, { pkg }: Archive, all: readonly Archive[]): void {
  mkdirSync(join(project, 'home', '.openclaw', 'agents'), { recursive: true });
  const needed = withNeeded(
    pkg,
    all.map((each) => each.pkg),
  );
  const archives = all.filter((each) => needed.includes(each.pkg));
  const manifest = {
    name: 'empty-project',
    version: '0.0.0',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(archives.map((each) => [each.pkg.manifest.name, `file:${each.file}`])),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
}

/** Names by which a package is imported. */
function entryPoints({ pkg: { manifest } }: Archive): string[] {
  const paths = Object.keys((manifest.exports ?? {}) as object).filter((path) => path !== './package.json');
  return paths.map((path) => join(manifest.name, path));
}

/** A program that imports a module and fails when there is nothing in it. */
function importing(name: string): string[] {
  const text = `if (Object.keys(await import('${name}')).length === 0) throw new Error('exports nothing')`;
  return ['--input-type=module', '--eval', text];
}

const TYPED = 'typed-imports.ts';
/** With the compiler of this repository and its types of Node, as a project of TypeScript has them. */
const TYPE_CHECK = [
  join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc'),
  ...['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--exactOptionalPropertyTypes'],
  ...['--typeRoots', join(repositoryRoot, 'node_modules', '@types'), '--types', 'node', TYPED],
];

/** A program in which nothing imported may be `any`; false for a package without types. */
function writeTypedImports(project: string, archive: Archive): boolean {
  if (!JSON.stringify(archive.pkg.manifest.exports ?? {}).includes('"types"')) return false;
  const lines = entryPoints(archive).map(
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

function callsOf({ pkg: { manifest } }: Archive): Call[] {
  return Object.keys(manifest.bin ?? {}).flatMap((bin) => [
    { bin, args: ['--version'], exitCode: 0 },
    { bin, args: ['--help'], exitCode: 0 },
    ...CALLS.filter((call) => call.bin === bin),
  ]);
}

function installedVersion(project: string, { pkg: { manifest } }: Archive): unknown {
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
function npmCli(): string {
  const own = process.env.npm_execpath;
  if (own?.endsWith('npm-cli.js')) return own;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const npm = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path));
  if (npm === undefined) throw new Error('There is no npm in PATH: install npm');
  return realpathSync(npm);
}
