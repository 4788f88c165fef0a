import type { GatewaySession, Tracker } from './sessions.ts';

/** Runs of children that are remembered. */
const REMEMBERED_RUNS = 512;
/** Runs that announce a child's end to its parent are named after it. */
const ANNOUNCE = /^announce:v\d+:(.+):([^:]+)$/;
/** Or, when it waited for several, after their runs (OpenClaw 2026.9.6: `announce:requester-settle:<agent>:<key>:<run>,<run>:yield-1`). */
const ANNOUNCE_OF_SEVERAL = /^announce:requester-settle:.+:((?!yield-)[^:]+)(?::yield-\d+)?$/;

/** Whether a run with this id announces the end of a child, or of several. */
export function announces(gatewayId: string): boolean {
  return ANNOUNCE.test(gatewayId) || ANNOUNCE_OF_SEVERAL.test(gatewayId);
}

/** A run of a child whose result is announced. `childKey` is absent where nothing says whose run it is. */
interface AnnouncedRun {
  readonly childKey?: string;
  readonly childRunId: string;
}

/** Which session a child's run belongs to: of those that were spawned, not only of those that were seen. */
export class ChildRuns {
  readonly #tracker: Tracker;
  /** Keys of children by the ids of their runs at the gateway. */
  readonly #childKeys = new Map<string, string>();

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** A child began to run under this id; its own events may never be seen. */
  note(childKey: unknown, childRunId: unknown): void {
    if (typeof childKey !== 'string' || typeof childRunId !== 'string') return;
    this.#childKeys.set(childRunId, childKey);
    const [oldest] = this.#childKeys.keys();
    if (this.#childKeys.size > REMEMBERED_RUNS && oldest !== undefined) this.#childKeys.delete(oldest);
  }

  /** Reports the announces that a run with this id brings to its session. False: it brings none. */
  announceBy(gatewayId: string, session: GatewaySession, at: number): boolean {
    const runs = this.#announcedBy(gatewayId);
    for (const { childKey, childRunId } of runs ?? []) session.announce({ childKey, childRunId, at });
    return runs !== undefined;
  }

  #announcedBy(gatewayId: string): AnnouncedRun[] | undefined {
    const [, childKey, childRunId] = ANNOUNCE.exec(gatewayId) ?? [];
    if (childKey !== undefined) return [{ childKey, childRunId: childRunId ?? '' }];
    const ids = ANNOUNCE_OF_SEVERAL.exec(gatewayId)?.[1]?.split(',');
    if (ids === undefined) return undefined;
    const runs = ids.map((id): AnnouncedRun => {
      const known = this.#childOf(id);
      return { childRunId: id, ...(known === undefined ? {} : { childKey: known }) };
    });
    // One that is not known settles what is pending first: that must not be what a known one settles.
    return runs.sort((a, b) => Number(a.childKey === undefined) - Number(b.childKey === undefined));
  }

  #childOf(childRunId: string): string | undefined {
    for (const run of this.#tracker.runs()) if (run.own.gatewayId === childRunId) return run.session.key;
    return this.#childKeys.get(childRunId);
  }
}
