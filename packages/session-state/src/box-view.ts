import {
  type Box,
  type BoxEntry,
  type BoxState,
  type ChildLine,
  isOngoing,
  type Line,
  type ModelTrouble,
} from './box.ts';
import { type BoxRecord, countInBackground, isBusy, type Session } from './records.ts';
import type { Run } from './run.ts';
import type { ChildPlace } from './run-lines.ts';
import type { Store } from './store.ts';
import { TokenUsage } from './token-usage.ts';

/** What a box shows now, and what its keeper has to know about it. `settled`: nothing will change any more. */
export function viewBox(store: Store, record: BoxRecord, { settled }: { readonly settled: boolean }): BoxEntry {
  const roots = record.rootRuns;
  const session = store.session(record.rootKey);
  const asked = roots.findLast((run) => run.askedBy !== undefined || run.askedById !== undefined);
  const route = roots.find((run) => run.route !== undefined)?.route;
  return {
    boxId: record.boxId,
    sessionKey: record.rootKey,
    ...(session?.sessionId === undefined ? {} : { sessionId: session.sessionId }),
    worthPost: record.worthPost,
    ended: record.ended,
    settled,
    silent: roots.every((run) => run.silent),
    old: record.runs.every((run) => run.old),
    ...(route === undefined ? {} : { route }),
    ...(asked?.askedBy === undefined ? {} : { askedBy: asked.askedBy }),
    ...(asked?.askedById === undefined ? {} : { askedById: asked.askedById }),
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
    const isOpen = isOngoing(state);
    const reason = isOpen ? this.#lost() : state === 'timeout' ? undefined : last?.end?.reason;
    const answer = state === 'done' ? last?.endingText : undefined;
    const trouble = isOpen ? this.#trouble() : undefined;
    const plan = roots.findLast((run) => run.plan !== undefined)?.plan ?? [];
    const model = last?.modelCalls.model;
    const context = roots.findLast((run) => run.context !== undefined)?.context;
    const filesChanged = new Set(runs.flatMap((run) => [...run.filesChanged])).size;
    const inBackground = countInBackground(this.#record);
    return {
      boxId,
      title: session?.label ?? session?.agentId ?? rootKey,
      state,
      ...(reason === undefined ? {} : { reason }),
      startedAt,
      ...(isOpen || endedAt === undefined ? {} : { endedAt }),
      tokens: TokenUsage.total(runs.map((run) => run.usage)),
      ...this.#content(roots),
      ...(answer === undefined || answer === '' ? {} : { answer }),
      ...(plan.length === 0 ? {} : { plan }),
      ...(trouble === undefined ? {} : { trouble }),
      ...(model === undefined ? {} : { model }),
      ...(filesChanged === 0 ? {} : { filesChanged }),
      ...(inBackground === 0 ? {} : { inBackground }),
      ...(context === undefined ? {} : { context }),
      ...(session?.url === undefined ? {} : { url: session.url }),
    };
  }

  /** What keeps the model of a run from answering: of a root run first. */
  #trouble(): ModelTrouble | undefined {
    const { rootKey, runs } = this.#record;
    const open = runs.filter((run) => run.end === undefined && run.modelCalls.trouble !== undefined);
    return (open.find((run) => run.sessionKey === rootKey) ?? open[0])?.modelCalls.trouble;
  }

  /** Why a run that goes on cannot be seen. */
  #lost(): string | undefined {
    return this.#record.runs.find((run) => run.end === undefined && run.lost !== undefined)?.lost;
  }

  #state(last: Run | undefined): BoxState {
    if (!isBusy(this.#record)) return finalState(last);
    if (this.#record.timedOutAt !== undefined) return 'timeout';
    return this.#record.runs.some((run) => run.waitsForPerson) ? 'waiting' : 'active';
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
    const isOpen = state === 'starting' || isOngoing(state);
    const endedAt = isOpen ? undefined : last?.end?.endedAt;
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
    if (runs.some((run) => run.waitsForPerson)) return 'waiting';
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
