import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type Installable, makeProject, npmCli } from '../../checks/src/install-packed.ts';
import { type ProgramResult, runProgram } from '../../checks/src/program.ts';
import type { WorkspacePackage } from '../../checks/src/repository.ts';

/** The packages that bring programs. */
const PROGRAMS: readonly string[] = ['@live-status/cli', '@live-status/daemon'];
const STOP_TIMEOUT_MS = 30_000;
const INSTALL_TIMEOUT_MS = 120_000;
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Where programs are installed, and what runs them. */
export interface ProgramsOptions {
  /** Gets the project. */
  readonly project: string;
  /** All packages of the release; those with programs are installed. */
  readonly packages: readonly WorkspacePackage[];
  readonly registry: string;
  /** Path of the Node that installs and runs them. */
  readonly node: string;
  /** Whole environment of the programs, except `PATH` and `HOME`. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** `live-status` and `live-status-daemon`, installed with npm from a registry into a folder of their own. */
export class InstalledPrograms {
  readonly #options: ProgramsOptions;

  constructor(options: ProgramsOptions) {
    this.#options = options;
  }

  /** Installs a version, or replaces the one that is installed. */
  async install(version: string): Promise<void> {
    const { node, packages, project, registry, signal } = this.#options;
    const wanted: Installable[] = packages
      .filter(({ manifest }) => PROGRAMS.includes(manifest.name))
      .map((pkg) => ({ pkg, spec: version }));
    makeProject(project, wanted, registry);
    const env = { ...process.env, PATH: this.#path() };
    const args = [npmCli(), 'install', ...QUIET];
    const { exitCode, output } = await runProgram(node, args, {
      cwd: project,
      signal,
      timeoutMs: INSTALL_TIMEOUT_MS,
      env,
    });
    if (exitCode !== 0) throw new Error(`npm install of ${version} ends with ${exitCode}:\n${output}`);
    const installed = JSON.parse(readFileSync(join(this.#folder('daemon'), 'package.json'), 'utf8')).version;
    if (installed !== version) throw new Error(`npm installed ${installed} instead of ${version}`);
  }

  /** Stops a daemon that was left running, whatever became of its folder. Never rejects. */
  async stop(): Promise<void> {
    const { signal: _, ...options } = this.#options;
    const last = new InstalledPrograms({ ...options, signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
    await last.daemon('stop').catch(() => undefined);
  }

  /** Runs `live-status`. */
  cli(...args: readonly string[]): Promise<ProgramResult> {
    return this.#run('live-status', args);
  }

  /** Runs `live-status-daemon`. */
  daemon(...args: readonly string[]): Promise<ProgramResult> {
    return this.#run('live-status-daemon', args);
  }

  /**
   * Runs `live-status-daemon` and gives its output.
   * @throws when it does not end with 0
   */
  async mustDo(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.daemon(...args);
    if (exitCode !== 0) throw new Error(`live-status-daemon ${args.join(' ')} ends with ${exitCode}:\n${output}`);
    return output;
  }

  #run(program: string, args: readonly string[]): Promise<ProgramResult> {
    const { env, node, project, signal } = this.#options;
    const file = join(project, 'node_modules', '.bin', program);
    const own = { PATH: this.#path(), HOME: join(project, 'home') };
    return runProgram(node, [file, ...args], { cwd: project, signal, timeoutMs: 60_000, env: { ...own, ...env } });
  }

  #folder(name: string): string {
    return join(this.#options.project, 'node_modules', '@live-status', name);
  }

  #path(): string {
    return [dirname(this.#options.node), process.env.PATH].join(delimiter);
  }
}
