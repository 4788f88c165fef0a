/**
 * A parsed session key. Keys are `agent:<agentId>:<rest>`; the rest names the conversation.
 *
 * Source: recordings of OpenClaw 2026.3.28 and 2026.7.1, and its session routing.
 */
export interface SessionKey {
  /** The key of the session: for cron jobs without `:run:<id>`, otherwise as given. */
  readonly key: string;
  readonly agentId: string;
  readonly kind: SessionKind;
  /** `mattermost`, `telegram`, …; absent when the key does not say. */
  readonly channel?: string;
  /** Id of the channel, group or person, or of the cron job, hook or child. */
  readonly peerId?: string;
  /** Thread root of a `:thread:` key. */
  readonly threadId?: string;
}

/** `main`: shared by web chat, CLI and direct messages. `subagent`: a child of another session. `other`: anything unknown. */
export type SessionKind = 'main' | 'channel' | 'group' | 'direct' | 'subagent' | 'cron' | 'hook' | 'openai' | 'other';

const CONVERSATION = /^(?:(?<channel>[^:]+):(?:[^:]+:)?)?(?<kind>channel|group|direct|dm):(?<peerId>.+)$/;

/** Parses a session key. Never throws; an unknown form is of kind `other`. */
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

/**
 * A parsed file name of a sessions directory. Only the kind `transcript` is a live transcript; a field `transcript`
 * names the live file that another one belongs to.
 *
 * Source: directories of OpenClaw 2026.3.28 and 2026.7.1.
 */
export type FileName =
  | {
      readonly kind: 'transcript';
      /** The name without time, topic and extension: usually the session id, but the `id` in the header decides. */
      readonly sessionId: string;
      /** Root of the thread the session was started in. */
      readonly topic?: string;
      /** True for `<time>_<id>.jsonl`, a copy of another transcript: a fork, or the successor after a compaction. */
      readonly copied: boolean;
    }
  | { readonly kind: 'lock'; readonly transcript: string }
  | { readonly kind: 'archived'; readonly transcript: string; readonly reason: 'reset' | 'deleted' }
  | { readonly kind: 'catalog' }
  /** Sidecars, backups, temporary files, hidden files, and anything unknown. */
  | { readonly kind: 'other' };

const COPY_TIME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z_/;

/** Parses a base name. Never throws. */
export function parseFileName(name: string): FileName {
  if (name === 'sessions.json') return { kind: 'catalog' };
  if (name.startsWith('.')) return { kind: 'other' };
  if (isTranscript(name)) return transcript(name);
  const [, base = '', suffix = ''] = /^(.+?\.jsonl)\.(.+)$/.exec(name) ?? [];
  if (!isTranscript(base)) return { kind: 'other' };
  if (suffix === 'lock') return { kind: 'lock', transcript: base };
  const archived = /^(reset|deleted)\./.exec(suffix)?.[1];
  if (archived === 'reset' || archived === 'deleted') {
    return { kind: 'archived', transcript: base, reason: archived };
  }
  return { kind: 'other' };
}

function isTranscript(name: string): boolean {
  return name.endsWith('.jsonl') && name !== '.jsonl' && !/\.(trajectory|checkpoint)\b/.test(name);
}

function transcript(name: string): FileName {
  const stem = name.slice(0, -'.jsonl'.length);
  const [id = '', topic] = stem.replace(COPY_TIME, '').split(/-topic-(.*)/s);
  return { kind: 'transcript', sessionId: id, copied: COPY_TIME.test(stem), ...(topic ? { topic } : {}) };
}
