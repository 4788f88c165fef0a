import { mattermostRoute, type Route } from '@live-status/session-state';
import { type CatalogEntry, type Inbound, parseSessionKey, type SessionKey } from '@live-status/transcript-parser';
import type { Run, Session } from './state.ts';

/**
 * Where the answers of a root's run go; `undefined`: unknown (not yet, or never).
 *
 * A key that names its conversation decides by itself. Keys that several origins share (`main`, and direct messages
 * without a channel in the key) follow the catalog's target only when the metadata of the run's own message agrees:
 * the catalog names where the last message came from, which need not be this run's. The transcript vetoes, it never
 * supplies an id. 2026.7.1 records only the sender's id: that confirms a target `user:<id>`, never a channel.
 */
export function routeOf(session: Session, run: Run): Route | undefined {
  const key = parseSessionKey(session.key);
  if (session.child || session.parentKey !== undefined) return undefined;
  if (session.kind === 'cli') return { kind: 'background', origin: 'cli' };
  if (key.kind === 'cron' || key.kind === 'hook') return { kind: 'background', origin: key.kind };
  if (key.kind === 'openai') return { kind: 'elsewhere', origin: 'openai' };
  if (key.channel !== undefined) return namedRoute(key, session.entry);
  return run.identified ? sharedRoute(session.entry, run) : undefined;
}

function namedRoute(key: SessionKey, entry: CatalogEntry | undefined): Route | undefined {
  if (key.channel !== 'mattermost') return { kind: 'elsewhere', origin: key.channel ?? 'unknown' };
  if (key.peerId === undefined) return undefined;
  const target = key.kind === 'direct' ? `user:${key.peerId}` : `channel:${key.peerId}`;
  const rootId = key.threadId ?? (entry?.delivery.to === target ? entry.delivery.threadId : undefined);
  return mattermostRoute(target, rootId);
}

function sharedRoute(entry: CatalogEntry | undefined, run: Run): Route | undefined {
  const { channel, to, threadId } = entry?.delivery ?? {};
  if (channel !== undefined && channel !== 'mattermost') return { kind: 'elsewhere', origin: channel };
  if (run.user === undefined || run.user.kind !== 'message') return undefined;
  const { inbound } = run.user;
  if (inbound.length === 0) return { kind: 'elsewhere', origin: 'webchat' };
  // Work for several people is private to each of them, also when the catalog names one.
  if (!inbound.every((message) => isSameOrigin(message, inbound[0]))) return { kind: 'elsewhere', origin: 'shared' };
  if (to === undefined || !inbound.every((message) => agrees(message, to))) return undefined;
  return mattermostRoute(to, threadId);
}

/** Whether two messages came from the same person at the same place. */
export function isSameOrigin(a: Inbound, b: Inbound | undefined): boolean {
  return a.senderId === b?.senderId && a.channelId === b?.channelId;
}

/** Whether a message came from where the catalog says answers go. */
function agrees(message: Inbound, to: string): boolean {
  if (message.channelId !== undefined) return to === `channel:${message.channelId}`;
  return message.senderId !== undefined && to === `user:${message.senderId}`;
}
