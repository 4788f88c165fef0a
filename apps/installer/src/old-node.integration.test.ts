import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorHome, ROOT } from './testing/operator-home.ts';

/** Makes a Node of any version and system think that it is another. */
const pretend = (version: string, platform: string = process.platform): string =>
  `--import=data:text/javascript,${[
    `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`,
    `Object.defineProperty(process,'platform',{value:'${platform}'})`,
  ].join(';')}`;

/** An npm that has the pinned packages: a Node that says that it is the one, and a pnpm that finds all in place. */
const NPM = `case $1 in
  config) exit 0 ;;
esac
prefix=\${2#--prefix=}
name=$(sed -n 's/.*"dependencies":{"\\([^"]*\\)".*/\\1/p' "$prefix/package.json")
mkdir -p "$prefix/node_modules/$name/bin" "$prefix/node_modules/.bin"
echo "$name" >>"$(dirname "$0")/fetched"
printf '' >"$prefix/node_modules/$name/bin/pnpm.mjs"
printf '#!/bin/sh\\nFETCHED=yes exec "%s" "$@"\\n' '${process.execPath}' >"$prefix/node_modules/$name/bin/node"
chmod +x "$prefix/node_modules/$name/bin/node"`;

let home: OperatorHome;
let checkout: string;

/** A checkout as a clone gives it, with an installer that only says how it was started. */
beforeEach(() => {
  home = new OperatorHome('{}');
  checkout = join(home.outside, 'a checkout');
  for (const file of ['install.sh', 'package.json', 'tooling/bootstrap', 'apps/installer/usage.txt'])
    cpSync(join(ROOT, file), join(checkout, file), { recursive: true });
  write('node_modules/turbo/bin/turbo', '');
  write('apps/installer/dist/main.js', 'console.log("installer", process.env.FETCHED, process.argv.slice(2));');
});

afterEach(() => home.close());

function write(path: string, text: string): void {
  mkdirSync(join(checkout, path, '..'), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

const install = (env: Readonly<Record<string, string>>) =>
  home.run('bash', [join(checkout, 'install.sh'), '--dry-run'], env);

it('runs with the Node that is there when it is supported', async () => {
  const { exitCode, output } = await install({ PATH: home.fakeCommand('npm', NPM), NODE_OPTIONS: pretend('24.21.0') });
  expect(exitCode, output).toBe(0);
  expect(output).toContain("installer undefined [ '--dry-run' ]");
});

it('fetches a supported Node from npm and runs with it', async () => {
  const { exitCode, output } = await install({
    PATH: home.fakeCommand('npm', NPM),
    NODE_OPTIONS: pretend('20.11.0', 'linux'),
  });
  expect(exitCode, output).toBe(0);
  expect(output).toContain("installer yes [ '--dry-run' ]");
});

it('says which Node is needed when npm has none for this system', async () => {
  const { exitCode, output } = await install({
    PATH: home.fakeCommand('npm', NPM),
    NODE_OPTIONS: pretend('20.11.0', 'sunos'),
  });
  expect(exitCode).toBe(1);
  expect(output).toMatch(/Node 20\.11\.0 is running, .*24.* is needed, and npm has none for sunos/);
  expect(output).toContain('Install Node 24');
});

/** A Node that only says its version: what an old one does with newer syntax is tried with real ones below. */
const oldNode = (version: string): string => `[ "$1" = --version ] && echo v${version} || echo SyntaxError >&2`;

it.for(['10.19.0', '12.22.9', '16.20.2', '17.9.1'])(
  'says in one line which Node it needs when %s runs',
  async (version) => {
    home.fakeCommand('npm', NPM);
    const { exitCode, output } = await install({ PATH: home.fakeCommand('node', oldNode(version)) });
    expect(exitCode).toBe(1);
    expect(output).toBe(
      `install.sh: Node ${version} is running, but Live Status needs Node 18 or newer to begin with. Install Node 24 (from nodejs.org or your system) and run install.sh again.\n`,
    );
  },
);

it.for(['start', 'test', 'bench', 'install'])('says so in %s.mjs, too, without a stack', async (name) => {
  const program = join(checkout, 'tooling', 'bootstrap', `${name}.mjs`);
  const { exitCode, output } = await home.run(process.execPath, [program], { NODE_OPTIONS: pretend('16.20.2') });
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /^\[setup\] Node 16\.20\.2 is running, but Live Status needs Node 18 or newer to begin with\.\n\[setup\] Install Node 24 .*\n/,
  );
  expect(output).not.toMatch(/^ +at /m);
});

it('reads nothing before that check that an old Node could not: no import, no newer syntax or global', () => {
  const source = readFileSync(join(checkout, 'tooling', 'bootstrap', 'src', 'main.mjs'), 'utf8');
  expect(source).not.toMatch(/^import|\?\.|\?\?|\bAbortController\b/m);
  for (const file of readdirSync(join(checkout, 'tooling', 'bootstrap')).filter((each) => each.endsWith('.mjs'))) {
    const entry = readFileSync(join(checkout, 'tooling', 'bootstrap', file), 'utf8');
    expect(entry.match(/^import .*/gm)).toEqual(["import { prepareAndRun } from './src/main.mjs';"]);
    expect(entry).not.toMatch(/\bawait\b|\?\.|\?\?/);
  }
});

describe('install.sh before anything is prepared', () => {
  const usage = readFileSync(join(ROOT, 'apps/installer/usage.txt'), 'utf8');
  /** Without node and npm: only what bash itself needs. */
  const bare = (): string => {
    const bin = join(home.outside, 'bare');
    mkdirSync(bin);
    for (const path of ['/bin/cat', '/usr/bin/dirname']) symlinkSync(path, join(bin, basename(path)));
    return bin;
  };

  it.for([['--help'], ['-h'], ['--dry-run', '--help']])('shows its help for %j', async (args) => {
    const { exitCode, output } = await home.run('/bin/bash', [join(checkout, 'install.sh'), ...args], { PATH: bare() });
    expect(exitCode).toBe(0);
    expect(output).toBe(usage);
  });

  it.for([
    [['--fast'], 'unknown option --fast'],
    [['here'], 'unknown option here'],
    [['--prefix'], '--prefix needs a directory'],
    [['--prefix', '--dry-run'], '--prefix needs a directory'],
    [['--prefix='], 'unknown option --prefix='],
    [['--purge'], '--purge only goes with --uninstall'],
  ] as const)('refuses %j', async ([args, why]) => {
    const { exitCode, output } = await home.run('/bin/bash', [join(checkout, 'install.sh'), ...args], { PATH: bare() });
    expect(exitCode).toBe(2);
    expect(output).toBe(`install.sh: ${why}\n\n${usage}`);
  });
});

it('says what helps when the Node cannot be fetched', async () => {
  const PATH = home.fakeCommand('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
  const { exitCode, output } = await install({ PATH, NODE_OPTIONS: pretend('20.11.0', 'linux') });
  expect(exitCode).toBe(1);
  expect(output).toMatch(/npm could not (fetch node-linux|read its configuration)/);
});

it('says that Node is missing where there is none', async () => {
  const bin = join(home.outside, 'bare');
  mkdirSync(bin);
  const { exitCode, output } = await home.run('/bin/bash', [join(checkout, 'install.sh')], { PATH: bin });
  expect(exitCode).toBe(1);
  expect(output).toContain('node and npm are not in PATH. Install Node 24');
});
