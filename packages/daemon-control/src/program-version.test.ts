import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programVersion } from './program-version.ts';

let root: string;
let checkout: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'live-status-version-')));
  checkout = join(root, 'checkout');
  mkdirSync(checkout);
});
afterEach(() => rmSync(root, { recursive: true }));

function git(args: readonly string[], cwd = checkout): string {
  const who = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function makePackage(dir: string): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{ "version": "1.2.3" }');
  return dir;
}

/** A repository with one commit; the folder of its program. */
function commitProgram(): string {
  const dir = makePackage(join(checkout, 'apps', 'program'));
  git(['init', '--quiet', '--initial-branch=main']);
  git(['add', '--all']);
  git(['commit', '--quiet', '--message=one']);
  return dir;
}

const head = (cwd = checkout): string => git(['rev-parse', '--short=7', 'HEAD'], cwd);

describe('programVersion', () => {
  it('names the commit of the checkout', () => {
    expect(programVersion(commitProgram())).toBe(`1.2.3 (${head()})`);
  });

  it('follows HEAD to packed, nested and detached commits', () => {
    const dir = commitProgram();
    git(['pack-refs', '--all']);
    expect(programVersion(dir)).toBe(`1.2.3 (${head()})`);
    git(['switch', '--quiet', '--create=fix/it']);
    git(['commit', '--quiet', '--allow-empty', '--message=two']);
    expect(programVersion(dir)).toBe(`1.2.3 (${head()})`);
    git(['switch', '--quiet', '--detach', 'main']);
    expect(programVersion(dir)).toBe(`1.2.3 (${head()})`);
  });

  it('knows the commit of a worktree', () => {
    commitProgram();
    const tree = join(root, 'tree');
    git(['worktree', 'add', '--quiet', '-b', 'other', tree]);
    git(['commit', '--quiet', '--allow-empty', '--message=two'], tree);
    expect(head(tree)).not.toBe(head());
    expect(programVersion(join(tree, 'apps', 'program'))).toBe(`1.2.3 (${head(tree)})`);
  });

  it('prefers the commit that the installer recorded', () => {
    const dir = commitProgram();
    writeFileSync(join(dir, 'commit'), 'abc1234\n');
    expect(programVersion(dir)).toBe('1.2.3 (abc1234)');
  });

  it('is the version alone without a repository, and where the repository is not its own', () => {
    expect(programVersion(makePackage(join(checkout, 'apps', 'program')))).toBe('1.2.3');
    commitProgram();
    expect(programVersion(makePackage(join(checkout, 'node_modules', 'program')))).toBe('1.2.3');
  });

  it.for(['ref: refs/heads/gone\n', 'not a hash\n', ''])('is the version alone where HEAD is %j', (text) => {
    const dir = commitProgram();
    writeFileSync(join(checkout, '.git', 'HEAD'), text);
    expect(programVersion(dir)).toBe('1.2.3');
  });
});
