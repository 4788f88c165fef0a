import {
  chooseSource,
  DEFAULT_GATEWAY_URL,
  findInstalledVersion,
  type SourceChoice,
} from '@live-status/openclaw-config';
import { createGatewaySource, type GatewaySourceOptions } from '@live-status/openclaw-gateway';
import { createTranscriptSource, type TranscriptSourceOptions } from '@live-status/openclaw-transcripts';
import type { Clock, Log } from '@live-status/resilience';
import type { ResumeToken, SessionSource } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { Logger } from 'pino';
import { createAutoSource } from './auto-source.ts';
import { chosenSource, type DaemonSource } from './daemon-source.ts';
import { OpenClawSourcePolicy } from './source-policy.ts';

/** What sources need besides the settings. */
export interface SourceParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** `PATH`, where the installed OpenClaw is searched. */
  readonly searchPath: string;
  /** Tokens of the runs that the previous process left open. Every source picks its own. */
  readonly resumeTokens: readonly ResumeToken[];
}

/** Creates the source that `SOURCE` names. */
export function createSource(settings: Settings, { clock, log, searchPath, resumeTokens }: SourceParts): DaemonSource {
  const { source } = settings;
  const transcripts = (own: Pick<TranscriptSourceOptions, 'databaseIsTrouble' | 'log'>): SessionSource =>
    createTranscriptSource({ ...transcriptSettings(settings), ...own, clock, resumeTokens });
  let unclaimed = resumeTokens;
  const gateway = (onServer: GatewaySourceOptions['onServer'] = () => {}): SessionSource => {
    const options = { ...gatewaySettings(settings), resumeTokens: unclaimed, onServer, clock, log };
    // Runs of the previous process are searched for once, not again after an upgrade weeks later.
    unclaimed = [];
    return createGatewaySource(options);
  };
  if (source === 'auto') {
    const installedVersion = findInstalledVersion(searchPath);
    const probe = (): SourceChoice => chooseSource({ ...settings, installedVersion });
    const policy = new OpenClawSourcePolicy({ probe, transcriptDir: settings.transcriptDir, clock, log });
    const isInUse = (): boolean => policy.choice?.source === 'jsonl';
    const sources = [
      { name: 'jsonl', open: () => transcripts({ databaseIsTrouble: false, log: warningsWhile(isInUse, log) }) },
      { name: 'gateway', open: () => gateway((server) => policy.meet(server)) },
    ];
    return createAutoSource({ sources, policy, clock });
  }
  const choice: SourceChoice = { source, why: `SOURCE is ${source}` };
  log.info(choice, 'session source chosen');
  return chosenSource(source === 'jsonl' ? transcripts({ databaseIsTrouble: true, log }) : gateway(), choice);
}

/** A directory that nothing is read from may be missing. */
function warningsWhile(isInUse: () => boolean, log: Log): Log {
  return {
    debug: log.debug.bind(log),
    info: log.info.bind(log),
    warn: (...line) => log[isInUse() ? 'warn' : 'debug'](...line),
    error: log.error.bind(log),
  };
}

function transcriptSettings(settings: Settings): TranscriptSourceOptions {
  const { transcriptDir, sessionsJson, idleTimeoutMs, maxSessionDurationMs, openclaw } = settings;
  // Whoever names a directory or a catalog does not mean those of OpenClaw's configuration.
  const sessionStore = transcriptDir === openclaw?.agentsDir ? openclaw.sessionStore : undefined;
  const catalog = sessionsJson !== undefined ? { sessionsJson } : sessionStore !== undefined ? { sessionStore } : {};
  return { transcriptDir, ...catalog, idleTimeoutMs, maxSessionDurationMs };
}

function gatewaySettings(settings: Settings): GatewaySourceOptions {
  const { gatewayUrl: url = DEFAULT_GATEWAY_URL, gatewayToken, gatewayPassword, openclaw, stateDir } = settings;
  return {
    url,
    token: gatewayToken?.reveal(),
    password: gatewayPassword?.reveal(),
    tlsFingerprint: openclaw?.gatewayTlsFingerprint,
    certificatePath: openclaw?.gatewayCertificate,
    graceMs: settings.gatewayGraceMs,
    stateDir,
  };
}
