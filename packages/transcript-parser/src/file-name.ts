/**
 * What the name of a file in a sessions directory says. Only `transcript` is a live transcript; `transcript` fields
 * name the live file another one belongs to.
 *
 * Source: directories of OpenClaw 2026.3.28 and 2026.7.1.
 */
export type FileName =
  | {
      readonly kind: 'transcript';
      /** Usually the session id: the name without time, topic and extension. The header's `id` decides. */
      readonly sessionId: string;
      /** Thread root the session was born in. */
      readonly topic?: string;
      /** True for `<time>_<id>.jsonl`: copied from another transcript (a fork, or the successor of a compaction). */
      readonly copied: boolean;
    }
  | { readonly kind: 'lock'; readonly transcript: string }
  | { readonly kind: 'archived'; readonly transcript: string; readonly reason: 'reset' | 'deleted' }
  | { readonly kind: 'catalog' }
  /** Sidecars, backups, temporary files, hidden files, and what is not known. */
  | { readonly kind: 'other' };

const BORN = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z_/;

/** Reads a file name (no directory). Never throws. */
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
  const [id = '', topic] = stem.replace(BORN, '').split(/-topic-(.*)/s);
  return { kind: 'transcript', sessionId: id, copied: BORN.test(stem), ...(topic ? { topic } : {}) };
}
