import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runProgram } from '../../checks/src/program.ts';
import { readManifest, readPackages, type WorkspacePackage } from '../../checks/src/repository.ts';
import type { LocalRegistry } from './local-registry.ts';

/** Of the maintainer: hooks and signatures of whoever runs this are none of its business. */
const GIT_CONFIG = {
  'user.name': 'maintainer',
  'user.email': 'maintainer@example.com',
  'commit.gpgsign': 'false',
  'tag.gpgsign': 'false',
  'core.hooksPath': '/dev/null',
};
const SHOWN_LINES = 40;

/** A clone in which a maintainer makes releases. */
export class ReleaseCheckout {
  readonly dir: string;
  readonly #signal: AbortSignal;

  /** Clones what is committed in `root` and installs the packages of its lockfile. */
  static async clone({
    root,
    dir,
    signal,
  }: {
    root: string;
    dir: string;
    signal: AbortSignal;
  }): Promise<ReleaseCheckout> {
    const checkout = new ReleaseCheckout(dir, signal);
    await checkout.#run('git', ['clone', '--quiet', '--shared', root, dir], { cwd: root });
    for (const entry of Object.entries(GIT_CONFIG)) await checkout.#run('git', ['config', ...entry]);
    await checkout.#run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']);
    return checkout;
  }

  private constructor(dir: string, signal: AbortSignal) {
    this.dir = dir;
    this.#signal = signal;
  }

  /** Short hash of what is checked out. */
  async commit(): Promise<string> {
    return this.#run('git', ['rev-parse', '--short', 'HEAD']);
  }

  /** What is published. */
  packages(): WorkspacePackage[] {
    return readPackages(this.dir).filter(({ manifest }) => !manifest.private);
  }

  /** Files that git knows, changed or new ones. Empty when everything is committed. */
  async changes(): Promise<readonly string[]> {
    return (await this.#run('git', ['status', '--porcelain'])).split('\n').filter((line) => line !== '');
  }

  addChangeset(id: string, names: readonly string[], words: string): void {
    const releases = names.map((name) => `"${name}": minor\n`).join('');
    writeFileSync(join(this.dir, '.changeset', `${id}.md`), `---\n${releases}---\n\n${words}\n`);
  }

  /** Replaces a text that occurs once in a file. */
  edit(path: string, from: string, to: string): void {
    const file = join(this.dir, path);
    const parts = readFileSync(file, 'utf8').split(from);
    if (parts.length !== 2) throw new Error(`${path} has "${from}" ${parts.length - 1} times instead of once`);
    writeFileSync(file, parts.join(to));
  }

  /** Turns the changesets into a version and changelogs, and commits them. Gives the version. */
  async version(): Promise<string> {
    await this.#run(join('node_modules', '.bin', 'changeset'), ['version']);
    await this.#run('git', ['add', '--all']);
    await this.#run('git', ['commit', '--quiet', '--allow-empty', '--message', 'Version packages']);
    const [first] = this.packages();
    return (readManifest(first?.dir ?? this.dir) as { readonly version?: string }).version ?? '';
  }

  /** Builds all packages, or the named ones alone. */
  async build(names: readonly string[] = []): Promise<void> {
    const only = names.length === 0 ? [] : ['--only', ...names.map((name) => `--filter=${name}`)];
    await this.#run(join('node_modules', '.bin', 'turbo'), ['run', 'build', '--output-logs=errors-only', ...only]);
  }

  /**
   * Publishes what the registry does not have, as a maintainer whose HOME knows no other registry.
   *
   * @param way `changeset publish` also makes tags; `pnpm publish` is one process for all packages
   */
  async publish(
    way: 'changeset' | 'pnpm',
    { home, registry }: { home: string; registry: LocalRegistry },
  ): Promise<void> {
    const env = { PATH: process.env.PATH, HOME: home, CI: '1' };
    const used = await this.#run('pnpm', ['config', 'get', 'registry'], { env });
    if (used !== registry.url) throw new Error(`pnpm would publish to ${used} instead of ${registry.url}`);
    if (way === 'changeset') await this.#run(join('node_modules', '.bin', 'changeset'), ['publish'], { env });
    else await this.#run('pnpm', ['--recursive', 'publish', '--access=public', '--no-git-checks'], { env });
  }

  /** Tags of releases. */
  async tags(): Promise<readonly string[]> {
    return (await this.#run('git', ['tag'])).split('\n');
  }

  async #run(
    program: string,
    args: readonly string[],
    { cwd = this.dir, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<string> {
    // The Node that runs this comes first, as it does for a maintainer.
    const path = [dirname(process.execPath), env.PATH].join(delimiter);
    const { exitCode, output } = await runProgram(program, args, {
      cwd,
      signal: this.#signal,
      env: { ...env, PATH: path },
    });
    if (exitCode === 0) return output;
    const said = output.split('\n').slice(-SHOWN_LINES).join('\n');
    throw new Error(`${program} ${args[0]} ends with ${exitCode}:\n${said}`);
  }
}
