import type { LiveContent, Poster } from '@live-status/mm-poster';
import type { Clock } from '@live-status/resilience';
import { type Box, type BoxEntry, isOngoing, type Route } from '@live-status/session-state';
import type { Logger } from 'pino';
import type { DestinationRule } from './channel-rules.ts';
import type { Shown } from './content.ts';
import type { Destination } from './destination.ts';
import { mergeEarlierView } from './merge-earlier-view.ts';
import type { Notices } from './notices.ts';
import { type Adopted, endOfLost, leaving, type Remembered, remember } from './restart.ts';

/** What {@link PostedBoxes} need. */
export interface PostedBoxesOptions {
  readonly poster: Pick<Poster, 'show' | 'finish'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many posts are followed at the same time. */
  readonly maxActive: number;
  /** Where boxes with this route are shown; `undefined`: nowhere. */
  readonly destinationOf: (route: Route | undefined) => Destination | undefined;
  readonly contentOf: (box: Box, destination: Destination, shown: Shown) => LiveContent;
  /** Which rule is in effect for what is shown at a destination. */
  readonly ruleOf: (destination: Destination) => DestinationRule;
  readonly notices: Pick<Notices, 'update' | 'endLost' | 'closeLost'>;
  /** Boxes of the ledger. They stay as they are until `caughtUp`. */
  readonly adopted: ReadonlyMap<string, Adopted>;
  /** Creates no new posts, only finishes those of the ledger. Default: false. */
  readonly onlyAdopted?: boolean;
}

/** A box with a post (or one on its way). */
interface Posted {
  readonly destination: Destination;
  /** What was last shown. */
  remembered: Remembered;
  /** What the previous process showed; never show less. */
  readonly before?: Box;
  /**
   * The newest view, held back until everything that the previous process had read has been read again, and it is known
   * which rule is in effect.
   */
  held?: BoxEntry | 'none';
  /** No longer shown by the poster: its post was deleted, or may not be edited. */
  givenUp?: true;
}

/** How many boxes may wait for a free post. */
const MAX_CANDIDATES = 200;

/** Decides which boxes have a post, where it is, and what it shows. */
export class PostedBoxes {
  readonly #options: PostedBoxesOptions;
  readonly #posted = new Map<string, Posted>();
  /** Boxes that are worth a post and have none, oldest first. */
  readonly #candidates = new Map<string, BoxEntry>();
  #isCaughtUp = false;
  #left = false;

  constructor(options: PostedBoxesOptions) {
    this.#options = options;
    for (const [boxId, { destination, remembered }] of options.adopted) {
      this.#posted.set(boxId, { destination, remembered, before: remembered.snapshot, held: 'none' });
    }
  }

  /** Shows the newest view of a box, or considers it for a post. */
  update(entry: BoxEntry): void {
    const posted = this.#posted.get(entry.boxId);
    if (posted === undefined) {
      this.#consider(entry);
    } else if (posted.held !== undefined) {
      posted.held = entry;
    } else {
      const wasFollowed = isFollowed(posted);
      this.#show(entry, posted);
      if (wasFollowed && !isFollowed(posted)) this.#fillFreePosts();
    }
  }

  /** Everything that the previous process had read has been read again: boxes that did not turn up end as last shown. */
  caughtUp(): void {
    this.#isCaughtUp = true;
    this.#release();
  }

  /** Another rule may be in effect: what is shown follows it, and what was held back for it is shown. */
  rulesChanged(): void {
    if (!this.#isCaughtUp || this.#left) return;
    for (const [boxId, posted] of this.#posted) {
      if (posted.held === undefined && this.#isSettled(posted)) this.#send(boxId, posted, posted.remembered.snapshot);
    }
    this.#release();
  }

  #isSettled({ destination }: Posted): boolean {
    return this.#options.ruleOf(destination).isSettled;
  }

  #release(): void {
    for (const [boxId, posted] of this.#posted) {
      const { held } = posted;
      if (held === undefined || !this.#isSettled(posted)) continue;
      delete posted.held;
      if (held === 'none') this.#finishLost(boxId, posted);
      else this.#show(held, posted);
    }
    this.#options.notices.closeLost((boxId) => this.#posted.has(boxId));
    this.#fillFreePosts();
  }

  #finishLost(boxId: string, posted: Posted): void {
    const { destination, remembered } = posted;
    const box = endOfLost(remembered);
    if (remembered.silent !== true) this.#options.notices.endLost(box, destination);
    this.#finish(boxId, posted, box);
  }

  /** The poster no longer updates a box. The box stays here so that its work gets no second post. */
  giveUp(boxId: string): void {
    const posted = this.#posted.get(boxId);
    if (posted !== undefined) posted.givenUp = true;
    this.#fillFreePosts();
  }

