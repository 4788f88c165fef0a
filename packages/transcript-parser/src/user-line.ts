import { textOf } from '@live-status/basics';
import type { UserEntry } from './entry.ts';
import { parseObject } from './json.ts';

/** What a user line really is: OpenClaw writes many of them itself. */
export interface UserLine {
  readonly kind: UserLineKind;
  /** The text without what OpenClaw wraps around it. */
  readonly text: string;
  /** Who wrote where, from metadata that OpenClaw put before the text. May only be used to rule something out: a person can imitate it. */
  readonly inbound: readonly Inbound[];
  /**
   * For a message in a direct conversation of some channel (2026.7.1), of which the line does not say whose it is:
   * whether its sender owns the agent.
   */
  readonly direct?: { readonly isOwner: boolean };
  /** Session keys of the children whose end an `announce` reports. */
  readonly announced: readonly string[];
  /** Id of the job, for a `cron` line. */
  readonly cronJobId?: string;
}

/**
 * `message`: from outside. `announce`: a child ended. `resume`: OpenClaw continues work that its restart interrupted.
 * `heartbeat`, `memory-flush`: housekeeping. `task`: the task of a child. `cron`, `hook`: as named.
 */
export type UserLineKind = 'message' | 'announce' | 'resume' | 'heartbeat' | 'memory-flush' | 'task' | 'cron' | 'hook';

/** The sender of a message, as far as its metadata says. */
export interface Inbound {
  readonly senderId?: string;
  /** Absent for direct messages. */
  readonly channelId?: string;
}

/**
 * Reads a user line of OpenClaw 2026.3.28 (text wrapped in metadata) or 2026.7.1 (plain text). Only metadata before the
 * person's text counts, because a person can write text that imitates it.
 */
export function readUserLine(entry: UserEntry): UserLine {
  const { text, inbound } = unwrap(entry.text);
  if (entry.senderId !== undefined)
    return { kind: 'message', text, inbound: [{ senderId: entry.senderId }], announced: [] };
  const kind = inbound.length > 0 ? 'message' : kindOf(entry, text);
  const cronJobId = kind === 'cron' ? CRON.exec(text)?.[1] : undefined;
  return {
    kind,
    text,
    inbound,
    announced: kind === 'announce' ? announcedKeys(entry.text) : [],
    ...(cronJobId === undefined ? {} : { cronJobId }),
    ...(kind === 'message' && inbound.length === 0 ? directOf(entry) : {}),
  };
}

/** Messages of channels and groups name their sender; those of the web chat name their request. */
function directOf({ idempotencyKey, provenance, senderIsOwner }: UserEntry): Pick<UserLine, 'direct'> {
  if (senderIsOwner === undefined || idempotencyKey !== undefined || provenance !== undefined) return {};
  return { direct: { isOwner: senderIsOwner } };
}

const CRON = /^\[cron:([^\s\]]+)/;
const STAMP = /^\[\w{3} \d{4}-\d\d-\d\d \d\d:\d\d [^\]]{1,40}\] /;
const METADATA = /^([A-Z][\w ]{0,40}) \(untrusted[^)\n]{0,60}\):\n```json\n([\s\S]*?)\n```\s*/;
const SYSTEM_LINE = /^System: \[[^\]\n]{1,60}\] [^\n]*(?:\n+|$)/;
/** 2026.3.28 records the prompt itself; 2026.7.1 sends it to the model only and records a line in its place. */
const MEMORY_FLUSH = /^(?:Pre-compaction memory flush|Continue the OpenClaw runtime event\.$)/;
const HEARTBEAT =
  /^Read HEARTBEAT\.md|\breply HEARTBEAT_OK\b|^Run the following periodic tasks \(only those due|^(?:Delivery: [^\n]*\s+)?\[OpenClaw heartbeat poll\]$/;
const NOTE = /^Note: The previous agent run was aborted[^\n]*\n+/;
const QUEUED_HEAD = /^\[Queued messages while agent was busy\]\s*/;
const QUEUED_ITEM = /^---\nQueued #\d+\n/;

function kindOf(entry: UserEntry, text: string): UserLineKind {
  if (entry.provenance?.sourceTool === 'subagent_announce') return 'announce';
  if (/^(<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\s*)?OpenClaw runtime context \(internal\):/.test(text))
    return 'announce';
  if (entry.provenance?.sourceTool === 'restart-sentinel') return 'resume';
  if (text.startsWith('[System] Your previous turn was interrupted')) return 'resume';
  if (text.startsWith('[Subagent Context]')) return 'task';
  if (CRON.test(text)) return 'cron';
  if (MEMORY_FLUSH.test(text)) return 'memory-flush';
  if (HEARTBEAT.test(text)) return 'heartbeat';
  if (text.includes('<<<EXTERNAL_UNTRUSTED_CONTENT')) return 'hook';
  return 'message';
}

function announcedKeys(text: string): string[] {
  const keys = [...text.matchAll(/^\[Internal task completion event\]\nsource: [^\n]*\nsession_key: (\S+)$/gm)];
  return [...new Set(keys.map((match) => match[1] ?? ''))].filter((key) => key !== '');
}

/** Removes what OpenClaw put at the front; the person's text starts where nothing more matches. */
function unwrap(wrapped: string): { text: string; inbound: Inbound[] } {
  const inbound: Inbound[] = [];
  let rest = wrapped.replace(QUEUED_HEAD, '');
  const texts: string[] = [];
  for (const item of splitQueued(rest)) {
    rest = item;
    for (let before = ''; before !== rest; ) {
      before = rest;
      rest = rest.replace(SYSTEM_LINE, '').replace(NOTE, '');
      const metadata = METADATA.exec(rest);
      if (metadata === null) continue;
      rest = rest.slice(metadata[0].length);
      if (metadata[1] === 'Conversation info') inbound.push(toInbound(metadata[2] ?? ''));
    }
    texts.push(rest.replace(STAMP, '').trim());
  }
  return { text: texts.join('\n'), inbound };
}

function splitQueued(text: string): string[] {
  if (!QUEUED_ITEM.test(text)) return [text];
  return text.split(/(?:^|\n)---\nQueued #\d+\n/).filter((item) => item.trim() !== '');
}

function toInbound(json: string): Inbound {
  const info = parseObject(json) ?? {};
  const senderId = textOf(info.sender_id);
  const channelId = /(?:^|\s)id:(\S+)$/.exec(textOf(info.conversation_label) ?? '')?.[1];
  return { ...(senderId ? { senderId } : {}), ...(channelId ? { channelId } : {}) };
}
