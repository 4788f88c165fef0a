import type { Box, BoxState, ChildLine, Line, TokenCount } from './box.ts';
import type { ResumePoint, Route } from './event.ts';
import { isRunning } from './lines.ts';
import { sumUsage } from './runs.ts';
import type { BoxRecord, ChildMark, LineRecord, Run, Session, SessionState } from './state.ts';
import { firstStart, isBusy } from './tree.ts';

/** Where records are looked up: a state, or a fold in progress. */
type Records = {
  readonly [K in 'sessions' | 'runs' | 'boxes']: Pick<SessionState[K], 'get'>;
};

/** A box and what its keeper has to know about it. */
export interface BoxEntry {
  readonly boxId: string;
  /** Key and id of its root session. */
  readonly sessionKey: string;
  readonly sessionId?: string;
  /** It deserves a post. Stays true once true. */
  readonly worthPost: boolean;
  /** Final: nothing will change any more, and the box has left the state. */
  readonly settled: boolean;
  /** All of it was over before start-up. */
  readonly old: boolean;
  /** Where its first run's answers go. */
  readonly route?: Route;
  /** Names under which its root runs may be met again after a restart. */
  readonly evidence: readonly string[];
  /** From where its sessions have to be read again after a restart, one entry a session. */
  readonly resumeFrom: readonly { readonly sessionKey: string; readonly from: ResumePoint }[];
  readonly box: Box;
}

/** Ids of all boxes in the state. */
export function boxIds(state: SessionState): string[] {
  return [...state.boxes.keys()];
}

/** What a box shows now; `undefined` when there is none of that id (any more). */
export function viewBox(state: Records, boxId: string): BoxEntry | undefined {
  const record = state.boxes.get(boxId);
  if (record === undefined) return undefined;
  const tree = new Tree(state, record);
  const roots = tree.runsOf(record.rootKey);
  const session = state.sessions.get(record.rootKey);
  const route = roots.find((run) => run.route !== undefined)?.route;
  return {
    boxId,
    sessionKey: record.rootKey,
    ...(session?.sessionId === undefined ? {} : { sessionId: session.sessionId }),
    worthPost: record.worthPost,
    settled: record.settled,
    old: tree.runs.every((run) => run.old),
    ...(route === undefined ? {} : { route }),
    evidence: roots.flatMap((run) => run.evidence),
    resumeFrom: tree.resumePoints(),
    box: tree.box(session, roots),
  };
}

/** A run that nobody waits for and that has nothing to say: no outcome of the work it joined. */
function isHousekeeping(run: Readonly<Run>): boolean {
  return run.silent && run.trigger === 'other';
}

/** The runs of one box, seen as a tree of sessions. */
class Tree {
  readonly runs: readonly Readonly<Run>[];
  readonly #state: Records;
  readonly #record: Readonly<BoxRecord>;
  /** Sessions whose place in the tree is taken. */
  readonly #placed: Set<string>;

  constructor(state: Records, record: Readonly<BoxRecord>) {
    this.#state = state;
    this.#record = record;
    this.#placed = new Set([record.rootKey]);
    this.runs = record.runIds.flatMap((runId) => state.runs.get(runId) ?? []);
  }

  runsOf(sessionKey: string): readonly Readonly<Run>[] {
    return this.runs.filter((run) => run.sessionKey === sessionKey);
  }

  resumePoints(): { sessionKey: string; from: ResumePoint }[] {
    const points = new Map<string, { sessionKey: string; from: ResumePoint }>();
    for (const { sessionKey, resumeFrom: from } of this.runs) {
      if (from !== undefined && !points.has(sessionKey)) points.set(sessionKey, { sessionKey, from });
    }
    return [...points.values()];
  }

