import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
  for (const file of ['install.sh', 'package.json', 'tooling/bootstrap'])
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

it('says which Node it needs to begin with when the one that runs is too old for that', async () => {
  const { exitCode, output } = await install({ PATH: home.fakeCommand('npm', NPM), NODE_OPTIONS: pretend('16.20.2') });
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /^\[setup\] Node 16\.20\.2 is running, but Live Status needs Node 18 or newer to begin with\.\n/,
  );
  expect(output).toContain('Install Node 24');
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
