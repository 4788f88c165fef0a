import { chooseSource, type SourceChoice } from '@live-status/openclaw-config';
import { createGatewaySource, type GatewaySourceOptions } from '@live-status/openclaw-gateway';
import { createTranscriptSource } from '@live-status/openclaw-transcripts';
import type { Clock } from '@live-status/resilience';
import type { SessionSource, SourceStatus } from '@live-status/session-state';
import type { Settings } from '@live-status/settings';
import type { Logger } from 'pino';
import type { EarlierLife } from './adopt.ts';
import { createAutoSource } from './auto-source.ts';
import { gatewaySettings, sourceSettings } from './component-options.ts';

/** How one of the interfaces of OpenClaw stands. */
export type NamedStatus = SourceStatus & { readonly name: SessionSource['name'] };

/** What a daemon follows: one interface of OpenClaw, or whichever of them tells of sessions. */
export interface DaemonSource extends SessionSource {
  /** Which interface tells of sessions now, and why; `undefined` before that is known. */
  choice(): SourceChoice | undefined;
  /** All that are followed. */
  parts(): readonly NamedStatus[];
}

/** What sources are made with. */
export interface SourceParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly before: EarlierLife;
}

/** The source that `SOURCE` names. */
export function createSource(settings: Settings, parts: SourceParts): DaemonSource {
  const { source } = settings;
  const { clock, log, before } = parts;
  const transcripts = (databaseIsTrouble: boolean): SessionSource =>
    createTranscriptSource({ ...sourceSettings(settings), databaseIsTrouble, clock, log, resume: before.places });
  const runs = [...before.runs];
  const gateway = (onServer: GatewaySourceOptions['onServer'] = () => {}): SessionSource =>
    // What an earlier life left is looked for once, not again after an upgrade weeks later.
    createGatewaySource({ ...gatewaySettings(settings), resumed: runs.splice(0), onServer, clock, log });
  if (source === 'auto') {
    const look = (): SourceChoice => chooseSource(settings);
    return createAutoSource({
      look,
      transcriptDir: settings.transcriptDir,
      transcripts: transcripts(false),
      createGateway: gateway,
      clock,
      log,
    });
  }
  const choice: SourceChoice = { source, why: `SOURCE is ${source}` };
  log.info(choice, 'source of sessions');
  return onlyOne(source === 'jsonl' ? transcripts(true) : gateway(), choice);
}

/** A source that was chosen by hand. */
export function onlyOne<T extends SessionSource>(source: T, choice: SourceChoice): T & DaemonSource {
  return Object.assign(source, {
    choice: () => choice,
    parts: () => [{ name: source.name, ...source.status() }],
  });
}
