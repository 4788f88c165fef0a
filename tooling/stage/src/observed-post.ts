import type { Simulator } from '@live-status/simulators/mattermost';
import { postStateOf } from '@live-status/status-render';
import type { Places, PostPlace } from './places.ts';

/** A post of the daemon with everything that readers saw of it. */
export interface ObservedPost {
  readonly id: string;
  readonly place: PostPlace;
  /** What it looked like, oldest first: the create, then each edit. */
  readonly versions: readonly ObservedVersion[];
  /** What it says at the end. */
  readonly message: string;
  readonly deleted: boolean;
}

/** One version of a post. */
export interface ObservedVersion {
  /** Milliseconds since the replay began. */
  readonly atMs: number;
  readonly message: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** The posts that the daemon wrote so far, oldest first; a deleted one too, if it is named by `deletedIds`. */
export function observePosts(
  simulator: Simulator,
  places: Places,
  { startedAt, deletedIds = [] }: { readonly startedAt: number; readonly deletedIds?: readonly string[] },
): ObservedPost[] {
  const posts = [...simulator.posts(), ...deletedIds.flatMap((id) => simulator.post(id) ?? [])];
  return posts
    .filter((post) => post.user_id === simulator.bot.user.id)
    .sort((a, b) => a.create_at - b.create_at)
    .map((post) => ({
      id: post.id,
      place: places.placeOf(post),
      versions: simulator.edits(post.id).map((version) => ({
        atMs: version.at - startedAt,
        message: version.post.message,
        props: version.post.props,
      })),
      message: post.message,
      deleted: post.delete_at !== 0,
    }));
}

/** The state that the first line of a post in any style begins with (`ACTIVE`, `DONE`, …); undefined for other text. */
export function stateOf(message: string): string | undefined {
  return postStateOf(message)?.toUpperCase();
}
