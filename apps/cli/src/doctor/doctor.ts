import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compact } from '@live-status/basics';
import { type DaemonProgram, EXIT, type Machine, type Report, readDaemonStatus } from '@live-status/daemon-control';
import { findWriteProblem } from '@live-status/instance-lock';
import { chooseSource, DEFAULT_GATEWAY_URL, findHook, locateOpenClaw } from '@live-status/openclaw-config';
import { readSettings, type SettingsReading } from '@live-status/settings';
import { type CheckResult, describeChecks, fail, hideSecrets } from './check.ts';
import { checkDaemon } from './daemon.ts';
import { checkBuild, checkFiles, checkNode, checkSettings, checkStateDir } from './installation.ts';
import { examineMattermost } from './mattermost.ts';
import {
  checkDrafts,
  checkGateway,
  checkHook,
  checkOpenClawConfig,
  checkOpenClawStore,
  checkTranscripts,
} from './openclaw.ts';
import { findInstalledVersion, isReadable, scanTranscripts } from './probe-files.ts';
import { probeGateway } from './probe-gateway.ts';

/** What the doctor examines. */
export interface Patient {
  readonly machine: Machine;
  readonly daemonProgram: DaemonProgram | undefined;
  /** One JSON object instead of lines. Default: false. */
  readonly json?: boolean | undefined;
}

/** A group of checks. If it throws, that is a finding itself: the others still run. */
type Examination = readonly [name: string, examine: () => Promise<readonly CheckResult[]>];

/** Checks everything that can be checked from here; works however broken the installation is. */
export async function doctor({ machine, daemonProgram, json = false }: Patient): Promise<Report> {
  const reading = await readSettings(machine.env, machine);
  const examinations: readonly Examination[] = [
    ['Node', async () => [checkNode(process.version)]],
    ['build', async () => [checkBuild(daemonProgram)]],
    ['settings', async () => checkSettings(reading)],
    ['OpenClaw', async () => examineOpenClaw(machine, reading)],
    ['Mattermost', () => examineMattermost(reading)],
    ['daemon', () => examineDaemon(reading)],
  ];
  const results = (await Promise.all(examinations.map(survive))).flat();
  const healthy = results.every(({ state }) => state !== 'fail');
  const shown = json ? [JSON.stringify({ ok: healthy, checks: results }, undefined, 2)] : describeChecks(results);
  return {
    exitCode: healthy ? EXIT.done : EXIT.failed,
    out: shown.map((line) => hideSecrets(line, reading)),
    err: [],
  };
}

async function survive([name, examine]: Examination): Promise<readonly CheckResult[]> {
  try {
    return await examine();
  } catch (error) {
    const found = `could not be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [fail(name, found, 'fix the other findings and run the doctor again')];
  }
}

async function examineOpenClaw({ env, home }: Machine, reading: SettingsReading): Promise<readonly CheckResult[]> {
  const { sound } = reading;
  const { openclaw, source = 'auto' } = sound;
  const files = locateOpenClaw(env, home);
  const transcriptDir = sound.transcriptDir ?? join(files.stateDir, 'agents');
  const scan = scanTranscripts(transcriptDir);
  const version = findInstalledVersion(env.PATH ?? '') ?? openclaw?.version;
  const choice = chooseSource({ ...sound, transcriptDir });
  const followsGateway = source === 'gateway' || (source === 'auto' && choice.source === 'gateway');
  return [
    checkOpenClawConfig(reading, files, existsSync),
    checkOpenClawStore({ version, choice, files: scan.files }, source),
    ...(followsGateway ? await examineGateway(sound) : [checkTranscripts(scan)]),
    ...checkFiles(sound, isReadable),
    checkDrafts(openclaw, version),
    checkHook(openclaw?.hooks, findHook(openclaw?.hooks, files, home)),
  ];
}

async function examineGateway(sound: SettingsReading['sound']): Promise<readonly CheckResult[]> {
  const { gatewayUrl = DEFAULT_GATEWAY_URL } = sound;
  return [checkGateway(await probeGateway(gatewayUrl, sound))];
}

async function examineDaemon({ sound }: SettingsReading): Promise<readonly CheckResult[]> {
  const { stateDir, healthPort, healthHost, healthToken } = sound;
  if (stateDir === undefined || healthPort === undefined || healthHost === undefined) {
    return [fail('daemon', 'cannot be found', 'correct the settings of its state directory and health address')];
  }
  const address = { stateDir, healthPort, healthHost, ...compact({ healthToken }) };
  return [checkStateDir(stateDir, findWriteProblem(stateDir)), ...checkDaemon(await readDaemonStatus(address))];
}
