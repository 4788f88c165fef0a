import type { Secret } from '@live-status/openclaw-config';
import { type Level, type Logger, pino } from 'pino';
import type { PrettyStream } from 'pino-pretty';
import { type LogDestination, type LogFileOptions, openLogFile } from './log-file.ts';

/** Where log lines go. */
export interface LogOptions {
  readonly level: Level | 'silent';
  /** Whether lines are formatted for people instead of as JSON. */
  readonly pretty: boolean;
  /** Values that must not appear in a line, whatever error or field they are part of. */
  readonly secrets: readonly Secret[];
  /** File descriptor. Default: 1, standard output. */
  readonly fd?: number;
  /** A file instead, never pretty. */
  readonly file?: LogFileOptions | undefined;
}

/**
 * The log of the process. Writes at once, so that the last line before an exit is not lost.
 *
 * @throws {LogFileError} when `file` cannot be opened
 */
export async function createLog({ level, secrets, ...options }: LogOptions): Promise<Logger> {
  // Lines are JSON, where a secret may be escaped, and escaped once more in a quoted body.
  const spellings = [...new Set(secrets.flatMap((secret) => spellingsOf(secret.reveal())))];
  const streamWrite = (line: string): string => spellings.reduce((text, each) => text.replaceAll(each, '***'), line);
  const destination = await openDestination(options);
  // A closed pipe or a full disk is not a reason to stop.
  destination.on('error', () => undefined);
  return pino({ level, hooks: { streamWrite }, base: { name: 'live-status' } }, destination);
}

/** The longest first, so that no part of one remains. */
function spellingsOf(secret: string): readonly string[] {
  const inJson = inside(secret);
  return [inside(inJson), inJson, secret];
}

/** A text as it appears between the quotation marks of JSON. */
function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

async function openDestination({
  pretty,
  fd = 1,
  file,
}: Pick<LogOptions, 'pretty' | 'fd' | 'file'>): Promise<LogDestination | PrettyStream> {
  if (file) return openLogFile(file);
  return pretty ? prettyDestination(fd) : pino.destination({ dest: fd, sync: true });
}

/** Only loaded for a terminal, to save a service the memory. */
async function prettyDestination(fd: number): Promise<PrettyStream> {
  const { build } = await import('pino-pretty');
  return build({ destination: fd, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
}
