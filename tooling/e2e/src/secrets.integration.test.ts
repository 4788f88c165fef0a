import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { delay } from '@live-status/resilience';
import { FakeGateway, FrameSession } from '@live-status/simulators/gateway';
import { BUILT_DAEMON, freePort, openStage, type Stage } from '@live-status/stage';
import { describe, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const TIMEOUT = { timeout: 120_000 };
/** Lets a test crash the daemon with errors that quote every secret there is: the first, and more while it stops. */
const SABOTAGE = `
  import { existsSync, readFileSync } from 'node:fs';
  const { HOME } = process.env;
  const crash = () => {
    if (existsSync(HOME + '/crash')) throw new Error('quotes ' + readFileSync(HOME + '/secrets', 'utf8'));
  };
  if (process.argv.includes('run')) setInterval(crash, 20).unref();`;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** An installation in a home directory, whose secrets a test plants and looks for. */
class Installation implements AsyncDisposable {
  readonly stage: Stage;
  readonly gateway: FakeGateway;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What any program or answer of Live Status said, by where. */
  readonly #said: [where: string, text: string][] = [];
  readonly #children: ChildProcess[] = [];

  static async open(): Promise<Installation> {
    const gateway = await FakeGateway.listen();
    return new Installation(await openStage(), gateway, await freePort());
  }

  private constructor(stage: Stage, gateway: FakeGateway, port: number) {
    this.stage = stage;
    this.gateway = gateway;
    this.home = stage.env.HOME ?? '';
    this.secrets = {
      MM_TOKEN: stage.simulator.bot.token,
      'an account': 'planted-ops-token-8d1f',
      OPENCLAW_GATEWAY_TOKEN: 'planted-gateway-token-77ab',
      OPENCLAW_GATEWAY_PASSWORD: 'planted "gateway" pass\\word',
      HEALTH_TOKEN: 'planted-health-token-41cc',
      'the password in REDIS_URL': 'planted-redis-pass-90ee',
    };
    gateway.auth = { mode: 'token', secret: this.secrets.OPENCLAW_GATEWAY_TOKEN ?? '' };
    const {
      MM_TOKEN = '',
      OPENCLAW_GATEWAY_TOKEN = '',
      OPENCLAW_GATEWAY_PASSWORD = '',
      HEALTH_TOKEN = '',
    } = this.secrets;
    for (const folder of ['tmp', 'reports', 'work', '.openclaw']) mkdirSync(join(this.home, folder));
    writeFileSync(join(this.home, 'sabotage.mjs'), SABOTAGE);
    writeFileSync(join(this.home, 'secrets'), Object.values(this.secrets).join(' and '));
    const accounts = { default: {}, ops: { botToken: this.secrets['an account'], baseUrl: stage.simulator.url } };
    writeFileSync(
      join(this.home, '.openclaw', 'openclaw.json'),
      JSON.stringify({ channels: { mattermost: { enabled: true, baseUrl: stage.simulator.url, accounts } } }),
    );
    this.env = {
      ...stage.env,
      PATH: process.env.PATH ?? '',
      MM_TOKEN,
      HEALTH_TOKEN,
      OPENCLAW_GATEWAY_TOKEN,
      OPENCLAW_GATEWAY_PASSWORD,
      // Nothing listens there: what is said about it must not quote the password.
      REDIS_URL: `redis://live:${this.secrets['the password in REDIS_URL']}@127.0.0.1:1/0`,
      OPENCLAW_GATEWAY_URL: gateway.url,
      SOURCE: 'gateway',
      HEALTH_PORT: String(port),
      LOG_LEVEL: 'trace',
      POST_DELAY_MS: '0',
      TMPDIR: join(this.home, 'tmp'),
      NODE_OPTIONS: [
        `--import=${pathToFileURL(join(this.home, 'sabotage.mjs')).href}`,
        '--report-on-signal --report-signal=SIGUSR2 --report-uncaught-exception --report-on-fatalerror',
        `--report-directory=${join(this.home, 'reports')} --heapsnapshot-signal=SIGHUP`,
      ].join(' '),
    };
  }

  /** Runs a program of Live Status to its end, or until it said something. */
  async run(program: string, args: readonly string[], until?: RegExp): Promise<Ended> {
    // A crash must be able to leave a core file, if the program lets it.
    const command = ['-c', 'ulimit -c unlimited 2>/dev/null; exec "$@"', 'sh', process.execPath, program, ...args];
    const child = spawn('/bin/sh', command, { cwd: join(this.home, 'work'), env: this.env });
    this.#children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (until?.test(output)) child.kill('SIGTERM');
      });
    }
    const [code] = await once(child, 'close');
    this.#said.push([`${args.join(' ')}`, output]);
    return { code, output };
  }

  /** Everything that the health server serves, to those who have the token and to those who have not. */
  async readServer(): Promise<void> {
    for (const authorization of ['', `Bearer ${this.secrets.HEALTH_TOKEN}`]) {
      for (const path of ['/livez', '/readyz', '/metrics', '/health', '/', '/page.js', '/events', '/none']) {
        const response = await fetch(`http://127.0.0.1:${this.env.HEALTH_PORT}${path}`, { headers: { authorization } });
        let text = JSON.stringify([...response.headers]);
        const decoder = new TextDecoder();
        for await (const part of response.body ?? []) {
          text += decoder.decode(part, { stream: true });
          // Events do not end; these are all that there are at first.
          if (text.includes('event: order')) break;
        }
        this.#said.push([`GET ${path}`, text]);
      }
    }
  }

  get pid(): number {
    const names = readdirSync(this.stage.env.STATE_DIR ?? '');
    const pids = names.map((name) => Number(/^daemon-(\d+)-.*\.lock$/.exec(name)?.[1]));
    return pids.find(isAlive) ?? Number.NaN;
  }

  readArguments(): void {
    if (!existsSync('/proc/self/cmdline')) return;
    for (const name of ['cmdline', 'comm', 'status']) {
      this.#said.push([`/proc/PID/${name}`, readFileSync(`/proc/${this.pid}/${name}`, 'utf8')]);
    }
  }

  /** Where a secret was found; nowhere, if all is well. */
  leaks(): readonly string[] {
    const files = readdirSync(this.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/\/(?:secrets|openclaw\.json)$/.test(path))
      .map((path): [string, string] => [path, readFileSync(path, 'latin1')]);
    return [...this.#said, ...files].flatMap(([where, text]) => {
      const found = Object.entries(this.secrets).filter(([, secret]) =>
        spellings(secret).some((one) => text.includes(one)),
      );
      return found.map(([name]) => `${name} in ${where}`);
    });
  }

  said(where: string): string {
    return this.#said.flatMap(([place, text]) => (place === where ? [text] : [])).join('\n');
  }

  files(folder: string): readonly string[] {
    return readdirSync(join(this.home, folder));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this;
    if (!Number.isNaN(pid)) process.kill(pid, 'SIGKILL');
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGKILL');
    await this.stage.close();
    await this.gateway.close();
  }
}

