import type { Recording, TimelineEvent } from '@live-status/fixtures';

/** What of the recorded text is changed. */
export interface RewriteOptions {
  /** The catalog's paths name this directory instead of the recorded one. */
  readonly sessionsDir: string | undefined;
  /** Epoch milliseconds at which a moment of the recording is played: recorded times become these. */
  readonly playedAt: ((tMs: number) => number) | undefined;
  readonly round: number;
  /** Texts to be replaced by others, in names and contents: recorded ids by those of the server in use. */
  readonly replacements: ReadonlyMap<string, string>;
}

/** Where the recorded OpenClaw kept its sessions. */
const RECORDED_DIR = /\/home\/node\/\.openclaw\/agents\/[^/"]+\/sessions/g;

/** The same event with its text rewritten; the event itself when nothing is to be changed. */
export type EventRewrite = (event: TimelineEvent) => TimelineEvent;

/** Builds the rewrite for a recording. */
export function createRewrite(recording: Recording, options: RewriteOptions): EventRewrite {
  const { sessionsDir, playedAt, round, replacements } = options;
  const recordedStartAt = playedAt === undefined ? 0 : estimateStart(writesOf(recording));
  const rename = (name: string): string => {
    let renamed = renewIds(name, round);
    for (const [from, to] of replacements) renamed = renamed.replaceAll(from, to);
    return renamed;
  };
  const rewrite = (bytes: Buffer): Buffer => {
    // Untouched bytes, not decoded ones: a replay is byte for byte unless it was asked for more.
    if (playedAt === undefined && round === 0 && replacements.size === 0) return bytes;
    const text = rename(bytes.toString());
    return Buffer.from(playedAt === undefined ? text : shiftTimes(text, { recordedStartAt, playedAt }));
  };
  const move = (catalog: Buffer): Buffer =>
    sessionsDir === undefined ? catalog : Buffer.from(catalog.toString().replace(RECORDED_DIR, () => sessionsDir));
  return (event) => {
    switch (event.op) {
      case 'append':
        return { ...event, file: rename(event.file), bytes: rewrite(event.bytes) };
      case 'rename':
        return { ...event, file: rename(event.file), to: rename(event.to) };
      case 'replace':
        return event.content === null ? event : { ...event, content: move(rewrite(event.content)) };
      case 'kill':
        return event;
      default:
        return { ...event, file: rename(event.file) };
    }
  };
}

function* writesOf(recording: Recording): Generator<{ readonly tMs: number; readonly text: string }> {
  for (const event of recording.events) {
    if (event.op === 'append') yield { tMs: event.tMs, text: event.bytes.toString() };
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const ENTRY_ID = /"[0-9a-f]{8}"/g;

/**
 * Gives session ids (UUIDs) and entry ids (eight quoted hex digits) other values, always the same for the same
 * `round`, so that a recording played twice is two pieces of work. Round 0 changes nothing. Keeps the length.
 */
function renewIds(text: string, round: number): string {
  if (round === 0) return text;
  return text.replace(UUID, (id) => mask(id, round)).replace(ENTRY_ID, (id) => `"${mask(id.slice(1, -1), round)}"`);
}

/** XOR of the first eight hex digits: one to one, so different ids stay different. */
function mask(id: string, round: number): string {
  const head = (Number.parseInt(id.slice(0, 8), 16) ^ Math.imul(round, 0x9e3779b1)) >>> 0;
  return head.toString(16).padStart(8, '0') + id.slice(8);
}

/** How recorded times become times of the replay. */
interface TimeShift {
  /** Epoch milliseconds of the recording's `tMs` 0. */
  readonly recordedStartAt: number;
  /** Epoch milliseconds at which a moment of the recording (its `tMs`) is played. */
  readonly playedAt: (tMs: number) => number;
}

const DAY_MS = 86_400_000;
const ISO_TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/g;
const EPOCH_MS = /(?<![\w.])1\d{12}(?![\w.])/g;

/** Moves quoted ISO times and epoch milliseconds near the recording to the replay's time; all else stays. */
function shiftTimes(text: string, shift: TimeShift): string {
  const move = (at: number): number => Math.round(shift.playedAt(at - shift.recordedStartAt));
  const isNear = (at: number): boolean => Math.abs(at - shift.recordedStartAt) < DAY_MS;
  return text
    .replace(ISO_TIME, (whole, iso: string) =>
      isNear(Date.parse(iso)) ? `"${new Date(move(Date.parse(iso))).toISOString()}"` : whole,
    )
    .replace(EPOCH_MS, (digits) => (isNear(Number(digits)) ? String(move(Number(digits))) : digits));
}

const APPEND_TIME = /^\{"type":"message".*?"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/gm;

/**
 * Epoch milliseconds of `tMs` 0. An entry's own timestamp is at most the moment of its write, and late writes only
 * lower the difference: the greatest one is the best estimate.
 */
function estimateStart(writes: Iterable<{ readonly tMs: number; readonly text: string }>): number {
  let startAt = Number.NEGATIVE_INFINITY;
  for (const { tMs, text } of writes) {
    for (const [, iso = ''] of text.matchAll(APPEND_TIME)) startAt = Math.max(startAt, Date.parse(iso) - tMs);
  }
  return Number.isFinite(startAt) ? startAt : 0;
}
