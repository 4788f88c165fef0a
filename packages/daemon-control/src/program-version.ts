import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the installer records the commit, in the folder of a program's package: an installation has no repository. */
export const COMMIT_FILE = 'commit';

const SHORT_LENGTH = 7;
const HASH = /^[\da-f]{40,64}$/;

/**
 * What a program calls its version: that of its package, and the commit it was built from where that is known, like
 * `0.1.0 (abc1234)`. The commit comes from the installer, or from the repository of the checkout that the package is in.
 *
 * @param packageDir folder of the program's package
 */
export function programVersion(packageDir: string): string {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const commit = readCommit(packageDir);
  return commit === undefined ? version : `${version} (${commit})`;
}

/** The short hash of the commit that a program was built from; `undefined` where it is not known. */
export function readCommit(packageDir: string): string | undefined {
  const recorded = read(join(packageDir, COMMIT_FILE));
  if (recorded !== undefined) return recorded;
  const isInCheckout = basename(dirname(packageDir)) === 'apps';
  const hash = isInCheckout ? readHead(join(packageDir, '..', '..', '.git')) : undefined;
  return hash?.slice(0, SHORT_LENGTH);
}

/** The commit of a repository's HEAD. Its files are read, because git may be missing, and takes longer to start than they. */
function readHead(dotGit: string): string | undefined {
  const gitDir = findGitDir(dotGit);
  const [, ref] = /^ref: (.+)$/.exec(read(join(gitDir, 'HEAD')) ?? '') ?? [];
  const hash = ref === undefined ? read(join(gitDir, 'HEAD')) : readRef(ref, gitDir);
  return hash !== undefined && HASH.test(hash) ? hash : undefined;
}

/** `.git` itself or, in a worktree or a submodule, the folder that the file `.git` names. */
function findGitDir(dotGit: string): string {
  if (!statSync(dotGit, { throwIfNoEntry: false })?.isFile()) return dotGit;
  const [, path = ''] = /^gitdir: (.+)$/.exec(read(dotGit) ?? '') ?? [];
  return resolve(dirname(dotGit), path);
}

/** A branch of a worktree is kept with those of its repository. */
function readRef(ref: string, gitDir: string): string | undefined {
  const shared = resolve(gitDir, read(join(gitDir, 'commondir')) ?? '.');
  const packed = read(join(shared, 'packed-refs'))?.split('\n');
  return (
    read(join(gitDir, ref)) ??
    read(join(shared, ref)) ??
    packed?.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0]
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
