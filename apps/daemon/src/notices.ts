import type { EffectiveRule } from '@live-status/channel-rules';
import { type LiveContent, type Poster, textContent } from '@live-status/mm-poster';
import { type Box, type BoxEntry, callsIn, type ToolLine } from '@live-status/session-state';
import { type NoticeOptions, type PostWords, renderApprovalNotice, renderEndNotice } from '@live-status/status-render';
import type { Logger } from 'pino';
import type { Destination } from './destination.ts';
import { isToolLine } from './kept-box.ts';

/** What {@link Notices} need. */
export interface NoticesOptions {
  readonly poster: Pick<Poster, 'show' | 'finish'>;
  readonly log: Logger;
  /** When people are notified of what is shown at a destination, and how much may be said. */
  readonly ruleOf: (destination: Destination) => Pick<EffectiveRule, 'show' | 'notify' | 'arguments'>;
  readonly words: PostWords;
  /** Name of the bot that takes answers in conversations of an account; `undefined` while it is not known. */
  readonly botName: (account: string | undefined) => string | undefined;
  /**
   * User name of a person, as an account sees it; `undefined` if it is not known in time. Never rejects. Default: never
   * known.
   */
  readonly userName?: (account: string | undefined, userId: string) => Promise<string | undefined>;
  /** Notices that the previous process left open, of the ledger. Default: none. */
  readonly adopted?: ReadonlyMap<string, AdoptedNotice>;
}

/** What the ledger keeps of an open notice. */
export type OpenNotice = ApprovalNotice | EndNotice;

interface ApprovalNotice {
  readonly kind: 'approval-notice';
  /** The box whose call waits. */
  readonly forBox: string;
  readonly show: Destination['show'];
  readonly workKind?: string;
  /** The call as it waited. */
  readonly line: ToolLine;
  readonly askedBy?: string;
}

interface EndNotice {
  readonly kind: 'end-notice';
  /** The box that ended, and may still change. */
  readonly forBox: string;
  readonly show: Destination['show'];
  readonly workKind?: string;
  readonly text: string;
}

/** A notice with the place it was posted to. */
export interface AdoptedNotice {
  readonly destination: Destination;
  readonly notice: OpenNotice;
  /** The previous process ended before it knew of its post. */
  readonly isUnposted?: boolean;
}

/** What a ledger entry says of an open notice; `undefined` for anything else. */
export function readOpenNotice(data: unknown): OpenNotice | undefined {
  const notice = (data ?? {}) as Partial<ApprovalNotice> | Partial<EndNotice>;
  if (typeof notice.forBox !== 'string' || typeof notice.show !== 'string') return undefined;
  const isWhole =
    (notice.kind === 'approval-notice' && isToolLine(notice.line) && notice.line.approval !== undefined) ||
    (notice.kind === 'end-notice' && typeof notice.text === 'string');
  return isWhole ? (notice as OpenNotice) : undefined;
}

