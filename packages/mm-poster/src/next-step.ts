import type { MattermostError } from './errors.ts';

/**
 * Why a box is no longer shown.
 * - `deleted`: a person deleted its post. `archived`: its channel was archived.
 * - `forbidden`: the account lost (or never had) the permission. `no-target`: its target does not exist.
 * - `untyped`: it has no post, and the server does not keep the type of posts, so none may be created.
 */
export type StopReason = 'deleted' | 'archived' | 'forbidden' | 'no-target' | 'untyped';

const STOP_REASONS: readonly string[] = [
  'deleted',
  'archived',
  'forbidden',
  'no-target',
  'untyped',
] satisfies StopReason[];

/** Whether a value read back from a file is a {@link StopReason}. */
export function isStopReason(value: unknown): value is StopReason {
  return typeof value === 'string' && STOP_REASONS.includes(value);
}

/**
 * What to do after a refusal. Decided by the error id, because texts are translated and statuses mean several things
 * (an edit of a deleted post answers 403, not 404).
 */
export type Step =
  | { readonly do: 'stop'; readonly reason: StopReason }
  /** The thread root is gone, or is not a root: post at the top level. */
  | { readonly do: 'drop-root' }
  /** The account is not a bot: it may not post silently. */
  | { readonly do: 'post-aloud' }
  /** The server takes less: render again. */
  | { readonly do: 'shorten' }
  /** The post may not be edited any more: another one continues. */
  | { readonly do: 'new-post' }
  /** Get the post: is it gone, or the permission? */
  | { readonly do: 'check-post' }
  /** This content cannot be shown; the next one may. */
  | { readonly do: 'give-up' };

const TOO_LONG: ReadonlySet<string> = new Set([
  'model.post.is_valid.message_length.app_error',
  'model.post.is_valid.msg.app_error',
  'api.context.request_body_too_large.app_error',
]);
const BAD_ROOT: ReadonlySet<string> = new Set([
  'api.post.create_post.root_id.app_error',
  'api.post.create_post.channel_root_id.app_error',
]);
const ARCHIVED = /\.can_not_(post_to|update_post_in)_deleted\.error$/;
const NOT_SILENT = 'api.post.create_post.silent_notification';
const EDIT_TIME_LIMIT = 'api.post.update_post.permissions_time_limit.app_error';

const isTooLong = (error: MattermostError): boolean => error.status === 413 || TOO_LONG.has(error.errorId ?? '');
const isArchived = (error: MattermostError): boolean => ARCHIVED.test(error.errorId ?? '');
const stop = (reason: StopReason): Step => ({ do: 'stop', reason });

/** What to do after a refused create. Pure. */
export function afterCreate(error: MattermostError): Step {
  if (BAD_ROOT.has(error.errorId ?? '')) return { do: 'drop-root' };
  if (error.errorId?.startsWith(NOT_SILENT)) return { do: 'post-aloud' };
  if (isArchived(error)) return stop('archived');
  if (isTooLong(error)) return { do: 'shorten' };
  if (error.kind === 'forbidden') return stop('forbidden');
  if (error.kind === 'gone') return stop('no-target');
  return { do: 'give-up' };
}

/** What to do after a refused edit. Pure. */
export function afterEdit(error: MattermostError): Step {
  if (error.errorId === EDIT_TIME_LIMIT) return { do: 'new-post' };
  if (isArchived(error)) return stop('archived');
  if (isTooLong(error)) return { do: 'shorten' };
  if (error.kind === 'forbidden') return { do: 'check-post' };
  if (error.kind === 'gone') return stop('deleted');
  return { do: 'give-up' };
}

/** What to do after a refused look-up of the target: this account cannot see the channel, team or user. Pure. */
export function afterLookup(error: MattermostError): Step {
  return stop(error.kind === 'forbidden' ? 'forbidden' : 'no-target');
}
