import type { BoxEntry } from '@live-status/session-state';
import { createLogUpdate } from 'log-update';
import type { Version } from './versions.ts';

export interface LiveOptions {
  /** How many times faster than it happened. */
  readonly speed: number;
  readonly stream: NodeJS.WriteStream;
  readonly paint: (entry: BoxEntry, nowMs: number) => string[];
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** How often the screen is drawn while nothing changes, and how long it stands still when nothing is open. Milliseconds. */
const FRAME_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Shows posts on a terminal as they changed: finished ones go up, open ones stay below with their time running. */
export async function showLive(versions: AsyncIterable<Version>, options: LiveOptions): Promise<number> {
  const { speed, stream, paint, sleep } = options;
  const screen = createLogUpdate(stream);
  const open = new Map<string, BoxEntry>();
  const ended = new Set<string>();
  const draw = (nowMs: number): void =>
    screen([...open.values()].map((entry) => paint(entry, nowMs).join('\n')).join('\n\n'));
  let nowMs: number | undefined;
  for await (const { at, entry, isLast } of versions) {
    if (nowMs !== undefined) {
      const stepMs = open.size === 0 ? Math.min(at - nowMs, LONGEST_PAUSE_MS * speed) : at - nowMs;
      for (let leftMs = stepMs / speed; leftMs > 0; leftMs -= FRAME_MS) {
        draw(at - leftMs * speed);
        await sleep(Math.min(FRAME_MS, leftMs));
      }
    }
    nowMs = at;
    ended.add(entry.boxId);
    if (isLast) {
      open.delete(entry.boxId);
      screen.clear();
      stream.write(`${paint(entry, at).join('\n')}\n\n`);
    } else open.set(entry.boxId, entry);
    draw(at);
  }
  screen.done();
  return ended.size;
}