  /** Says in every followed post that updates stopped, and creates no more posts. The ledger keeps what was shown before. */
  leave(): void {
    this.#left = true;
    const at = this.#options.clock.now();
    for (const [boxId, posted] of this.#posted) {
      if (!isFollowed(posted)) continue;
      this.#send(boxId, posted, leaving(posted.remembered.snapshot, at), { isLeft: true });
    }
  }

  /** `active`: followed; `waiting`: for a free post; `posted`: with a post that may still change. */
  counts(): { readonly active: number; readonly waiting: number; readonly posted: number } {
    return { active: this.#countActive(), waiting: this.#countWaiting(), posted: this.#posted.size };
  }

  #consider(entry: BoxEntry): void {
    if (!entry.worthPost || this.#options.onlyAdopted === true) return;
    this.#candidates.set(entry.boxId, entry);
    const [oldest] = this.#candidates.keys();
    if (this.#candidates.size > MAX_CANDIDATES && oldest !== undefined) this.#candidates.delete(oldest);
    // Nothing changed for the other candidates: each was tried when it came, and when a post became free.
    this.#tryPost(entry);
  }

  /** Tries every candidate, because a post may have become free. */
  #fillFreePosts(): void {
    for (const entry of this.#candidates.values()) this.#tryPost(entry);
  }

  #tryPost(entry: BoxEntry): void {
    if (this.#left) return;
    const destination = this.#options.destinationOf(entry.route);
    const found = destination && this.#options.ruleOf(destination);
    // Once its rule is known it is tried again, also when it ended meanwhile.
    if (found?.isSettled === false) return;
    if (found?.rule.show === 'off') this.#candidates.delete(entry.boxId);
    else if (destination !== undefined && (this.#hasFreePost() || isUrgent(entry.box))) this.#post(entry, destination);
    // A box that ended well while it waited needs no post any more.
    else if (!isOngoing(entry.box.state)) this.#candidates.delete(entry.boxId);
  }

  #post(entry: BoxEntry, destination: Destination): void {
    const posted: Posted = { destination, remembered: remember(entry, destination, this.#options.clock.now()) };
    this.#candidates.delete(entry.boxId);
    this.#posted.set(entry.boxId, posted);
    this.#options.log.info(
      { boxId: entry.boxId, sessionKey: entry.sessionKey, target: destination.target },
      'box posted',
    );
    this.#show(entry, posted);
  }

  #show(entry: BoxEntry, posted: Posted): void {
    if (!this.#isSettled(posted)) {
      posted.held = entry;
      return;
    }
    const { before, destination } = posted;
    const box = before === undefined ? entry.box : mergeEarlierView(before, entry.box);
    posted.remembered = remember({ ...entry, box }, destination, this.#options.clock.now());
    this.#send(entry.boxId, posted, box);
    // What ended while no process ran is news where a post said that it went on.
    const old = entry.old && before === undefined;
    this.#options.notices.update({ ...entry, box, old }, destination);
    if (entry.settled) this.#finish(entry.boxId, posted, box);
  }

  #send(boxId: string, { destination, remembered }: Posted, box: Box, { isLeft = false } = {}): void {
    const { contentOf, poster, ruleOf } = this.#options;
    const { rule } = ruleOf(destination);
    poster.show(boxId, destination.target, contentOf(box, destination, { rule, isLeft }), remembered);
  }

  #finish(boxId: string, { destination }: Posted, box: Box): void {
    const { contentOf, log, poster, ruleOf } = this.#options;
    const { rule } = ruleOf(destination);
    const content = contentOf(box, destination, { rule });
    this.#posted.delete(boxId);
    poster.finish(boxId, destination.target, content, { remove: rule.finished === 'delete' }).then(
      (result) => log.info({ boxId, state: box.state, ...result }, 'box finished'),
      (error: unknown) => log.error({ boxId, err: error }, 'could not finish a box'),
    );
  }

  #hasFreePost(): boolean {
    return this.#countActive() < this.#options.maxActive;
  }

  #countActive(): number {
    let count = 0;
    for (const posted of this.#posted.values()) if (isFollowed(posted)) count += 1;
    return count;
  }

  #countWaiting(): number {
    const { destinationOf } = this.#options;
    return [...this.#candidates.values()].filter(({ route }) => destinationOf(route) !== undefined).length;
  }
}

function isFollowed({ remembered, givenUp }: Posted): boolean {
  return isOngoing(remembered.snapshot.state) && givenUp !== true;
}

/** Gets a post beyond the limit: something failed, or the agent is waiting for a person. */
function isUrgent({ state }: Box): boolean {
  return state === 'error' || state === 'interrupted' || state === 'waiting';
}
