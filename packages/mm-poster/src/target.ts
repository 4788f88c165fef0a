/** Where a post goes. `rootId` makes it a reply in that thread. */
export type Target =
  | { readonly channelId: string; readonly rootId?: string | undefined }
  /** The direct channel with a user. */
  | { readonly userId: string; readonly rootId?: string | undefined }
  /** `team/name`, as in the channel's address. */
  | { readonly channel: string }
  /** The direct channel with a user, by name. */
  | { readonly username: string };

/** A target, or why the text names none. */
export type ParsedTarget =
  | { readonly ok: true; readonly target: Target }
  | { readonly ok: false; readonly reason: string };

const ID = /^[a-z0-9]{26}$/;
const CHANNEL = /^[a-z0-9][a-z0-9_-]*\/[a-z0-9_-]+$/;
const USERNAME = /^@[a-z0-9._-]+$/;

/** Reads a target as a person writes it: a channel id, `team/name` or `@user`. Never throws. */
export function parseTarget(text: string): ParsedTarget {
  const value = text.trim().toLowerCase();
  if (ID.test(value)) return { ok: true, target: { channelId: value } };
  if (CHANNEL.test(value)) return { ok: true, target: { channel: value } };
  if (USERNAME.test(value)) return { ok: true, target: { username: value.slice(1) } };
  return {
    ok: false,
    reason: `"${text}" names no channel; use a channel id (26 letters and digits), team/name as in the address, or @user`,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Whether a value read back from a file is a {@link Target}. */
export function isTarget(value: unknown): value is Target {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const rootFits = fields.rootId === undefined || isText(fields.rootId);
  return rootFits && [fields.channelId, fields.userId, fields.channel, fields.username].filter(isText).length === 1;
}

/** The thread root a target names, if any. */
export function rootIdOf(target: Target): string | undefined {
  return 'rootId' in target ? target.rootId : undefined;
}
