import { findProcess, hasProc, type OperatingSystem, thisSystem } from '@live-status/instance-lock';

/** A process as a lock names it. */
export interface ProcessName {
  readonly pid: number;
  /** Clock ticks between boot and its start; absent where the system of its writer does not say, as macOS. */
  readonly startTime?: number;
  /** When it took the lock. */
  readonly createdAt?: string;
}

/**
 * What can be said of another process from here.
 * - `alive`: it is that process. - `dead`: it was, and has ended without being reaped.
 * - `hidden`: no process, or another one, has its pid here: it is dead, or lives in another pid namespace.
 * - `unknown`: some process has its pid; whether it is that one is not known.
 */
export type ProcessState = 'alive' | 'dead' | 'hidden' | 'unknown';

/** `ps` prints whole seconds, and OpenClaw's clock is this machine's. */
const START_SLACK_MS = 2000;

/**
 * Checks whether processes are there. A pid alone identifies nothing: it is reused, and each pid namespace counts from 1.
 * With its start time it does. Where there is no `/proc` (macOS), locks name no start time and there are no pid
 * namespaces: there a process that started after the lock was taken has only inherited the pid.
 */
export class ProcessProbe {
  readonly #system: OperatingSystem;
  readonly #canSignal: (pid: number) => boolean;
  /** Processes without a start time that were identified: running `ps` again every second would cost more than it says. */
  readonly #identified = new Set<string>();

  /** @param canSignal whether the pid exists, as far as signals show. Default: asks the system */
  constructor(system: OperatingSystem = thisSystem, canSignal: (pid: number) => boolean = canSignalPid) {
    this.#system = system;
    this.#canSignal = canSignal;
  }

  /** What can be said of a process now. */
  probe(name: ProcessName): ProcessState {
    const { pid, startTime } = name;
    if (!hasProc(this.#system)) return startTime === undefined ? this.#probeWithPs(name) : this.#exists(pid, 'unknown');
    const facts = findProcess(pid, this.#system);
    if (facts === undefined) return this.#exists(pid, 'unknown');
    if (startTime === undefined) return 'unknown';
    if (Number(facts.startTime) !== startTime) return 'hidden';
    return facts.ended ? 'dead' : 'alive';
  }

  #exists(pid: number, state: ProcessState): ProcessState {
    return this.#canSignal(pid) ? state : 'hidden';
  }

  #probeWithPs({ pid, createdAt = '' }: ProcessName): ProcessState {
    const name = `${pid} ${createdAt}`;
    if (!this.#canSignal(pid)) return 'hidden';
    if (this.#identified.has(name)) return 'alive';
    const facts = findProcess(pid, this.#system);
    if (facts?.ended) return 'dead';
    const takenAt = Date.parse(createdAt);
    if (facts?.startedAt !== undefined && facts.startedAt > takenAt + START_SLACK_MS) return 'hidden';
    this.#identified.add(name);
    return 'alive';
  }
}

/** A process that may not be signalled exists, too. */
function canSignalPid(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
