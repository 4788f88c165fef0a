import { mattermostRoute, type Route } from '@live-status/session-state';
import { parseSessionKey } from '@live-status/transcript-parser';
import type { Delivery, Session, UserOrigin } from './state.ts';

/**
 * Where the answers of a root's run go; `undefined`: unknown (not yet, or never). `origin`: of the message the run
 * answers, once it was read.
 *
 * A key that names its conversation decides by itself. Keys that several origins share (`main`, direct messages without
 * a channel in the key) follow the row's delivery context only when the run's own message came from there: the row
 * names where the last message came from, which need not be this run's.
 */
export function routeOf(session: Session, origin: UserOrigin | undefined): Route | undefined {
  const key = parseSessionKey(session.key);
  if (session.child || session.parentKey !== undefined) return undefined;
  if (key.kind === 'cron' || key.kind === 'hook') return { kind: 'background', origin: key.kind };
  if (key.kind === 'openai') return { kind: 'elsewhere', origin: 'openai' };
  if (key.channel === undefined) return sharedRoute(session.delivery, origin);
  if (key.channel !== 'mattermost') return { kind: 'elsewhere', origin: key.channel };
  if (key.peerId === undefined) return undefined;
  const to = key.kind === 'direct' ? `user:${key.peerId}` : `channel:${key.peerId}`;
  const { delivery } = session;
  return mattermostRoute(to, key.threadId ?? (delivery.to === to ? delivery.threadId : undefined));
}

function sharedRoute(delivery: Delivery, origin: UserOrigin | undefined): Route | undefined {
  if (origin === undefined) return undefined;
  // Work for several people is private to each of them, also when the row names one.
  if (origin.shared === true) return { kind: 'elsewhere', origin: 'shared' };
  if (origin.cli === true) return { kind: 'background', origin: 'cli' };
  if (origin.channel === undefined) return { kind: 'elsewhere', origin: 'webchat' };
  if (origin.channel !== 'mattermost') return { kind: 'elsewhere', origin: origin.channel };
  const { channel, to, threadId } = delivery;
  if (channel !== 'mattermost' || to === undefined) return undefined;
  // A channel behind a shared key cannot be confirmed by who sent the message.
  return to === `user:${origin.senderId}` ? mattermostRoute(to, threadId) : undefined;
}
