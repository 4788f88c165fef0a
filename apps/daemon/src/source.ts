import { chooseSource, type SourceChoice } from '@live-status/openclaw-config';
import { createGatewaySource, type GatewaySourceOptions } from '@live-status/openclaw-gateway';
import { createTranscriptSource } from '@live-status/openclaw-transcripts';
import type { Clock } from '@live-status/resilience';
import type { ResumeToken, SessionSource } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { Logger } from 'pino';
import { createAutoSource } from './auto-source.ts';
import { gatewaySettings, sourceSettings } from './component-options.ts';
import { chosenSource, type DaemonSource } from './daemon-source.ts';
import { OpenClawChoice } from './openclaw-choice.ts';

/** What sources are made with. */
export interface SourceParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the runs that the previous process left open. Every source picks its own. */
  readonly resumeTokens: readonly ResumeToken[];
}

/** The source that `SOURCE` names. */
export function createSource(settings: Settings, { clock, log, resumeTokens }: SourceParts): DaemonSource {
  const { source } = settings;
  const transcripts = (databaseIsTrouble: boolean): SessionSource =>
    createTranscriptSource({ ...sourceSettings(settings), databaseIsTrouble, clock, log, resumeTokens });
  let unclaimed = resumeTokens;
  const gateway = (onServer: GatewaySourceOptions['onServer'] = () => {}): SessionSource => {
    const options = { ...gatewaySettings(settings), resumeTokens: unclaimed, onServer, clock, log };
    // What the previous process left is looked for once, not again after an upgrade weeks later.
    unclaimed = [];
    return createGatewaySource(options);
  };
  if (source === 'auto') {
    const look = (): SourceChoice => chooseSource(settings);
    const policy = new OpenClawChoice({ look, transcriptDir: settings.transcriptDir, clock, log });
    const sources = [
      { name: 'jsonl', open: () => transcripts(false) },
      { name: 'gateway', open: () => gateway((server) => policy.meet(server)) },
    ];
    return createAutoSource({ sources, policy, clock });
  }
  const choice: SourceChoice = { source, why: `SOURCE is ${source}` };
  log.info(choice, 'source of sessions');
  return chosenSource(source === 'jsonl' ? transcripts(true) : gateway(), choice);
}