/** A secret as it may be written: as it is, in JSON, in an address, in a header of HTTP's Basic scheme, encoded. */
function spellings(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret), base64];
}

function isAlive(pid: number): boolean {
  if (Number.isNaN(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  while (!holds()) await delay(25, { signal });
}

describe('secrets', TIMEOUT, () => {
  it('are in nothing that a daemon and the commands write in all their life', async ({ expect, signal }) => {
    await using here = await Installation.open();
    const { simulator } = here.stage;
    const log = (): string => readFileSync(join(here.stage.env.STATE_DIR ?? '', 'daemon.log'), 'utf8');
    const commands = async (watched: RegExp): Promise<void> => {
      for (const args of [['status'], ['status', '--json']]) await here.run(BUILT_DAEMON, args);
      for (const args of [
        ['doctor', '--verbose'],
        ['doctor', '--json'],
        ['logs', '--level', 'trace'],
      ])
        await here.run(CLI, args);
      await here.run(CLI, ['watch'], watched);
      await here.readServer();
      here.readArguments();
    };

    // It starts, works, and is asked for everything.
    expect(await here.run(BUILT_DAEMON, ['start'])).toMatchObject({ code: 0 });
    const session = new FrameSession(here.gateway, `agent:main:mattermost:channel:${simulator.channel.id}`, 'r1');
    session.begin('hello').call('a', 'npm test');
    await until(() => simulator.posts().some(({ message }) => message.includes('npm test')), signal);
    await commands(/npm test/);
    expect(here.said('watch')).toContain('npm test');
    expect(here.said('GET /health')).toContain('"status"');

    // Servers that fail and refuse.
    const failing = simulator.faults.fail({ status: 500, errorId: 'x' }, { times: Number.POSITIVE_INFINITY });
    session.result('a').call('b', 'npm run lint');
    await until(() => log().includes('does not answer'), signal);
    failing.clear();
    here.gateway.reception = 'wrong-token';
    here.gateway.drop();
    await until(() => log().includes('does not accept the token'), signal);
    here.gateway.reception = 'open';
    simulator.revokeToken(here.secrets.MM_TOKEN ?? '');
    await until(() => log().includes('token rejected'), signal);
    // What it shows by now depends on what came first.
    await commands(/\S/);
    await here.run(CLI, ['create', 'hello']);
    simulator.restoreToken(here.secrets.MM_TOKEN ?? '');

    // Whatever Node offers to look into a process.
    process.kill(here.pid, 'SIGUSR1');
    process.kill(here.pid, 'SIGUSR2');
    await until(() => here.files('reports').length > 0, signal);

    // Errors that nobody caught and that quote every secret.
    const crashed = here.pid;
    writeFileSync(join(here.home, 'crash'), '');
    await until(() => !isAlive(crashed), signal);
    rmSync(join(here.home, 'crash'));
    expect(log()).toContain('quotes ***');
    expect(readFileSync(join(here.stage.env.STATE_DIR ?? '', 'daemon.err'), 'utf8')).toContain('quotes ***');

    // A crash of Node itself: after start there is no core file, and after run there is nothing in it.
    await here.run(BUILT_DAEMON, ['start']);
    const aborted = here.pid;
    process.kill(aborted, 'SIGABRT');
    await until(() => !isAlive(aborted), signal);
    expect(here.files('work')).toEqual([]);
    rmSync(here.stage.env.PID_FILE ?? '');
    const run = here.run(BUILT_DAEMON, ['run']);
    await until(() => existsSync(here.stage.env.PID_FILE ?? ''), signal);
    process.kill(here.pid, 'SIGABRT');
    await run;

    expect(here.leaks()).toEqual([]);
  });
});
