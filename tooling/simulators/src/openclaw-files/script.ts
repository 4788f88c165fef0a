import type { RecordedVersion, Recording } from '@live-status/fixtures';
import { catalogBytes, type Disk, type Script, ScriptedSession, type SessionOptions } from './scripted-session.ts';

/** What happens to the files of a gateway, written by hand. Steps may be given in any order; times are milliseconds. */
export interface ScriptedGateway extends Script {
  session(options: SessionOptions): ScriptedSession;
  /** The gateway process dies. */
  kill(tMs: number, signal: 'SIGKILL' | 'SIGTERM'): void;
  /** The recording that a gateway which did all this would have left. */
  recording(): Recording;
}

interface Step {
  readonly tMs: number;
  readonly write: (disk: Disk) => void;
}

/** A script for a gateway of one version, to be played as a recording. */
export function scriptGateway(version: RecordedVersion): ScriptedGateway {
  const steps: Step[] = [];
  const gateway: ScriptedGateway = {
    version,
    sessionsDir: '/home/node/.openclaw/agents/main/sessions',
    startedAt: Date.UTC(2026, 10, 22, 8),
    showsFirstLine: false,
    step: (tMs, write) => void steps.push({ tMs, write }),
    session: (options) => new ScriptedSession(gateway, options),
    kill: (tMs, signal) => gateway.step(tMs, ({ events }) => events.push({ tMs, op: 'kill', signal })),
    recording: () => toRecording(version, steps),
  };
  return gateway;
}

function toRecording(version: RecordedVersion, steps: readonly Step[]): Recording {
  const disk: Disk = { events: [], files: new Map(), catalog: new Map() };
  for (const { write } of [...steps].sort((a, b) => a.tMs - b.tMs)) write(disk);
  const files = [...disk.files].map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]);
  return {
    version,
    scenario: 'written by hand',
    events: disk.events,
    durationMs: disk.events.at(-1)?.tMs ?? 0,
    finalFiles: new Map(files),
    finalCatalog: catalogBytes(disk),
  };
}
