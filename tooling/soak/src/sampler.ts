import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type DaemonProcess, openFilesOf, type ProcessUsage, usageOf } from '@live-status/stage';

/** One look at a daemon. */
export interface Sample {
  /** ISO 8601. */
  readonly at: string;
  /** Since the start of the soak. */
  readonly minute: number;
  readonly rssMb: number;
  /** Live objects: the heap after the latest full garbage collection; null before the first. */
  readonly heapMb: number | null;
  readonly fullCollections: number;
  readonly externalMb: number;
  /** Files, sockets and pipes. */
  readonly openFiles: number;
  readonly threads: number;
  /** Timers that keep the event loop alive; others do not count. */
  readonly timers: number;
  /** All that keeps the event loop alive. */
  readonly resources: number;
  /** % of a core since the sample before. */
  readonly cpuPercent: number;
  /** Bytes of its state directory, the ledger for the most part. */
  readonly stateKb: number;
  /** Printed so far. */
  readonly logKb: number;
  /** From a call to the post that shows it, of those made and shown since the sample before while nothing was wrong. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly shown: number;
  readonly editsPerS: number;
  readonly boxesActive: number;
  readonly queue: number;
  /** Load average of a minute. */
  readonly load: number;
  /** Memory of the soak itself, with the simulators. */
  readonly ownRssMb: number;
  readonly isCalm: boolean;
}

/** What the sampler is told, beside what it finds out. */
export interface Counts {
  readonly shown: { readonly count: number; readonly p50: number; readonly p99: number };
  readonly edits: number;
  readonly logBytes: number;
  readonly isCalm: boolean;
}

interface Report {
  readonly heapMb: number | null;
  readonly fullCollections: number;
  readonly externalMb: number;
  readonly timers: number;
  readonly resources: number;
}

/** What is read of an answer of `/health`. */
interface Health {
  readonly boxes: { readonly active: number };
  readonly poster?: { readonly queue: number };
}

/** Looks at a daemon from outside, and asks `report-process.mjs` in it. */
export class Sampler {
  readonly #daemon: DaemonProcess;
  readonly #stateDir: string;
  readonly #startedAt = performance.now();
  #last: { readonly usage: ProcessUsage; readonly at: number; readonly edits: number } | undefined;

  constructor(daemon: DaemonProcess, stateDir: string) {
    this.#daemon = daemon;
    this.#stateDir = stateDir;
    daemon.reports.setEncoding('utf8');
  }

  async take({ shown, edits, logBytes, isCalm }: Counts): Promise<Sample> {
    const { pid } = this.#daemon;
    const at = performance.now();
    const usage = await usageOf(pid);
    const seconds = this.#last === undefined ? Number.NaN : (at - this.#last.at) / 1_000;
    const { boxes, poster } = await this.#health();
    const sample = {
      at: new Date().toISOString(),
      minute: round((at - this.#startedAt) / 60_000),
      rssMb: round(usage.rssMb),
      ...(await this.#report()),
      openFiles: await openFilesOf(pid),
      threads: usage.threads,
      cpuPercent: round(((usage.cpuSeconds - (this.#last?.usage.cpuSeconds ?? 0)) / seconds) * 100),
      stateKb: round((await sizeOf(this.#stateDir)) / 1024),
      logKb: round(logBytes / 1024),
      p50Ms: shown.count === 0 ? null : round(shown.p50),
      p99Ms: shown.count === 0 ? null : round(shown.p99),
      shown: shown.count,
      editsPerS: round((edits - (this.#last?.edits ?? 0)) / seconds),
      boxesActive: boxes.active,
      queue: poster?.queue ?? 0,
      load: round(loadavg()[0] ?? Number.NaN),
      ownRssMb: round(process.memoryUsage.rss() / 2 ** 20),
      isCalm,
    };
    this.#last = { usage, at, edits };
    return sample;
  }

  async #report(): Promise<Report> {
    const answer = once(this.#daemon.reports, 'data', { signal: AbortSignal.timeout(10_000) });
    this.#daemon.signal('SIGUSR2');
    const [text] = (await answer) as [string];
    const report = JSON.parse(text) as Report;
    const heapMb = report.heapMb === null ? null : round(report.heapMb);
    return { ...report, heapMb, externalMb: round(report.externalMb) };
  }

  async #health(): Promise<Health> {
    const response = await fetch(`${this.#daemon.healthUrl}/health`, { signal: AbortSignal.timeout(10_000) });
    return (await response.json()) as Health;
  }
}

async function sizeOf(dir: string): Promise<number> {
  const files = await readdir(dir);
  // A temporary file may be gone again.
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(dir, file)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
