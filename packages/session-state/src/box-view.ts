import type { Box, BoxEntry, BoxState, ChildLine, Line } from './box.ts';
import { type BoxRecord, isBusy, type Session } from './records.ts';
import type { Run } from './run.ts';
import type { ChildPlace } from './run-lines.ts';
import type { Store } from './store.ts';
import { TokenUsage } from './token-usage.ts';

/** What a box shows now, and what its keeper has to know about it. `settled`: nothing will change any more. */
export function viewBox(store: Store, record: BoxRecord, { settled }: { readonly settled: boolean }): BoxEntry {
  const roots = record.rootRuns;
  const session = store.session(record.rootKey);
  const route = roots.find((run) => run.route !== undefined)?.route;
  return {
    boxId: record.boxId,
    sessionKey: record.rootKey,
    ...(session?.sessionId === undefined ? {} : { sessionId: session.sessionId }),
    worthPost: record.worthPost,
    settled,
    old: record.runs.every((run) => run.old),
    ...(route === undefined ? {} : { route }),
    evidence: roots.flatMap((run) => run.evidence),
    resumeTokens: record.runs.flatMap(({ resumeToken }) => resumeToken ?? []),
    box: new BoxView(store, record).render(session, roots),
  };
}

/** One look at a box: its runs as a tree of sessions. */
class BoxView {
  readonly #store: Store;
  readonly #record: BoxRecord;
  /** Sessions that have their place in the tree: transcripts may name a child twice, or each other. */
  readonly #placed: Set<string>;

  constructor(store: Store, record: BoxRecord) {
    this.#store = store;
    this.#record = record;
    this.#placed = new Set([record.rootKey]);
  }

  render(session: Session | undefined, roots: readonly Run[]): Box {
    const { boxId, rootKey, runs, startedAt, timedOutAt } = this.#record;
    const last = roots.findLast((run) => !run.housekeeping) ?? roots.at(-1);
    const state = this.#state(last);
    const endedAt = state === 'timeout' ? timedOutAt : Math.max(...runs.map((run) => run.end?.endedAt ?? 0));
    const reason = state === 'active' ? this.#lost() : state === 'timeout' ? undefined : last?.end?.reason;
    const answer = state === 'done' ? last?.endingText : undefined;
    return {
      boxId,
      title: session?.label ?? session?.agentId ?? rootKey,
      state,
      ...(reason === undefined ? {} : { reason }),
      startedAt,
      ...(state === 'active' || endedAt === undefined ? {} : { endedAt }),
      tokens: TokenUsage.total(runs.map((run) => run.usage)),
      ...this.#content(roots),
      ...(answer === undefined || answer === '' ? {} : { answer }),
    };
  }

  /** Why a run that goes on cannot be seen. */
  #lost(): string | undefined {
    return this.#record.runs.find((run) => run.end === undefined && run.lost !== undefined)?.lost;
  }

  #state(last: Run | undefined): BoxState {
    if (isBusy(this.#record)) return this.#record.timedOutAt === undefined ? 'active' : 'timeout';
    return finalState(last);
  }

  #content(runs: readonly Run[]): Pick<Box, 'lines' | 'earlierLines' | 'thinking'> {
    const open = runs.find((run) => run.end === undefined);
    const lines: Line[] = [];
    let earlierLines = 0;
    for (const run of runs) {
      earlierLines += run.lines.earlier;
      for (const { line } of run.lines.records) {
        if (line.kind !== 'child') lines.push(line);
        else if (!this.#placed.has(line.childKey)) lines.push(this.#child(line));
      }
    }
    const isThinking = open !== undefined && open.ending === undefined;
    return { earlierLines, lines, thinking: isThinking && !runs.some((run) => run.lines.hasRunningTool) };
  }

  #child(place: ChildPlace): ChildLine {
    const { childKey } = place;
    this.#placed.add(childKey);
    const runs = this.#record.runs.filter((run) => run.sessionKey === childKey);
    const state = this.#childState(childKey, runs);
    const last = runs.at(-1);
    const endedAt = state === 'active' || state === 'starting' ? undefined : last?.end?.endedAt;
    return {
      kind: 'child',
      id: place.id,
      label: this.#store.session(childKey)?.label ?? place.label ?? 'sub-agent',
      state,
      ...(last?.end?.reason === undefined ? {} : { reason: last.end.reason }),
      startedAt: runs[0]?.startedAt ?? place.startedAt,
      ...(endedAt === undefined ? {} : { endedAt }),
      ...this.#content(runs),
    };
  }

  #childState(childKey: string, runs: readonly Run[]): ChildLine['state'] {
    const last = runs.at(-1);
    if (last === undefined) return this.#stateBeforeRun(childKey);
    if (runs.some((run) => run.end === undefined)) return 'active';
    for (const { box } of this.#store.announces.pendingFor(childKey)) if (box === this.#record) return 'active';
    return finalState(last);
  }

  /** The state of a child of which no run was seen. */
  #stateBeforeRun(childKey: string): ChildLine['state'] {
    const announce = this.#store.announces.of(childKey);
    if (announce?.box !== this.#record) return 'interrupted';
    if (announce.pending) return 'starting';
    const owner = this.#record.runs.findLast((run) => run.sessionKey === announce.ownerKey);
    return owner?.end?.outcome === 'aborted' ? 'aborted' : 'interrupted';
  }
}

function finalState(last: Run | undefined): BoxState {
  const outcome = last?.end?.outcome ?? 'interrupted';
  return outcome === 'waiting' ? 'done' : outcome;
}
