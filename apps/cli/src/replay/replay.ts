import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxEntry, Route, SourceEvent } from '@live-status/session-state';
import {
  createLabels,
  createLanguage,
  type PostWords,
  type RenderStyle,
  renderBox,
  renderLines,
  toHtml,
} from '@live-status/status-render';
import { CommandError } from '../command-error.ts';
import { hasColors, paintBox } from '../terminal/paint.ts';
import { eventsOfFrames, readFrame } from './recorded-frames.ts';
import { readRecordedLines } from './recorded-lines.ts';
import { eventsOfTranscripts, findTranscripts } from './recorded-transcripts.ts';
import { writeHtml } from './replay-html.ts';
import { showLive } from './show-live.ts';
import { type Version, versionsOf } from './versions.ts';

/** What is asked of a replay. */
export interface ReplayOptions {
  /** How many times faster than it happened, on a terminal. */
  readonly speed: number;
  /** Only how each post ended. */
  readonly final: boolean;
  readonly format: 'terminal' | 'markdown' | 'html';
  readonly style: RenderStyle;
}

/** Where a replay is written. */
export interface ReplayOutput {
  readonly stream: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Default: English. */
  readonly words?: PostWords;
}

/**
 * Shows what the posts of a recorded transcript, a folder of them, or a log of gateway frames would have looked like.
 *
 * @throws CommandError when nothing can be read there
 */
export async function replay(path: string, options: ReplayOptions, output: ReplayOutput): Promise<void> {
  const { stream, env, words = { labels: createLabels(), language: createLanguage() } } = output;
  const { final, format, speed } = options;
  const all = versionsOf(await openRecording(path), (entry) => keyOf(entry, words));
  const colors = hasColors(stream, env);
  const paint = ({ box, route }: BoxEntry, nowMs: number): string[] =>
    paintBox(renderLines(box, formOf(route, nowMs, words)), box.state, colors);
  const shown = filter(all, final ? ({ isLast }) => isLast : ({ isNew }) => isNew);
  const write = (toText: (version: Version) => string): Promise<number> => writeEach(shown, stream, toText);
  let count: number;
  if (format === 'html')
    count = await writeHtml(shown, {
      title: basename(path),
      stream,
      render: ({ box, route }, at) => toHtml(renderLines(box, formOf(route, at, words))),
    });
  else if (format === 'markdown') count = await write((version) => toMarkdown(version, options, words));
  else if (stream.isTTY && !final) count = await showLive(all, { speed, stream, paint, sleep });
  else count = await write(({ at, entry }) => [timeOf(at), ...paint(entry, at)].join('\n'));
  if (count === 0) throw new CommandError(`${path}: the daemon would have posted nothing of it`);
}

/** What the file is shows its first line: frames have an event or the type of an answer, transcripts have entries. */
async function openRecording(path: string): Promise<AsyncIterable<SourceEvent>> {
  try {
    const transcripts = await findTranscripts(path);
    const [only] = transcripts;
    if (transcripts.length === 1 && only !== undefined && (await isFrameLog(only))) return eventsOfFrames(only);
    return eventsOfTranscripts(transcripts);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function isFrameLog(path: string): Promise<boolean> {
  for await (const { text } of readRecordedLines(path)) {
    const frame = readFrame(text);
    if (frame !== undefined) return frame.event !== undefined || frame.type?.startsWith('_') === true;
  }
  return false;
}

/** Time alone is no new version. */
function keyOf({ box, route }: BoxEntry, words: PostWords): string {
  return JSON.stringify(renderLines(box, formOf(route, 0, words)));
}

/** In a conversation the answer follows as a message of its own, so the post does not show it. */
function formOf(
  route: Route | undefined,
  nowMs: number,
  words: PostWords,
): PostWords & { nowMs: number; showAnswer: boolean } {
  return { nowMs, ...words, showAnswer: route === undefined || route.kind === 'background' };
}

async function* filter(
  versions: AsyncIterable<Version>,
  isWanted: (version: Version) => boolean,
): AsyncGenerator<Version> {
  for await (const version of versions) if (isWanted(version)) yield version;
}

/** Returns how many were written. */
async function writeEach(
  versions: AsyncIterable<Version>,
  stream: NodeJS.WriteStream,
  toText: (version: Version) => string,
): Promise<number> {
  let count = 0;
  for await (const version of versions) {
    stream.write(`${toText(version)}\n\n`);
    count += 1;
  }
  return count;
}

/** Exactly what the post would have contained, under the time of the edit. */
function toMarkdown({ at, entry: { box, route } }: Version, { style }: ReplayOptions, words: PostWords): string {
  const { message, props } = renderBox(box, { ...formOf(route, at, words), style });
  const cards = (props?.attachments ?? []).map(({ text }) => text);
  return [`<!-- ${new Date(at).toISOString()} -->`, message, ...cards].join('\n');
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 19);
}
