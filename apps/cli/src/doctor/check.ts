import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compact } from '@live-status/basics';
import type { DaemonProgram, Machine } from '@live-status/daemon-control';
import {
  chooseSource,
  findInstalledVersion,
  locateOpenClaw,
  type OpenClawFiles,
  type SourceChoice,
} from '@live-status/openclaw-config';
import type { TriedGateway } from '@live-status/openclaw-gateway';
import type { SettingsReading } from '@live-status/settings';
import { attemptGateway } from './attempt-gateway.ts';
import type { Finding, FindingId } from './finding.ts';
import { scanTranscripts, type TranscriptScan } from './probe-files.ts';
import { readSessions, type SessionRow } from './session-rows.ts';

/**
 * One check of the doctor, or a few that belong together. All checks run at the same time. A check does what the daemon would
 * do (connect, log in, read, write) and leaves nothing behind; it has timeouts of its own and finds the cause of what it
 * expects to fail.
 */
export interface Check {
  /** Reports under this id if the check itself throws or takes too long. */
  readonly id: FindingId;
  /** What is checked, one to three words. */
  readonly name: string;
  readonly run: (installation: Installation) => Promise<readonly Finding[]>;
}

/** What is examined, with what most checks need to know about it. */
export interface Installation {
  readonly machine: Machine;
  readonly reading: SettingsReading;
  readonly daemonProgram: DaemonProgram | undefined;
  /** Where OpenClaw keeps its files. */
  readonly files: OpenClawFiles;
  /** Whether the configuration file of `files` exists. */
  readonly hasConfigFile: boolean;
  /** Of the `openclaw` in `PATH`, else of the one that last wrote openclaw.json. */
  readonly openclawVersion?: string;
  readonly transcripts: TranscriptScan;
  /** What the daemon follows with `SOURCE=auto`. */
  readonly choice: SourceChoice;
  /** Whether the daemon follows the gateway. */
  readonly followsGateway: boolean;
  /** Tries the gateway, once, when that is asked for. Rejects as `tryGateway` does. */
  readonly gateway: () => Promise<TriedGateway>;
  /** OpenClaw's sessions, the latest first; read once, when they are asked for. */
  readonly sessions: () => Promise<readonly SessionRow[]>;
}

/** Reads what most checks need. Asks no server at once. */
export function readInstallation(
  machine: Machine,
  reading: SettingsReading,
  daemonProgram: DaemonProgram | undefined,
): Installation {
  const { sound } = reading;
  const { openclaw, source = 'auto' } = sound;
  const files = locateOpenClaw(machine.env, machine.home);
  const transcriptDir = sound.transcriptDir ?? join(files.stateDir, 'agents');
  const choice = chooseSource({ ...sound, transcriptDir });
  const followsGateway = source === 'gateway' || (source === 'auto' && choice.source === 'gateway');
  let tried: Promise<TriedGateway> | undefined;
  const gateway = (): Promise<TriedGateway> => {
    tried ??= attemptGateway(sound);
    return tried;
  };
  let sessions: Promise<readonly SessionRow[]> | undefined;
  return {
    machine,
    reading,
    daemonProgram,
    files,
    hasConfigFile: existsSync(files.configPath),
    ...compact({ openclawVersion: findInstalledVersion(machine.env.PATH ?? '') ?? openclaw?.version }),
    transcripts: scanTranscripts(transcriptDir),
    choice,
    followsGateway,
    gateway,
    sessions: () => {
      sessions ??= readSessions(sound, { transcriptDir, gateway: followsGateway ? gateway() : undefined });
      return sessions;
    },
  };
}
