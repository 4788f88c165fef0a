import { compact } from '@live-status/basics';

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
  /**
   * Id of the channel, group or person, or of the cron job, hook or child. For a person whose accounts are linked
   * (`session.identityLinks`) it is the name of the link.
   */
  readonly peerId?: string;
  /** Account of the channel, where the key names one. */
  readonly accountId?: string;
  /** Thread root of a `:thread:` key. */
  readonly threadId?: string;
}

/** `main`: shared by web chat, CLI and direct messages. `subagent`: a child of another session. `other`: anything unknown. */
export type SessionKind = 'main' | 'channel' | 'group' | 'direct' | 'subagent' | 'cron' | 'hook' | 'openai' | 'other';

const CONVERSATION = /^(?:(?<channel>[^:]+):(?:(?<accountId>[^:]+):)?)?(?<kind>channel|group|direct|dm):(?<peerId>.+)$/;

/** Parses a session key, whatever its case. Never throws; an unknown form is of kind `other`. */
export function parseSessionKey(text: string): SessionKey {
  const match = /^agent:([^:]+):(.+)$/is.exec(text);
  const [, agentId = 'main', rest = text] = match ?? [];
  const [place = '', threadId] = rest.split(/:thread:(.*)/is);
  const thread = threadId ? { threadId } : {};
  const own = { key: text, agentId };
  const child = /^.*subagent:(.*)$/is.exec(rest);
  if (child !== null) return { ...own, kind: 'subagent', peerId: child[1] ?? '' };
  if (place.toLowerCase() === 'main') return { ...own, kind: 'main', ...thread };
  const [type = '', tail] = place.split(/:(.*)/s);
  const head = type.toLowerCase();
  if (head === 'cron' && tail !== undefined) {
    const [jobId = ''] = tail.split(/:run:/i);
    return { key: `agent:${agentId}:cron:${jobId}`, agentId, kind: 'cron', peerId: jobId };
  }
  if (head === 'hook' && tail !== undefined) return { ...own, kind: 'hook', peerId: tail };
  if (head.startsWith('openai') && tail !== undefined) return { ...own, kind: 'openai', peerId: tail };
  return { ...own, ...conversation(place), ...thread };
}

function conversation(place: string): Pick<SessionKey, 'kind' | 'channel' | 'peerId' | 'accountId'> {
  const { channel, accountId, kind, peerId } = CONVERSATION.exec(place.toLowerCase())?.groups ?? {};
  if (peerId === undefined) return { kind: 'other' };
  return {
    kind: kind === 'dm' ? 'direct' : (kind as 'channel' | 'group' | 'direct'),
    peerId,
    ...compact({ channel, accountId }),
  };
}

/** Account of a channel where none is named. */
const DEFAULT_ACCOUNT = 'default';

/**
 * The id of a channel's account as OpenClaw spells it: in lower case, with `-` for each other character than letters,
 * digits, `-` and `_`. `default` for a text without any of those.
 */
export function toAccountId(text: string): string {
  const lower = text.trim().toLowerCase();
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(lower)) return lower;
  const spelt = lower.replace(/[^a-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  return spelt.slice(0, 64) || DEFAULT_ACCOUNT;
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