  box(session: Readonly<Session> | undefined, roots: readonly Readonly<Run>[]): Box {
    const record = this.#record;
    const last = roots.findLast((run) => !isHousekeeping(run)) ?? roots.at(-1);
    const state = this.#boxState(last);
    const ended = this.runs.map((run) => run.ended?.endedAt ?? 0);
    const endedAt = state === 'timeout' ? record.timedOutAt : Math.max(...ended);
    const reason = state === 'active' ? this.#lost() : state === 'timeout' ? undefined : last?.ended?.reason;
    const answer = state === 'done' ? last?.endingText : undefined;
    return {
      boxId: record.boxId,
      title: session?.label ?? session?.agentId ?? record.rootKey,
      state,
      ...(reason === undefined ? {} : { reason }),
      startedAt: firstStart(this.runs),
      ...(state === 'active' || endedAt === undefined ? {} : { endedAt }),
      tokens: this.#tokens(),
      ...this.#content(roots),
      ...(answer === undefined || answer === '' ? {} : { answer }),
    };
  }

  /** Why a run that goes on cannot be seen. */
  #lost(): string | undefined {
    return this.runs.find((run) => run.ended === undefined && run.lost !== undefined)?.lost;
  }

  #boxState(last: Readonly<Run> | undefined): BoxState {
    if (isBusy(this.#record, this.runs)) {
      return this.#record.timedOutAt === undefined ? 'active' : 'timeout';
    }
    const outcome = last?.ended?.outcome ?? 'interrupted';
    return outcome === 'waiting' ? 'done' : outcome;
  }

  #content(runs: readonly Readonly<Run>[]): Pick<Box, 'lines' | 'earlierLines' | 'thinking'> {
    const open = runs.find((run) => run.ended === undefined);
    return {
      earlierLines: runs.reduce((sum, run) => sum + run.earlierLines, 0),
      lines: runs.flatMap((run) => run.lines.flatMap((line) => this.#line(line))),
      thinking: open !== undefined && open.ending === undefined && !runs.some((run) => run.lines.some(isRunning)),
    };
  }

  #line(line: LineRecord): Line[] {
    return line.kind === 'child' ? this.#child(line) : [shownLine(line)];
  }

  /** A child is shown once, where it is named first: transcripts may claim it twice, or each other. */
  #child(mark: ChildMark): ChildLine[] {
    if (this.#placed.has(mark.childKey)) return [];
    this.#placed.add(mark.childKey);
    const runs = this.runsOf(mark.childKey);
    const state = this.#childState(mark.childKey, runs);
    const last = runs.at(-1);
    const endedAt = state === 'active' || state === 'starting' ? undefined : last?.ended?.endedAt;
    const child: ChildLine = {
      kind: 'child',
      id: mark.id,
      label: this.#state.sessions.get(mark.childKey)?.label ?? mark.label ?? 'sub-agent',
      state,
      ...(last?.ended?.reason === undefined ? {} : { reason: last.ended.reason }),
      startedAt: runs[0]?.startedAt ?? mark.startedAt,
      ...(endedAt === undefined ? {} : { endedAt }),
      ...this.#content(runs),
    };
    return [child];
  }

  #childState(childKey: string, runs: readonly Readonly<Run>[]): ChildLine['state'] {
    const last = runs.at(-1);
    const debts = this.#record.debts;
    if (last === undefined) {
      const debt = debts.find((known) => known.childKey === childKey);
      if (debt?.settled === false) return 'starting';
      const owner = this.runsOf(debt?.ownerKey ?? '').at(-1);
      return owner?.ended?.outcome === 'aborted' ? 'aborted' : 'interrupted';
    }
    if (runs.some((run) => run.ended === undefined)) return 'active';
    if (debts.some((debt) => debt.ownerKey === childKey && !debt.settled)) return 'active';
    const outcome = last.ended?.outcome ?? 'interrupted';
    return outcome === 'waiting' ? 'done' : outcome;
  }

  #tokens(): TokenCount {
    const { input, output, cacheRead, cacheWrite, costUsd } = sumUsage(this.runs.flatMap((run) => run.usage));
    return { input, output, cacheRead, cacheWrite, ...(costUsd > 0 ? { costUsd } : {}) };
  }
}

/** Records of lines are never changed in place: what one looks like is made once, however often its box is looked at. */
const shownLines = new WeakMap<LineRecord, Line>();

function shownLine(record: Exclude<LineRecord, ChildMark>): Line {
  const known = shownLines.get(record);
  if (known !== undefined) return known;
  const { entryId: _, ...line } = record;
  shownLines.set(record, line);
  return line;
}
