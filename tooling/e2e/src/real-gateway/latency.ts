import type { RequestRecord, Simulator } from '@live-status/mattermost-sim';
import type { SeenFrame } from './operator.ts';

/** From a frame that the gateway sent to the edit that shows it, milliseconds. */
export interface Latencies {
  /** A call began. */
  readonly begins: readonly number[];
  /** A call ended. */
  readonly ends: readonly number[];
  /** Frames of either kind whose edit was not found. */
  readonly unseen: number;
}

interface Latency {
  readonly phase: 'start' | 'result';
  readonly ms: number;
}

/**
 * Latencies of the calls of the scene `marks` in these channels. Both times are of this process: when its own
 * connection received the frame, and when the edit arrived at the simulator.
 */
export function latenciesOf(
  channelIds: readonly string[],
  from: { readonly frames: readonly SeenFrame[]; readonly simulator: Simulator },
): Latencies {
  const all = channelIds.flatMap((channelId) => {
    const edits = editsIn(channelId, from.simulator);
    return from.frames.flatMap((frame) => latencyOf(frame, { channelId, edits }) ?? []);
  });
  const of = (phase: Latency['phase']): number[] =>
    all.flatMap((one) => (one.phase === phase && !Number.isNaN(one.ms) ? [one.ms] : []));
  return { begins: of('start'), ends: of('result'), unseen: all.filter(({ ms }) => Number.isNaN(ms)).length };
}

function editsIn(channelId: string, simulator: Simulator): RequestRecord[] {
  const ids = simulator.posts().flatMap((post) => (post.channel_id === channelId ? [post.id] : []));
  return simulator.requests().filter(({ method, path }) => method === 'PUT' && ids.some((id) => path.includes(id)));
}

function latencyOf(
  { payload, at }: SeenFrame,
  { channelId, edits }: { readonly channelId: string; readonly edits: readonly RequestRecord[] },
): Latency | undefined {
  const { stream, sessionKey, data } = payload as Partial<ToolPayload>;
  if (stream !== 'tool' || sessionKey?.includes(channelId) !== true || data === undefined) return undefined;
  const { phase, toolCallId } = data;
  const mark = /call_marks_(\d+)_/.exec(toolCallId)?.[1];
  // The first call waits for POST_DELAY_MS, and the end of it for the post.
  if (mark === undefined || Number(mark) < 2 || (phase !== 'start' && phase !== 'result')) return undefined;
  const shown = new RegExp(`mark-${mark}\\.\`${phase === 'start' ? '' : ' \\[OK\\]'}`);
  const edit = edits.find(({ body }) => shown.test(messageOf(body)));
  return { phase, ms: (edit?.at ?? Number.NaN) - at };
}

interface ToolPayload {
  readonly stream: string;
  readonly sessionKey: string;
  readonly data: { readonly phase: string; readonly toolCallId: string };
}

function messageOf(body: unknown): string {
  const { message = '' } = body as { readonly message?: string };
  return message;
}
