import { type AttemptOptions, type DeliveryContext, passFor, refusalIn } from './context.ts';
import type { LedgerEntry } from './ledger.ts';
import { findPost, markerOf } from './marker.ts';
import type { Post } from './post-api.ts';
import type { StopReason } from './stop-reason.ts';

/** How far before the given time is searched as well: clocks differ by more than the answer's `Date` can tell. */
const MARGIN_MS = 60_000;

/** What a search is for. */
export interface SearchRequest {
  readonly entry: LedgerEntry;
  readonly channelId: string;
  /** The post is not older than this, milliseconds since the epoch on this machine's clock. */
  readonly since: number;
}

/** Looks in a channel for the post of an entry whose create has, or may have, been done. */
export async function searchPost(
  { api, gate, ledger, locator, limits }: DeliveryContext,
  { entry, channelId, since }: SearchRequest,
  options: AttemptOptions,
): Promise<Post | undefined> {
  const pass = passFor(entry, options);
  const userId = await locator.ownUserId(pass);
  const sinceMs = since + limits.serverAheadMs - MARGIN_MS;
  const posts = await gate.pass(() => api.getPostsSince(channelId, sinceMs, options), pass);
  return findPost(posts, userId, markerOf(entry, ledger.instanceId), ledger.lost);
}

/** Why an edit was forbidden: the server answers 403 both when the post is gone and when the permission is. */
export async function lookAfter(
  { api, gate }: DeliveryContext,
  entry: LedgerEntry,
  options: AttemptOptions,
): Promise<StopReason> {
  try {
    const post = await gate.pass(() => api.getPost(entry.postId ?? '', options), passFor(entry, options));
    return post.deleteAt > 0 ? 'deleted' : 'forbidden';
  } catch (error) {
    return refusalIn(error).kind === 'gone' ? 'deleted' : 'forbidden';
  }
}
