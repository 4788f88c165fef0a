import { counted, printableLine } from '@live-status/basics';
import type { Instance } from '@live-status/instance-lock';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { DaemonHealth } from './health.ts';
import type { StartResult } from './start.ts';
import type { DaemonStatus } from './status.ts';
import type { StopResult } from './stop.ts';

/** The output and exit code of a command. */
export interface Report {
  readonly exitCode: ExitCode;
  /** Lines for standard output. */
  readonly out: readonly string[];
  /** Lines for standard error. */
  readonly err: readonly string[];
}

/** Describes a start. A daemon that runs but cannot post yet has started: it told why while it started. */
export function reportStart(result: StartResult): Report {
  switch (result.kind) {
    case 'started':
      return {
        exitCode: EXIT.done,
        out: [`started with pid ${result.pid}; log: ${result.logFile}`],
        err: [],
      };
    case 'already-running':
      return { exitCode: EXIT.running, out: [], err: [`already running with pid ${where(result)}`] };
    case 'not-ready':
      return {
        exitCode: EXIT.failed,
        out: [],
        err: [
          `started with pid ${result.pid}, but it does not follow sessions yet; it keeps trying; log: ${result.logFile}`,
          ...indented(result.lastLines),
        ],
      };
    case 'failed':
      return {
        exitCode: result.exitCode === EXIT.usage ? EXIT.usage : EXIT.failed,
        out: [],
        err: [`not started: ${result.reason}`, ...indented(result.lastLines)],
      };
  }
}

/** Describes a stop. */
export function reportStop(result: StopResult): Report {
  switch (result.kind) {
    case 'stopped':
      return { exitCode: EXIT.done, out: [`stopped pid ${result.pid}`], err: [] };
    case 'killed': {
      const what = `killed pid ${result.pid}, which did not stop in time; run "live-status-daemon finalize" to finish its open posts`;
      return { exitCode: EXIT.done, out: [], err: [what] };
    }
    case 'not-running':
      return { exitCode: EXIT.running, out: [], err: ['not running'] };
    case 'failed':
      return { exitCode: EXIT.failed, out: [], err: [`pid ${result.pid} was not stopped: ${result.reason}`] };
  }
}

/** Describes a status. */
export function reportStatus(status: DaemonStatus): Report {
  if (!status.running) return { exitCode: EXIT.running, out: ['not running'], err: [] };
  const { uptimeS, health, problem, fix } = status;
  const running = `running   pid ${where(status)}, up ${duration(uptimeS)}`;
  if (!health) {
    const unknown = `health    unknown: ${problem}${fixAfter(fix)}`;
    return { exitCode: EXIT.done, out: [running, unknown].map(printableLine), err: [] };
  }
  const { boxes, poster } = health;
  const out = [
    `${running}, version ${health.version}`,
    `health    ${health.status}`,
    ...reasonLines(health).map((line) => `          ${line}`),
    ...sourceLines(health),
    `boxes     ${boxes.active} active, ${boxes.waiting} waiting`,
    `posts     ${poster.creates} created, ${counted(poster.edits, 'edit')}, ${counted(poster.retries, 'retry', 'retries')}, breaker ${poster.breaker.state}`,
    ...budgetLines(health),
  ];
  // Reasons quote what Mattermost, a gateway or something between said.
  return { exitCode: EXIT.done, out: out.map(printableLine), err: [] };
}

function budgetLines({ sharing }: DaemonHealth): readonly string[] {
  if (sharing === undefined) return [];
  const { members, state } = sharing;
  const daemons = counted(members, 'daemon');
  if (state === 'shared') return [`budget    of ${daemons}, shared through Redis`];
  return [`budget    ${state === 'own-share' ? `an equal share of ${daemons}` : 'Redis was not asked yet'}`];
}

/** A pid, with its container or machine if that is not this one. */
function where({ pid, elsewhere }: Pick<Instance, 'pid' | 'elsewhere'>): string {
  return elsewhere === undefined ? String(pid) : `${pid} in another container or on another machine (${elsewhere})`;
}

/** The source in use first; the state of any other one is of no interest. */
function sourceLines({ sources, choice }: DaemonHealth): readonly string[] {
  const isInUse = ({ name }: DaemonHealth['sources'][number]): boolean =>
    choice === undefined || choice.source === name || sources.length === 1;
  const inUse = sources
    .filter(isInUse)
    .map(({ name, state, runsSeen }) => `${name}: ${state}, ${counted(runsSeen, 'run')} seen`);
  const others = sources.filter((source) => !isInUse(source)).map(({ name }) => `${name}: not in use`);
  return [...inUse, ...others].map((line) => `source    ${line}`);
}

function reasonLines({ reasons }: DaemonHealth): readonly string[] {
  return reasons.map(({ level, what, fix }) => `${level}: ${what}${fixAfter(fix)}`);
}

function fixAfter(fix: string | undefined): string {
  return fix === undefined ? '' : ` - ${fix}`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${printableLine(line)}`);
}

/** `3d 4h`, `2h 5m`, `4m 10s`, `9s`: the two largest units. */
function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  const shown = units.slice(first, first + 2).map(([name, size], index) => {
    const amount = Math.floor((index === 0 ? seconds : seconds % (units[first]?.[1] ?? 1)) / size);
    return `${amount}${name}`;
  });
  return first === -1 ? '0s' : shown.join(' ');
}
