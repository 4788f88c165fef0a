import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILES, isDatabaseNewer } from '@live-status/transcript-parser';
import type { SourceLog } from './clock.ts';

export interface SurroundingsOptions {
  readonly root: string;
  /** Whether a session database that is newer than every transcript is trouble. */
  readonly databaseIsTrouble: boolean;
  readonly log: SourceLog;
}

/** What around the transcripts keeps them from being seen, as of the last look. */
export class Surroundings {
  readonly #options: SurroundingsOptions;
  #trouble: readonly string[] = [];

  constructor(options: SurroundingsOptions) {
    this.#options = options;
  }

  /** One sentence with its cure each. */
  get trouble(): readonly string[] {
    return this.#trouble;
  }

  /** Looks now; what is new is logged. `newestTranscriptAt`: last change of any, milliseconds since the epoch. */
  look(newestTranscriptAt: number): void {
    const { root, databaseIsTrouble, log } = this.#options;
    const trouble = troubleAround(root, databaseIsTrouble ? newestTranscriptAt : Number.POSITIVE_INFINITY);
    for (const reason of trouble) if (!this.#trouble.includes(reason)) log.warn({}, reason);
    this.#trouble = trouble;
  }
}

/**
 * What around the transcripts keeps them from being seen, one sentence with its cure each: a directory that is not
 * there, links (which are never followed), or the SQLite store that OpenClaw 2026.8 and later write instead.
 * `newestTranscriptAt`: last change of any transcript, milliseconds since the epoch.
 */
function troubleAround(root: string, newestTranscriptAt: number): string[] {
  const names = namesIn(root);
  if (names === undefined)
    return [`${root} cannot be listed: set TRANSCRIPT_DIR to the directory of the agents' sessions.`];
  const sessions = names.flatMap((name) => [join(root, name), join(root, name, 'sessions')]);
  const links = sessions
    .filter(isLinkToDirectory)
    .map((path) => `${path} is a symbolic link and is not followed: set TRANSCRIPT_DIR to the directory it points to.`);
  const agents = [join(root, '..'), ...names.map((name) => join(root, name))];
  const store = agents
    .flatMap((agent) => DATABASE_FILES.map((name) => join(agent, 'agent', name)))
    .find((path) => isDatabaseNewer({ databaseAt: changedAt(path), transcriptsAt: newestTranscriptAt }));
  if (store === undefined) return links;
  return [
    ...links,
    `${store} is newer than every transcript: this OpenClaw (2026.8 or later) writes no transcripts; set SOURCE=auto, which follows its gateway, or SOURCE=gateway.`,
  ];
}

function namesIn(root: string): string[] | undefined {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name);
  } catch {
    return undefined;
  }
}

function isLinkToDirectory(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}
