import type { CatalogEntry, Delivery } from '@live-status/transcript-parser';

/** People of a session of whom it is remembered whether they own the agent. */
const REMEMBERED_OWNERS = 256;

/** A direct message that began a run. Times are as recorded by OpenClaw, milliseconds since the epoch. */
export interface DirectMessage {
  readonly runId: string;
  /** Whether its sender owns the agent. */
  readonly isOwner: boolean;
  readonly recordedAt: number;
  /** When the last message or answer before it was recorded; `undefined`: none was read. */
  readonly previousAt: number | undefined;
}

/** The turn of a message, as the catalog showed it first. */
interface Turn {
  /** `lastInteractionAt`: names it. */
  readonly at: number;
  readonly target: string;
  readonly delivery: Delivery;
  readonly isDirect: boolean;
  /** Another message may have arrived before the catalog was read, and written its own target. */
  isUnclear: boolean;
}

/**
 * Whose the direct messages of a session are that several people share. OpenClaw 2026.7.1 does not write that into the
 * transcript. A message writes its conversation into the catalog twice: when it arrives, and when its turn begins, which
 * is dated (`lastInteractionAt`). The second is the run's own, unless another message may have arrived in between: whoever
 * wrote that must not see this work, so when in doubt nobody is named.
 */
export class DirectTurns {
  #entry: CatalogEntry | undefined;
  #turn: Turn | undefined;
  /** Targets of messages that arrived since the last turn began. */
  readonly #arrived = new Set<string>();
  /** All targets; more than one only as long as that matters. */
  readonly #targets = new Set<string>();
  /** Whether the person behind a target owns the agent. Bounded. */
  readonly #owners = new Map<string, boolean>();
  /** Run during which a message arrived from elsewhere: it waits, or has joined. */
  #movedDuring: string | undefined;
  /** That run's successor, whose message may be any that waited. */
  #afterQueue: string | undefined;

  /** The catalog was read while this run, if any, was going on. `isLive`: as it changed, not at start-up. */
  observe(
    entry: CatalogEntry,
    { isLive, openRunId }: { readonly isLive: boolean; readonly openRunId: string | undefined },
  ): void {
    const { lastInteractionAt, status } = entry;
    const target = targetOf(entry);
    const previous = this.#entry === undefined ? undefined : targetOf(this.#entry);
    this.#entry = entry;
    if (this.#targets.size < 2) this.#targets.add(target);
    const isMoved = previous !== undefined && previous !== target;
    if (isMoved && openRunId !== undefined) this.#movedDuring = openRunId;
    if (lastInteractionAt !== undefined && lastInteractionAt !== this.#turn?.at) {
      const isReadLate = status === 'running' || openRunId !== undefined;
      const isAlone = previous !== undefined && this.#targets.size === 1;
      const isOther = [...this.#arrived].some((arrived) => arrived !== target);
      this.#turn = {
        at: lastInteractionAt,
        target,
        delivery: entry.delivery,
        isDirect: isDirect(entry),
        isUnclear: isOther || !isLive || (isReadLate && !isAlone),
      };
      this.#arrived.clear();
    } else if (isMoved) {
      if (this.#turn !== undefined) this.#turn.isUnclear = true;
      this.#arrived.add(target);
    }
  }

  /** A direct message begins a run. */
  begin({ runId }: Pick<DirectMessage, 'runId'>): void {
    this.#afterQueue = this.#movedDuring === undefined || this.#movedDuring === runId ? undefined : runId;
    this.#movedDuring = undefined;
  }

  /** Where the message came from, once the catalog was read after its line; `undefined`: that is not certain. */
  deliveryOf({ isOwner, previousAt, recordedAt, runId }: DirectMessage): Delivery | undefined {
    const turn = this.#turn;
    if (turn === undefined || turn.isUnclear || !turn.isDirect || this.#afterQueue === runId) return undefined;
    const isOwn = turn.at <= recordedAt && turn.at > (previousAt ?? Number.NEGATIVE_INFINITY);
    if (!isOwn || (this.#owners.get(turn.target) ?? isOwner) !== isOwner) return undefined;
    this.#rememberOwner(turn.target, isOwner);
    return turn.delivery;
  }

  /** Whether the last message that is known came from this conversation. */
  isStill(delivery: Delivery): boolean {
    return this.#entry !== undefined && targetOf(this.#entry) === nameOf(delivery);
  }

  #rememberOwner(target: string, isOwner: boolean): void {
    this.#owners.set(target, isOwner);
    const [oldest] = this.#owners.keys();
    if (this.#owners.size > REMEMBERED_OWNERS && oldest !== undefined) this.#owners.delete(oldest);
  }
}

function targetOf({ delivery }: CatalogEntry): string {
  return nameOf(delivery);
}

function nameOf({ accountId = '', channel = '', to = '' }: Delivery): string {
  return JSON.stringify([channel, to, accountId]);
}

/** Whether the catalog was last written for a direct conversation, by the channel to which answers go. */
function isDirect({ chatType, delivery, origin }: CatalogEntry): boolean {
  const isPerson = delivery.channel !== 'mattermost' || delivery.to?.startsWith('user:') === true;
  const types = [chatType, origin.chatType].filter((type) => type !== undefined);
  const isChat = types.length > 0 && types.every((type) => type === 'direct');
  return isPerson && isChat && origin.provider === delivery.channel;
}