/**
 * Short replies that notify people: a status post is silent, and so are its edits. A call that waits for approval gets
 * one, which says in the end how it was decided; work that belongs to no conversation gets one when it ended, if wanted.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #open = new Map<string, AdoptedNotice>();
  /** Those of them that are posted once it is known whom they mention: edits notify nobody. */
  readonly #unposted = new Set<string>();
  /** Those of the previous process that may not have been posted. */
  readonly #unfinished = new Set<string>();

  constructor(options: NoticesOptions) {
    this.#options = options;
    for (const [id, adopted] of options.adopted ?? []) {
      this.#open.set(id, adopted);
      if (adopted.isUnposted) this.#unfinished.add(id);
    }
  }

  /** Takes in the newest view of a box that has a post. */
  update(entry: BoxEntry, destination: Destination): void {
    const calls = callsIn(entry.box.lines);
    this.#closeDecided(entry, calls);
    if (this.#wants('waiting', destination) && !entry.settled && !entry.silent) {
      for (const line of calls) this.#ask(entry, line, destination);
    }
    if (entry.ended && !entry.old && !entry.silent) this.#reportEnd(entry.box, destination, entry.settled);
  }

  /** A box of the previous process ends as it was last shown, because its run was not found again. */
  endLost(box: Box, destination: Destination): void {
    this.#reportEnd(box, destination, true);
  }

  #wants(kind: EffectiveRule['notify'][number], destination: Destination): boolean {
    const { notify, show } = this.#options.ruleOf(destination);
    return show !== 'off' && notify.includes(kind);
  }

  #ask({ askedBy, askedById, boxId }: BoxEntry, line: ToolLine, destination: Destination): void {
    if (line.approval === undefined || line.approval.quiet === true) return;
    const id = `${boxId}/${line.approval.approvalId}`;
    const open = this.#open.get(id);
    if (open?.notice.kind === 'approval-notice' && this.#unfinished.delete(id)) {
      this.#show(id, open.notice, { line, destination });
    }
    if (open !== undefined) return;
    const notice: ApprovalNotice = {
      kind: 'approval-notice',
      forBox: boxId,
      ...kindOf(destination),
      line,
      ...(askedBy === undefined ? {} : { askedBy }),
    };
    this.#open.set(id, { destination, notice });
    const { userName } = this.#options;
    if (askedById === undefined || userName === undefined) {
      this.#show(id, notice, { line, destination });
      return;
    }
    // What OpenClaw calls a person need not be the user name: a webhook chooses its own.
    this.#unposted.add(id);
    void userName(destination.target.account, askedById).then((name) => {
      if (!this.#unposted.delete(id)) return;
      // A name that could not be confirmed may be that of somebody else: nobody is mentioned then.
      const { askedBy: _, ...unnamed } = notice;
      const named = name === undefined ? unnamed : { ...unnamed, askedBy: name };
      this.#open.set(id, { destination, notice: named });
      this.#show(id, named, { line, destination });
    });
  }

  #show(
    id: string,
    notice: ApprovalNotice,
    { line, destination }: { readonly line: ToolLine; readonly destination: Destination },
  ): void {
    this.#options.poster.show(id, destination.target, this.#content(notice, line, destination), notice);
  }

  /** A call that no longer waits, and one that is gone or whose box is final, decide their notices. */
  #closeDecided({ boxId, settled }: BoxEntry, calls: readonly ToolLine[]): void {
    for (const [id, { destination, notice }] of this.#open) {
      if (notice.kind !== 'approval-notice' || notice.forBox !== boxId) continue;
      const call = findAgain(notice.line, calls);
      const isCut = call === undefined || (settled && call.state === 'running');
      const line = isCut ? { ...notice.line, state: 'aborted' as const } : call;
      if (line.state !== 'running') this.#finish(id, destination, this.#content(notice, line, destination));
      // How it was decided is known when the call ends.
      else if (line.approval?.approvalId !== notice.line.approval?.approvalId) {
        if (this.#unposted.delete(id)) this.#open.delete(id);
        else this.#show(id, notice, { line, destination });
      }
    }
  }

  /** Boxes of the previous process that were not found again decide nothing any more. */
  closeLost(isKnown: (boxId: string) => boolean): void {
    for (const [id, { destination, notice }] of this.#open) {
      if (isKnown(notice.forBox)) continue;
      const content =
        notice.kind === 'end-notice'
          ? loud(notice.text)
          : this.#content(notice, { ...notice.line, state: 'aborted' }, destination);
      this.#finish(id, destination, content);
    }
  }

  /** Work that belongs to no conversation ended. What was said of its end before is corrected, whatever it is now. */
  #reportEnd(box: Box, destination: Destination, isFinal: boolean): void {
    const id = `${box.boxId}/end`;
    const hasFailed = box.state === 'error' || box.state === 'interrupted';
    const isWanted = this.#wants('all', destination) || (this.#wants('errors', destination) && hasFailed);
    const before = this.#open.get(id)?.notice;
    if (destination.show !== 'background' || !(isWanted || before !== undefined)) return;
    const text = renderEndNotice(box, this.#optionsFor(destination));
    if (isFinal) {
      this.#finish(id, destination, loud(text));
      return;
    }
    if (before?.kind === 'end-notice' && before.text === text) return;
    const notice: EndNotice = { kind: 'end-notice', forBox: box.boxId, ...kindOf(destination), text };
    this.#open.set(id, { destination, notice });
    this.#options.poster.show(id, destination.target, loud(text), notice);
  }

  #content(notice: ApprovalNotice, line: ToolLine, destination: Destination): LiveContent {
    const { askedBy } = notice;
    const options = { ...this.#optionsFor(destination), ...(askedBy === undefined ? {} : { askedBy }) };
    return loud(renderApprovalNotice(line, options));
  }

  #optionsFor(destination: Destination): NoticeOptions {
    const { show, target } = destination;
    const botName = this.#options.botName(target.account);
    return {
      ...this.#options.words,
      showText: show !== 'labels',
      showArguments: this.#options.ruleOf(destination).arguments,
      canAnswerHere: show === 'conversation',
      ...(botName === undefined ? {} : { botName }),
    };
  }

  #finish(id: string, { target }: Destination, content: LiveContent): void {
    const { log, poster } = this.#options;
    this.#open.delete(id);
    // It was over before anybody was notified.
    if (this.#unposted.delete(id)) return;
    poster.finish(id, target, content).then(
      (result) => log.info({ noticeId: id, ...result }, 'notice finished'),
      (error: unknown) => log.error({ noticeId: id, err: error }, 'could not finish a notice'),
    );
  }
}

function kindOf({ show, workKind }: Destination): Pick<Destination, 'show' | 'workKind'> {
  return { show, ...(workKind !== undefined && { workKind }) };
}

function loud(text: string): LiveContent {
  return { ...textContent(text), notify: true };
}

/** A call as it is now. Models may give several calls one id; calls that were merged have the time of the first. */
function findAgain({ id, startedAt }: ToolLine, calls: readonly ToolLine[]): ToolLine | undefined {
  const sameId = calls.filter((call) => call.id === id);
  return sameId.find((call) => call.startedAt === startedAt) ?? sameId.at(-1);
}
