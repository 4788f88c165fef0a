import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { delay } from '@live-status/resilience';
import { freePort } from '@live-status/stage';
import { npmCli } from '../../checks/src/install-packed.ts';
import { runProgram } from '../../checks/src/program.ts';
import { repositoryRoot } from '../../checks/src/repository.ts';

/** What is installed, with the hash of every file of it. */
const PINNED = fileURLToPath(new URL('../registry', import.meta.url));
const MANIFESTS = ['package.json', 'package-lock.json'] as const;
const POLL_MS = 100;
const START_TIMEOUT_MS = 60_000;

/** It knows no other registry, so nothing can be read from one through it, or reach one. */
const CONFIG = `storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
web:
  enable: false
uplinks: {}
packages:
  '**':
    access: $all
    publish: $authenticated
    unpublish: $authenticated
log: { type: stdout, format: json, level: warn }
`;

/** A registry of this machine with a storage of its own. */
export class LocalRegistry {
  readonly url: string;
  /** Of the maintainer who publishes. */
  readonly token: string;
  readonly #child: ChildProcess;

  /**
   * Starts one on loopback, at any free port, with everything it keeps in `folder`.
   * @throws when npm cannot fetch it, or it does not answer within a minute
   */
  static async start({ folder, signal }: { folder: string; signal: AbortSignal }): Promise<LocalRegistry> {
    const program = join(await installVerdaccio(signal), 'node_modules', 'verdaccio', 'bin', 'verdaccio');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.yaml'), CONFIG);
    const url = `http://127.0.0.1:${await freePort()}/`;
    const args = [program, '--config', join(folder, 'config.yaml'), '--listen', url.slice(0, -1)];
    const env = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'production' };
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' });
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
      while (!(await answers(url))) await delay(POLL_MS, { signal: limit });
      return new LocalRegistry(child, url, await createMaintainer(url));
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  private constructor(child: ChildProcess, url: string, token: string) {
    this.#child = child;
    this.url = url;
    this.token = token;
  }

  /** Writes a HOME whose npm and pnpm know this registry alone, and may publish to it. */
  writeHome(home: string): void {
    mkdirSync(home, { recursive: true });
    const { host } = new URL(this.url);
    writeFileSync(join(home, '.npmrc'), `registry=${this.url}\n//${host}/:_authToken=${this.token}\n`, { mode: 0o600 });
  }

  /** What it says of a package: all its versions. */
  async describe(name: string): Promise<PublishedPackage> {
    const response = await fetch(`${this.url}${name.replace('/', '%2f')}`);
    if (!response.ok) throw new Error(`${name} is not in the registry (${response.status})`);
    return (await response.json()) as PublishedPackage;
  }

  /** Tries to publish without being anybody, and gives the status of the answer. */
  async publishAsNobody(name: string): Promise<number> {
    const body = JSON.stringify({ _id: name, name, versions: {} });
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${this.url}${name.replace('/', '%2f')}`, { method: 'PUT', headers, body })).status;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill();
    await closed;
  }
}

/** A package in a registry. */
export interface PublishedPackage {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, PublishedManifest>>;
}

/** A version of a package in a registry: its package.json as published, and its archive. */
export interface PublishedManifest extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly version: string;
  readonly dist: { readonly tarball: string; readonly integrity: string };
}

/** Installs it once into `.tools`, from its lockfile and without running scripts. Gives the folder. */
async function installVerdaccio(signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
    .update(readFileSync(join(PINNED, 'package-lock.json')))
    .digest('hex');
  const home = join(repositoryRoot, '.tools', `local-registry-${hash.slice(0, 12)}`);
  if (existsSync(home)) return home;
  const staging = join(repositoryRoot, '.tools', `local-registry-${randomUUID()}`);
  mkdirSync(staging, { recursive: true });
  try {
    for (const file of MANIFESTS) copyFileSync(join(PINNED, file), join(staging, file));
    const args = [npmCli(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const { exitCode, output } = await runProgram(process.execPath, args, { cwd: staging, signal });
    if (exitCode !== 0) throw new Error(`npm could not fetch verdaccio:\n${output}`);
    renameSync(staging, home);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return home;
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}-/ping`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function createMaintainer(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:maintainer`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'maintainer', password: randomUUID() }),
  });
  const { token } = (await response.json()) as { readonly token?: string };
  if (token === undefined) throw new Error(`the registry creates no user (${response.status})`);
  return token;
}
