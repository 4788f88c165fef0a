import { createHash } from 'node:crypto';
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
}

/** Box ids may name sessions and people, and everybody in a channel can read props: only a digest goes there. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);

/** What is put in the props of the entry's post. */
export function markerOf(entry: LedgerEntry, instanceId: string): Marker {
  return { post: entry.marker, box: digest(entry.boxId), instance: instanceId };
}

/**
 * Finds the post of an entry among a channel's posts: by its own marker, or (when the ledger was lost, and with it
 * that marker) the newest one of the same box. Rows of the edit history carry the same props and are skipped.
 */
export function findPost(posts: readonly Post[], { userId, marker, byBox }: PostSearch): Post | undefined {
  const isOurs = (post: Post): boolean => {
    const found = post.props[MARKER_PROP] as Partial<Marker> | null | undefined;
    if (post.userId !== userId || post.originalId !== '' || typeof found !== 'object' || found === null) return false;
    return found.post === marker.post || (byBox && found.box === marker.box && found.instance === marker.instance);
  };
  return posts.filter(isOurs).sort((a, b) => b.createAt - a.createAt)[0];
}
