import type { Recording, TimelineEvent } from '@live-status/fixtures';
import { renewIds } from './ids.ts';
import { estimateStart, shiftTimes } from './times.ts';

/** What of the recorded text is changed. */
export interface RewriteOptions {
  /** The catalog's paths name this directory instead of the recorded one. */
  readonly sessionsDir: string | undefined;
  /** Recorded times become the replay's: it starts at this time, epoch milliseconds. */
  readonly startAt: number | undefined;
  readonly speed: number;
  readonly round: number;
}

/** Where the recorded OpenClaw kept its sessions. */
const RECORDED_DIR = /\/home\/node\/\.openclaw\/agents\/[^/"]+\/sessions/g;

/** The same event with its text rewritten; the event itself when nothing is to be changed. */
export type EventRewrite = (event: TimelineEvent) => TimelineEvent;

/** Builds the rewrite for a recording. */
export function createRewrite(recording: Recording, options: RewriteOptions): EventRewrite {
  const { sessionsDir, startAt, speed, round } = options;
  const recordedStartAt = startAt === undefined ? 0 : estimateStart(writesOf(recording));
  const rewrite = (text: string): string => {
    const renewed = renewIds(text, round);
    return startAt === undefined ? renewed : shiftTimes(renewed, { recordedStartAt, startAt, speed });
  };
  const changesText = startAt !== undefined || round !== 0;
  return (event) => {
    if (event.op === 'kill') return event;
    if (event.op === 'replace') {
      if (event.content === null || (!changesText && sessionsDir === undefined)) return event;
      const text = rewrite(event.content.toString());
      const moved = sessionsDir === undefined ? text : text.replace(RECORDED_DIR, () => sessionsDir);
      return { ...event, content: Buffer.from(moved) };
    }
    if (!changesText) return event;
    const file = renewIds(event.file, round);
    if (event.op === 'append') return { ...event, file, bytes: Buffer.from(rewrite(event.bytes.toString())) };
    return event.op === 'rename' ? { ...event, file, to: renewIds(event.to, round) } : { ...event, file };
  };
}

function* writesOf(recording: Recording): Generator<{ readonly tMs: number; readonly text: string }> {
  for (const event of recording.events) {
    if (event.op === 'append') yield { tMs: event.tMs, text: event.bytes.toString() };
  }
}
