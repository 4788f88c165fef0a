import type { RecordedVersion, Recording } from '@live-status/fixtures';
import { type Script, type Step, toRecording } from './disk.ts';
import { ScriptedSession, type SessionOptions } from './session.ts';

/** What happens in the files of a gateway, written by hand. Steps may be given in any order; times are milliseconds. */
export interface ScriptedGateway extends Script {
  /** A session. `entry`: its first catalog entry, from `tMs` on; without a key it has none. */
  session(options: SessionOptions): ScriptedSession;
  /** The gateway process dies. */
  kill(tMs: number, signal: 'SIGKILL' | 'SIGTERM'): void;
  recording(): Recording;
}

/** A script for a gateway of one version. */
export function scriptGateway(version: RecordedVersion): ScriptedGateway {
  const steps: Step[] = [];
  const gateway: ScriptedGateway = {
    version,
    step: (tMs, write) => void steps.push({ tMs, write }),
    session: (options) => new ScriptedSession(gateway, options),
    kill: (tMs, signal) => gateway.step(tMs, ({ events }) => events.push({ tMs, op: 'kill', signal })),
    recording: () => toRecording(version, steps),
  };
  return gateway;
}
