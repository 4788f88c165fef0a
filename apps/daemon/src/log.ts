import type { Secret } from '@live-status/operations';
import { type Level, type Logger, pino } from 'pino';
import type { PrettyStream } from 'pino-pretty';

/** Where log lines go. */
export interface LogOptions {
  readonly level: Level | 'silent';
  /** Written for people instead of as JSON. */
  readonly pretty: boolean;
  /** Values that must not appear in a line, whatever error or field they came with. */
  readonly secrets: readonly Secret[];
  /** File descriptor. Default: 1, standard output. */
  readonly fd?: number;
}

/** The log of the process. Writes at once, so that the last line before an exit is not lost. */
export async function createLog({ level, pretty, secrets, fd = 1 }: LogOptions): Promise<Logger> {
  const streamWrite = (line: string): string =>
    secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), '***'), line);
  const destination = pretty ? await prettyDestination(fd) : pino.destination({ dest: fd, sync: true });
  // A reader that went away (a closed pipe) is no reason to stop.
  destination.on('error', () => undefined);
  return pino({ level, hooks: { streamWrite }, base: { name: 'live-status' } }, destination);
}

/** Loaded for a terminal only: a service does without its memory. */
async function prettyDestination(fd: number): Promise<PrettyStream> {
  const { build } = await import('pino-pretty');
  return build({ destination: fd, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
}
