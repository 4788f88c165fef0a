import { GatewayRecording, type RecordedFrame } from '@live-status/simulators/gateway';
import type { JsonObject } from '@live-status/transcript-parser';
import type { CaughtUp, EventFrame, GatewayRequest } from '../observation.ts';

/** A recording, and what is observed of the gateway by who connects somewhere in it. */
export class RecordedGateway extends GatewayRecording {
  /** What a connection finds that begins before `heldFrom` and is caught up before `toldAt`. */
  catchUp({ heldFrom, toldAt, open }: { heldFrom: number; toldAt: number; open: readonly string[] }): CaughtUp {
    const rows = this.rowsAt(toldAt);
    const running = rows.filter((row) => row.hasActiveRun === true).map(({ key }) => String(key));
    const keys = [...new Set([...open, ...running])];
    return {
      type: 'caught-up',
      bootId: 'b',
      rows,
      histories: new Map(keys.map((key) => [key, this.historyAt(toldAt, key)])),
      tasks: this.tasksAt(toldAt),
      frames: this.frames.slice(heldFrom, toldAt).map(toFrame),
      at: this.timeOf(toldAt),
    };
  }

  /** The answer to what was asked for before a frame. */
  answer({ method, params }: GatewayRequest, index: number): JsonObject {
    return method === 'chat.history' ? this.historyAt(index, params.sessionKey) : { card: null };
  }
}

/** A recorded frame as it is observed. */
export function toFrame({ t: at, event = '', payload = {} }: RecordedFrame): EventFrame {
  return { type: 'frame', event, payload, at };
}
