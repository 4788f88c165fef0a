/**
 * What a session key says. Keys are `agent:<agentId>:<rest>`; the rest names where the conversation lives.
 *
 * Source: recordings of OpenClaw 2026.3.28 and 2026.7.1, and its session routing.
 */
export interface SessionKey {
  /** The key of the session itself: for cron without `:run:<id>`, otherwise as given. */
  readonly key: string;
  readonly agentId: string;
  readonly kind: SessionKind;
  /** `mattermost`, `telegram`, …; only where the key names it. */
  readonly channel?: string;
  /** Id of the channel, group or person; id of the cron job, hook or child. */
  readonly peerId?: string;
  /** Thread root of a `:thread:` key. */
  readonly threadId?: string;
}

/** `main`: shared by web chat, CLI and direct messages. `subagent`: never a root. `other`: anything unknown. */
export type SessionKind = 'main' | 'channel' | 'group' | 'direct' | 'subagent' | 'cron' | 'hook' | 'openai' | 'other';

const CONVERSATION = /^(?:(?<channel>[^:]+):(?:[^:]+:)?)?(?<kind>channel|group|direct|dm):(?<peerId>.+)$/;

/** Reads a session key. Never throws; what is not understood is of kind `other`. */
export function parseSessionKey(text: string): SessionKey {
  const match = /^agent:([^:]+):(.+)$/s.exec(text);
  const [, agentId = 'main', rest = text] = match ?? [];
  const [place = '', threadId] = rest.split(/:thread:(.*)/s);
  const thread = threadId ? { threadId } : {};
  const own = { key: text, agentId };
  if (rest.includes('subagent:')) {
    return { ...own, kind: 'subagent', peerId: rest.slice(rest.lastIndexOf('subagent:') + 'subagent:'.length) };
  }
  if (place === 'main') return { ...own, kind: 'main', ...thread };
  const [head = '', tail] = place.split(/:(.*)/s);
  if (head === 'cron' && tail !== undefined) {
    const [jobId = ''] = tail.split(':run:');
    return { key: `agent:${agentId}:cron:${jobId}`, agentId, kind: 'cron', peerId: jobId };
  }
  if (head === 'hook' && tail !== undefined) return { ...own, kind: 'hook', peerId: tail };
  if (head.startsWith('openai') && tail !== undefined) return { ...own, kind: 'openai', peerId: tail };
  return { ...own, ...conversation(place), ...thread };
}

function conversation(place: string): Pick<SessionKey, 'kind' | 'channel' | 'peerId'> {
  const groups = CONVERSATION.exec(place)?.groups;
  if (groups?.peerId === undefined) return { kind: 'other' };
  const channel = groups.channel === undefined ? {} : { channel: groups.channel };
  return {
    kind: groups.kind === 'dm' ? 'direct' : (groups.kind as 'channel' | 'group' | 'direct'),
    peerId: groups.peerId,
    ...channel,
  };
}
