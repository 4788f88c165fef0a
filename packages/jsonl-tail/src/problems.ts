import { errorCode } from '@live-status/basics';
import type { ProblemEvent, ProblemKind } from './event.ts';

const FIXES: Readonly<Record<string, string>> = {
  EACCES: 'Give this user read permission for it and search permission for its directories.',
  EPERM: 'Give this user read permission for it and search permission for its directories.',
  ELOOP: 'Remove the symbolic link that points to itself.',
  EMFILE: 'This process has too many files open: raise its limit (ulimit -n) or lower maxOpenFiles.',
  ENFILE: 'The system has too many files open: raise fs.file-max.',
  EIO: 'Check the disk or the network mount.',
  ESTALE: 'Check the network mount.',
};

/** True when the error says that nothing is at the path. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The event for a file or directory that cannot be read. */
export function unreadableProblem(path: string, error: unknown): ProblemEvent {
  const code = errorCode(error) ?? String(error);
  const fix = FIXES[code] ?? 'Check the file and its file system.';
  return {
    type: 'problem',
    path,
    problem: 'unreadable',
    message: `${path} cannot be read (${code}). ${fix} Reading will be retried.`,
  };
}

/** The event for a watch that failed. */
export function watchProblem(path: string, error: unknown): ProblemEvent {
  const code = errorCode(error) ?? String(error);
  const isLimit = code === 'ENOSPC' || code === 'EMFILE';
  const problem: ProblemKind = isLimit ? 'inotify-limit' : 'watch-failed';
  const reason = isLimit ? `the inotify limit is reached (${code})` : `watching failed (${code})`;
  const fix = isLimit
    ? 'Raise it with: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512.'
    : 'Check that the directory is on a local file system and readable.';
  return {
    type: 'problem',
    path,
    problem,
    message: `${path}: ${reason}; changes are found by polling, which takes longer. ${fix}`,
  };
}

/** The event for a directory in which changes are found that no event announced. `root`: what is followed. */
export function noEventsProblem(root: string, directory: string): ProblemEvent {
  return {
    type: 'problem',
    path: root,
    problem: 'no-events',
    message: `${directory}: files change without file system events, as on a network mount; changes are found by polling, which takes longer. Keep the directory on a local disk of the machine that watches it.`,
  };
}

/** What a problem is about: a path has at most one of each. */
export type ProblemSubject = 'reading' | 'watching' | 'events';

const SUBJECTS: Readonly<Record<ProblemKind, ProblemSubject>> = {
  unreadable: 'reading',
  'inotify-limit': 'watching',
  'watch-failed': 'watching',
  'no-events': 'events',
};

/** The current problems. Each is reported once, and once more when it is resolved. */
export class Problems {
  readonly #open = new Map<string, ProblemEvent>();
  readonly #emit: (event: ProblemEvent) => void;

  constructor(emit: (event: ProblemEvent) => void) {
    this.#emit = emit;
  }

  get list(): readonly ProblemEvent[] {
    return [...this.#open.values()];
  }

  report(problem: ProblemEvent): void {
    const key = keyOf(problem.path, SUBJECTS[problem.problem]);
    if (this.#open.get(key)?.message === problem.message) return;
    this.#open.set(key, problem);
    this.#emit(problem);
  }

  resolve(path: string, subject: ProblemSubject): void {
    const key = keyOf(path, subject);
    const problem = this.#open.get(key);
    if (problem === undefined) return;
    this.#open.delete(key);
    this.#emit({ ...problem, resolved: true });
  }
}

function keyOf(path: string, subject: ProblemSubject): string {
  return `${subject} ${path}`;
}
