import { setTimeout as wait } from 'node:timers/promises';
import { type DaemonProgram, EXIT, type Machine, type Report } from '@live-status/daemon-control';
import { hideSecret, Secret } from '@live-status/openclaw-config';
import { readSettings, type SettingsReading } from '@live-status/settings';
import { type Check, type Installation, readInstallation } from './check.ts';
import { CHECKS } from './checks.ts';
import { type Finding, fail } from './finding.ts';
import { describeFindings, type Paint, toJson } from './report.ts';

/** What the doctor examines and how it reports. */
export interface DoctorOptions {
  readonly machine: Machine;
  readonly daemonProgram: DaemonProgram | undefined;
  /** One JSON object instead of lines. Default: false. */
  readonly json?: boolean | undefined;
  /** Shows everything, not only what matters. Default: false. */
  readonly verbose?: boolean | undefined;
  /** Colours for the lines. Default: none. */
  readonly paint?: Paint;
}

/** No check should take as long: each has timeouts of its own. */
const CHECK_TIMEOUT_MS = 30_000;

/** Checks everything that can be checked from here; works however broken the installation is. */
export async function doctor({ machine, daemonProgram, json, verbose, paint }: DoctorOptions): Promise<Report> {
  const reading = await readSettings(machine.env, machine);
  const installation = readInstallation(machine, reading, daemonProgram);
  const findings = (await Promise.all(CHECKS.map((check) => runCheck(check, installation)))).flat();
  const lines = json ? [toJson(findings)] : describeFindings(findings, { verbose, paint });
  return {
    exitCode: findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.done,
    out: lines.map((line) => hideSecrets(line, reading)),
    err: [],
  };
}

/** A check that throws or takes too long is a finding itself: the others still count. */
export async function runCheck(
  check: Check,
  installation: Installation,
  timeoutMs: number = CHECK_TIMEOUT_MS,
): Promise<readonly Finding[]> {
  const over = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Error(`it takes longer than ${timeoutMs / 1_000} s`);
  });
  try {
    return await Promise.race([check.run(installation), late]);
  } catch (error) {
    const found = `could not be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [fail(check, found, 'fix the other findings and run the doctor again')];
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

/** The last line of defence: no finding should contain a secret, and none gets out. */
function hideSecrets(line: string, { sound }: SettingsReading): string {
  const accounts = sound.openclaw?.mattermostAccounts?.map(({ token }) => token) ?? [];
  const values = [...Object.values(sound), ...Object.values(sound.openclaw ?? {}), ...accounts];
  const secrets = values.filter((value) => value instanceof Secret);
  return secrets.reduce((text, secret) => hideSecret(text, secret.reveal()), line);
}
