import { loadavg } from 'node:os';
import type { RequestRecord, Simulator } from '@live-status/simulators/mattermost';
import { Conversation } from './conversation.ts';
import type { Finding } from './judge-situation.ts';
import type { SeenFrame } from './operator.ts';
import { marks } from './plays.ts';
import type { WatchedStage } from './stage.ts';

/** From a frame that the gateway sent to the edit that shows it, milliseconds. */
interface Latencies {
  /** A call began. */
  readonly begins: readonly number[];
  /** A call ended. */
  readonly ends: readonly number[];
  /** Frames of either kind whose edit was not found. */
  readonly unseen: number;
}

/** So many conversations are measured at once: together they stay below the budget of edits. */
const MEASURED = 2;

/** Measures how long it takes from an event of the gateway to the edit that shows it. */
export async function measureLatency(stage: WatchedStage, signal: AbortSignal): Promise<Finding> {
  const talks = Array.from({ length: MEASURED }, (_, i) => new Conversation(stage, { name: `marks-${i}`, signal }));
  const [load = Number.NaN] = loadavg();
  await Promise.all(talks.map(marks));
  await Promise.all(talks.map((talk) => talk.rest()));
  const ids = talks.map(({ channelId }) => channelId);
  const from = { simulator: stage.simulator, frames: stage.operator?.frames ?? [] };
  const { begins, ends, unseen } = latenciesOf(ids, from);
  const head = ['| gateway event → edit, ms | n | p50 | p99 | max |', '|---|---|---|---|---|'];
  const lines = [...head, row('a call begins', begins), row('a call ends', ends), `load average ${load.toFixed(1)}`];
  return { lines, problems: unseen === 0 ? [] : [`latency: ${unseen} events were never shown`] };
}

function row(name: string, values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(1);
  return `| ${name} | ${sorted.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`;
}

/**
 * Latencies of the calls of the scene `marks` in these channels. Both times are of this process: when its own
 * connection received the frame, and when the edit arrived at the simulator.
 */
function latenciesOf(
  channelIds: readonly string[],
  from: { readonly frames: readonly SeenFrame[]; readonly simulator: Simulator },
): Latencies {
  const all = channelIds.flatMap((channelId) => {
    const edits = editsIn(channelId, from.simulator);
    return firstFrames(channelId, from.frames).map(({ phase, mark, at }) => {
      const shown = new RegExp(`mark-${mark}\\.\`${phase === 'begin' ? '' : ' \\[OK\\]'}`);
      const edit = edits.find(({ body }) => shown.test(messageOf(body)));
      return { phase, ms: (edit?.at ?? Number.NaN) - at };
    });
  });
  const of = (wanted: Phase): number[] =>
    all.flatMap(({ phase, ms }) => (phase === wanted && !Number.isNaN(ms) ? [ms] : []));
  return { begins: of('begin'), ends: of('end'), unseen: all.filter(({ ms }) => Number.isNaN(ms)).length };
}

function editsIn(channelId: string, simulator: Simulator): RequestRecord[] {
  const ids = simulator.posts().flatMap((post) => (post.channel_id === channelId ? [post.id] : []));
  return simulator.requests().filter(({ method, path }) => method === 'PUT' && ids.some((id) => path.includes(id)));
}

/** For each call the first frame that reports it, of any kind, and the first that reports its end. */
function firstFrames(channelId: string, frames: readonly SeenFrame[]): FirstFrame[] {
  const first = new Map<string, FirstFrame>();
  for (const { payload, at } of frames) {
    const { sessionKey, data } = payload as Partial<ToolPayload>;
    const mark = sessionKey?.includes(channelId) && /call_marks_(\d+)_/.exec(JSON.stringify(payload))?.[1];
    // The first call waits for POST_DELAY_MS, and the end of it for the post.
    if (!mark || Number(mark) < 2) continue;
    const phase = data?.phase === 'result' || data?.phase === 'end' ? 'end' : 'begin';
    if (!first.has(phase + mark)) first.set(phase + mark, { phase, mark, at });
  }
  return [...first.values()];
}

type Phase = 'begin' | 'end';

interface FirstFrame {
  readonly phase: Phase;
  readonly mark: string;
  readonly at: number;
}

interface ToolPayload {
  readonly sessionKey: string;
  readonly data: { readonly phase: string };
}

function messageOf(body: unknown): string {
  const { message = '' } = body as { readonly message?: string };
  return message;
}
