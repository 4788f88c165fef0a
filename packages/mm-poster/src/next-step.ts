import type { MattermostError } from './errors.ts';

/**
 * Why a box is no longer shown.
 * - `deleted`: a person deleted its post.
 * - `untyped`: it has no post, and the server does not keep the type of posts, so none may be created.
 */
export type StopReason = 'deleted' | 'untyped';

/**
 * Why the latest content of a box cannot be shown now. It is tried again: whoever caused it may undo it.
 * - `archived`: its channel was archived. `forbidden`: the account lost (or never had) the permission.
 * - `no-target`: its target does not exist for this account.
 * - `refused`: Mattermost, or a plugin of it, refuses the text.
 * - `blocked`: something on the way to Mattermost refuses the request.
 * - `no-account`: the account that its target names cannot be used.
 */
export type HoldReason = 'archived' | 'forbidden' | 'no-target' | 'refused' | 'blocked' | 'no-account';

const STOP_REASONS: readonly string[] = ['deleted', 'untyped'] satisfies StopReason[];

/** Whether a value is a {@link StopReason}. */
export function isStopReason(value: unknown): value is StopReason {
  return typeof value === 'string' && STOP_REASONS.includes(value);
}

/**
 * What to do after a refusal. Decided by the error id, because texts are translated and statuses mean several things
 * (an edit of a deleted post answers 403, not 404).
 */
export type Step =
  | { readonly do: 'stop'; readonly reason: StopReason }
  /** Not now: try again later. */
  | { readonly do: 'hold'; readonly reason: HoldReason }
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
  /** This content is not accepted: try with less in it, then hold. */
  | { readonly do: 'show-less'; readonly reason: HoldReason };

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

const STILL_SAVING = 'api.post.deduplicate_create_post.pending';

const isTooLong = (error: MattermostError): boolean => error.status === 413 || TOO_LONG.has(error.errorId ?? '');
const isArchived = (error: MattermostError): boolean => ARCHIVED.test(error.errorId ?? '');
const hold = (reason: HoldReason): Step => ({ do: 'hold', reason });
/** The text is at fault, as far as is known. */
const showLess = ({ kind }: MattermostError): Step => ({
  do: 'show-less',
  reason: kind === 'invalid' ? 'refused' : 'blocked',
});

/** Whether the server still saves a create that was sent before under the same key. It passes within 30 s, whatever the text. */
export function isStillSaving({ errorId }: MattermostError): boolean {
  return errorId === STILL_SAVING;
}

/** What to do after a refused create. Pure. */
export function afterCreate(error: MattermostError): Step {
  if (BAD_ROOT.has(error.errorId ?? '')) return { do: 'drop-root' };
  if (error.errorId?.startsWith(NOT_SILENT)) return { do: 'post-aloud' };
  if (isArchived(error)) return hold('archived');
  if (isTooLong(error)) return { do: 'shorten' };
  if (error.kind === 'forbidden') return hold('forbidden');
  if (error.kind === 'gone') return hold('no-target');
  return showLess(error);
}

/** What to do after a refused edit. Pure. */
export function afterEdit(error: MattermostError): Step {
  if (error.errorId === EDIT_TIME_LIMIT) return { do: 'new-post' };
  if (isArchived(error)) return hold('archived');
  if (isTooLong(error)) return { do: 'shorten' };
  if (error.kind === 'forbidden' || error.kind === 'gone') return { do: 'check-post' };
  return showLess(error);
}

/** What to do after the post of a box could not be got. Pure. */
export function afterGet(error: MattermostError): Step {
  if (error.kind === 'gone') return { do: 'stop', reason: 'deleted' };
  return hold(error.kind === 'forbidden' ? 'forbidden' : 'blocked');
}

/** What to do after a refused look-up of the target: this account cannot see the channel, team or user. Pure. */
export function afterLookup(error: MattermostError): Step {
  if (error.kind === 'forbidden') return hold('forbidden');
  return hold(error.kind === 'gone' || error.kind === 'invalid' ? 'no-target' : 'blocked');
}
