import type { Recording, TimelineEvent } from '@live-status/fixtures';
import { renewIds } from './ids.ts';
import { estimateStart, shiftTimes } from './times.ts';

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
