import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@live-status/resilience';
import { DATABASE_FILES, isDatabaseNewer } from '@live-status/transcript-parser';

export interface DirectoryHealthOptions {
  readonly root: string;
  /** Whether a session database that is newer than every transcript is a problem. */
  readonly databaseIsTrouble: boolean;
  readonly log: Log;
}

/** What keeps the transcripts of a directory from being seen, as of the last check. */
export class DirectoryHealth {
  readonly #options: DirectoryHealthOptions;
  #reasons: readonly string[] = [];

  constructor(options: DirectoryHealthOptions) {
    this.#options = options;
  }

  /** One sentence with its fix each. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }

  /** Checks now; what is new is logged. `newestTranscriptAt`: last change of any, milliseconds since the epoch. */
  check(newestTranscriptAt: number): void {
    const { root, databaseIsTrouble, log } = this.#options;
    const reasons = findProblems(root, databaseIsTrouble ? newestTranscriptAt : Number.POSITIVE_INFINITY);
    for (const reason of reasons) if (!this.#reasons.includes(reason)) log.warn({}, reason);
    this.#reasons = reasons;
  }
}

/**
 * What keeps the transcripts of a directory from being seen, one sentence with its fix each: a directory that is not
 * there, or the SQLite store that OpenClaw 2026.8 and later write instead.
 * `newestTranscriptAt`: last change of any transcript, milliseconds since the epoch.
 */
function findProblems(root: string, newestTranscriptAt: number): string[] {
  const names = namesIn(root);
  if (names === undefined)
    return [`${root} cannot be listed: set TRANSCRIPT_DIR to the directory of the agents' sessions.`];
  const agents = [join(root, '..'), ...names.map((name) => join(root, name))];
  const store = agents
    .flatMap((agent) => DATABASE_FILES.map((name) => join(agent, 'agent', name)))
    .find((path) => isDatabaseNewer({ databaseAt: changedAt(path), transcriptsAt: newestTranscriptAt }));
  if (store === undefined) return [];
  return [
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

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}
