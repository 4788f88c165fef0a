import { describe, expect, it } from 'vitest';
import type { ProblemEvent } from './event.ts';
import { isMissing, Problems, unreadableProblem, watchProblem } from './problems.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('problems', () => {
  it('tells a missing file from one that cannot be read', () => {
    expect(['ENOENT', 'ENOTDIR', 'EACCES', 'EIO'].map((code) => isMissing(systemError(code)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.for([
    ['EACCES', 'read permission'],
    ['EMFILE', 'ulimit -n'],
    ['ESTALE', 'network mount'],
    ['EWHAT', 'Check the file'],
  ] as const)('names the path, %s and the fix', ([code, fix]) => {
    const { message } = unreadableProblem('/x/a.jsonl', systemError(code));
    expect(message).toContain(`/x/a.jsonl cannot be read (${code}). `);
    expect(message).toContain(fix);
  });

  it('tells the inotify limit from other failures of a watcher', () => {
    expect(['ENOSPC', 'EMFILE', 'EIO'].map((code) => watchProblem('/x', systemError(code)).problem)).toEqual([
      'inotify-limit',
      'inotify-limit',
      'watch-failed',
    ]);
  });

  it('reports the beginning and the end of a problem once', () => {
    const events: ProblemEvent[] = [];
    const problems = new Problems((event) => events.push(event));
    problems.resolve('/x', 'reading');
    problems.report(unreadableProblem('/x', systemError('EACCES')));
    problems.report(unreadableProblem('/x', systemError('EACCES')));
    problems.report(watchProblem('/x', systemError('ENOSPC')));
    problems.resolve('/x', 'reading');
    problems.resolve('/x', 'reading');
    expect(events.map((event) => [event.problem, event.resolved])).toEqual([
      ['unreadable', undefined],
      ['inotify-limit', undefined],
      ['unreadable', true],
    ]);
    expect(problems.list).toHaveLength(1);
  });
});
