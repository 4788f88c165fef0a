import { createHash } from 'node:crypto';
import { isObject } from '@live-status/basics';
import type { LedgerEntry } from './ledger.ts';
import type { Post } from './post-api.ts';

/** The poster's own key in the props of its posts. */
export const MARKER_PROP = 'live_status';

interface Marker {
  /** Of one post. */
  readonly post: string;
  /** Of one box, which may have several posts one after the other. */
  readonly box: string;
  readonly instance: string;
}

/** Which post is searched. */
export interface PostSearch {
  /** The account that made it. */
  readonly userId: string;
  readonly marker: Marker;
  /** Take any post of the same box, because its own marker may be lost. */
  readonly byBox: boolean;
  /** Ids of posts of the same box that the searched one continues: none of them is found. */
  readonly earlierPostIds?: readonly string[] | undefined;
}

/** Box ids may name sessions and people, and everybody in a channel can read props: only a digest goes there. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);

/** What is put in the props of the entry's post. */
export function markerOf(entry: LedgerEntry, instanceId: string): Marker {
  return { post: entry.marker, box: digest(entry.boxId), instance: instanceId };
}

/**
 * Finds the post of an entry among a channel's posts: by its own marker, or (when the ledger was lost, and with it
 * that marker) the newest one of the same box. Everybody in the channel can read a marker and put a copy into a post of
 * their own, so only posts of the account count. Rows of the edit history carry the same props and are skipped.
 */
export function findPost(
  posts: readonly Post[],
  { userId, marker, byBox, earlierPostIds = [] }: PostSearch,
): Post | undefined {
  const isOurs = (post: Post): boolean => {
    const found = markerIn(post);
    if (post.userId !== userId || post.originalId !== '' || found === undefined) return false;
    if (earlierPostIds.includes(post.id)) return false;
    return found.post === marker.post || (byBox && isOfBox(found, marker));
  };
  return posts.filter(isOurs).sort((a, b) => b.createAt - a.createAt)[0];
}

/** Whether a post has the marker of this post or of another one of its box; undefined for one without any marker. */
export function isMarkedAs(post: Post, marker: Marker): boolean | undefined {
  const found = markerIn(post);
  return found === undefined ? undefined : found.post === marker.post || isOfBox(found, marker);
}

function markerIn({ props }: Post): Partial<Marker> | undefined {
  const found = props[MARKER_PROP];
  return isObject(found) ? found : undefined;
}

function isOfBox(found: Partial<Marker>, { box, instance }: Marker): boolean {
  return found.box === box && found.instance === instance;
}
