import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CheckResult,
  checkBuild,
  checkDaemon,
  checkDrafts,
  checkFiles,
  checkGateway,
  checkHook,
  checkNode,
  checkOpenClawConfig,
  checkOpenClawStore,
  checkSettings,
  checkStateDir,
  checkTranscripts,
  type DaemonProgram,
  DEFAULT_GATEWAY_URL,
  EXIT,
  findInstalledVersion,
  findWriteProblem,
  isReadable,
  locateOpenClaw,
  lookAtGateway,
  lookAtOpenClaw,
  lookAtSessions,
  lookForHook,
  type Machine,
  type Report,
  readDaemonStatus,
  readSettings,
  type SettingsReading,
} from '@live-status/operations';
import { examineMattermost } from './doctor-mattermost.ts';
import { describeChecks, hideSecrets } from './doctor-text.ts';

/** What the doctor looks at. */
export interface Patient {
  readonly machine: Machine;
  readonly daemonProgram: DaemonProgram | undefined;
  /** One JSON object instead of lines. Default: false. */
  readonly json?: boolean | undefined;
}

/** A group of checks. One that breaks is a finding itself: the others still run. */
type Examination = readonly [name: string, examine: () => Promise<readonly CheckResult[]>];

/** Checks everything that can be checked from here; works on the most broken installation. */
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
    return [{ name, state: 'fail', found, cure: 'repair the other findings and run the doctor again' }];
  }
}

async function examineOpenClaw({ env, home }: Machine, reading: SettingsReading): Promise<readonly CheckResult[]> {
  const { sound } = reading;
  const { openclaw, source = 'auto' } = sound;
  const files = locateOpenClaw(env, home);
  const transcriptDir = sound.transcriptDir ?? join(files.stateDir, 'agents');
  const look = lookAtSessions(transcriptDir);
  const version = findInstalledVersion(env.PATH ?? '') ?? openclaw?.version;
  const choice = lookAtOpenClaw({ ...sound, transcriptDir });
  const followsGateway = source === 'gateway' || (source === 'auto' && choice.source === 'gateway');
  return [
    checkOpenClawConfig(reading, files, existsSync),
    checkOpenClawStore({ version, choice, files: look.files }, source),
    ...(followsGateway ? await examineGateway(sound) : [checkTranscripts(look)]),
    ...checkFiles(sound, isReadable),
    checkDrafts(openclaw, version),
    checkHook(openclaw, lookForHook(openclaw, files, home)),
  ];
}

async function examineGateway(sound: SettingsReading['sound']): Promise<readonly CheckResult[]> {
  const { gatewayUrl = DEFAULT_GATEWAY_URL } = sound;
  return [checkGateway(await lookAtGateway(gatewayUrl, sound))];
}

async function examineDaemon({ sound }: SettingsReading): Promise<readonly CheckResult[]> {
  const { stateDir, healthPort, healthHost, healthToken } = sound;
  if (stateDir === undefined || healthPort === undefined || healthHost === undefined) {
    const cure = 'correct the settings of its state directory and health address';
    return [{ name: 'daemon', state: 'fail', found: 'cannot be found', cure }];
  }
  const address = { stateDir, healthPort, healthHost, ...(healthToken && { healthToken }) };
  return [checkStateDir(stateDir, findWriteProblem(stateDir)), ...checkDaemon(await readDaemonStatus(address))];
}
