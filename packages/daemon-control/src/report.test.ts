import { describe, expect, it } from 'vitest';
import { reportStart, reportStatus, reportStop } from './report.ts';

const health = {
  status: 'failing',
  pid: 7,
  version: '1.2.3',
  uptimeS: 5,
  sources: [{ name: 'jsonl', state: 'attached', runsSeen: 2 }],
  boxes: { active: 1, waiting: 3, posted: 1 },
  poster: { breaker: { state: 'open' }, queue: 0, creates: 1, edits: 2, retries: 4 },
  reasons: [{ level: 'failing', what: 'Mattermost does not answer', fix: 'Check the server' }],
} as const;

const status = { ...health, sources: [...health.sources], reasons: [...health.reasons] };

describe('reportStart', () => {
  it('ends 0 for a daemon that runs', () => {
    expect(reportStart({ kind: 'started', pid: 7, logFile: '/s/daemon.log' })).toEqual({
      exitCode: 0,
      out: ['started with pid 7; log: /s/daemon.log'],
      err: [],
    });
  });

  it('ends 3 when one runs already', () => {
    expect(reportStart({ kind: 'already-running', pid: 7 })).toMatchObject({ exitCode: 3, out: [] });
  });

  it.for([
    [2, 2],
    [1, 1],
    [undefined, 1],
  ] as const)('turns the exit code %s of a daemon that failed into %s', ([exitCode, expected]) => {
    const failed = { kind: 'failed', reason: 'because', lastLines: ['last'] } as const;
    const report = reportStart(exitCode === undefined ? failed : { ...failed, exitCode });
    expect(report).toEqual({ exitCode: expected, out: [], err: ['not started: because', '  last'] });
  });
});

describe('reportStop', () => {
  it.for([
    [{ kind: 'stopped', pid: 7 }, 0],
    [{ kind: 'killed', pid: 7 }, 0],
    [{ kind: 'not-running' }, 3],
    [{ kind: 'failed', pid: 7, reason: 'EPERM' }, 1],
  ] as const)('ends %o with %i', ([result, exitCode]) => {
    expect(reportStop(result).exitCode).toBe(exitCode);
  });
});

describe('reportStatus', () => {
  it.for([
    ['shared', 'budget    of 3 daemons, shared through Redis'],
    ['own-share', 'budget    an equal share of 3 daemons'],
    ['connecting', 'budget    Redis was not asked yet'],
  ] as const)('shows how a budget is shared: %s', ([state, line]) => {
    const sharing = { state, members: 3 };
    const { out } = reportStatus({ running: true, pid: 7, uptimeS: 5, health: { ...status, sharing } });
    expect(out.at(-1)).toBe(line);
  });

  it('shows pid, uptime, version, sources, boxes and breaker', () => {
    expect(reportStatus({ running: true, pid: 7, uptimeS: 7_265, health: status })).toEqual({
      exitCode: 0,
      err: [],
      out: [
        'running   pid 7, up 2h 1m, version 1.2.3',
        'health    failing',
        '          failing: Mattermost does not answer - Check the server',
        'source    jsonl: attached, 2 runs seen',
        'boxes     1 active, 3 waiting',
        'posts     1 created, 2 edits, 4 retries, breaker open',
      ],
    });
  });

  it('names the source in use first, and says nothing of the state of another one', () => {
    const sources = [
      { name: 'jsonl', state: 'degraded', runsSeen: 0 },
      { name: 'gateway', state: 'attached', runsSeen: 1 },
    ];
    const choice = { source: 'gateway', why: 'a session database is newer' };
    const { out } = reportStatus({ running: true, pid: 7, uptimeS: 1, health: { ...status, sources, choice } });
    expect(out.filter((line) => line.startsWith('source'))).toEqual([
      'source    gateway: attached, 1 run seen',
      'source    jsonl: not in use',
    ]);
  });

  it.for([
    [0, '0s'],
    [59, '59s'],
    [61, '1m 1s'],
    [3_600, '1h 0m'],
    [90_061, '1d 1h'],
  ] as const)('shows %i seconds as %s', ([uptimeS, text]) => {
    const report = reportStatus({ running: true, pid: 7, uptimeS, problem: 'none' });
    expect(report.out[0]).toBe(`running   pid 7, up ${text}`);
  });

  it('lets nothing that a server said control the terminal or begin a line of its own', () => {
    const said = 'closed (\u001b[2J\u001b]0;title\u0007\nhealth ok\u009b)';
    const reasons = [{ level: 'failing', what: said, fix: said } as const];
    const sources = [{ name: 'jsonl', state: said, runsSeen: 0 }];
    const { out } = reportStatus({ running: true, pid: 7, uptimeS: 1, health: { ...status, reasons, sources } });
    const { err } = reportStart({ kind: 'not-ready', pid: 7, logFile: '/log', lastLines: [said] });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
    expect([...out, ...err].join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('says why the health is not known, and how to fix that', () => {
    const unknown = { running: true, pid: 7, uptimeS: 1, problem: 'no answer' } as const;
    expect(reportStatus(unknown).out[1]).toBe('health    unknown: no answer');
    expect(reportStatus({ ...unknown, fix: 'look' }).out[1]).toBe('health    unknown: no answer - look');
  });

  it('ends 3 when nothing runs', () => {
    expect(reportStatus({ running: false })).toEqual({ exitCode: 3, out: ['not running'], err: [] });
  });
});
