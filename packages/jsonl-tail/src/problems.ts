import type { ProblemEvent, ProblemKind } from './event.ts';

const CURES: Readonly<Record<string, string>> = {
  EACCES: 'Give this user read permission for it and search permission for its directories.',
  EPERM: 'Give this user read permission for it and search permission for its directories.',
  ELOOP: 'Remove the symbolic link that points to itself.',
  EMFILE: 'This process has too many files open: raise its limit (ulimit -n) or lower maxOpenFiles.',
  ENFILE: 'The system has too many files open: raise fs.file-max.',
  EIO: 'Check the disk or the network mount.',
  ESTALE: 'Check the network mount.',
};

/** The system's code of an error, such as `EACCES`. */
function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** True when the error says that nothing stands at the path. */
export function isMissing(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A file or directory that cannot be read, as an event. */
export function unreadableProblem(path: string, error: unknown): ProblemEvent {
  const code = errorCodeOf(error) ?? String(error);
  const cure = CURES[code] ?? 'Check the file and its file system.';
  return {
    type: 'problem',
    path,
    problem: 'unreadable',
    message: `${path} cannot be read (${code}). ${cure} It is tried again.`,
  };
}

/** A watcher that failed, as an event. */
export function watchProblem(path: string, error: unknown): ProblemEvent {
  const code = errorCodeOf(error) ?? String(error);
  const isLimit = code === 'ENOSPC' || code === 'EMFILE';
  const problem: ProblemKind = isLimit ? 'inotify-limit' : 'watch-failed';
  const reason = isLimit ? `the limit of inotify watches is reached (${code})` : `watching failed (${code})`;
  const cure = isLimit
    ? 'Raise it with: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512.'
    : 'Check that the directory is on a local file system and readable.';
  return {
    type: 'problem',
    path,
    problem,
    message: `${path}: ${reason}; changes are found by polling, later than by events. ${cure}`,
  };
}

/** What a problem is about: a path has at most one of each. */
export type ProblemSubject = 'reading' | 'watching';

/** The problems that exist now; each is reported when it begins and when it is over. */
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
    const key = keyOf(problem.path, problem.problem === 'unreadable' ? 'reading' : 'watching');
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
