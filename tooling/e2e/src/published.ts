import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonStage } from '@live-status/stage';

/** Everything that leaves the daemon, by the way it leaves. */
export interface Published {
  /** Every version of every post, with its props, as JSON. */
  readonly posts: string;
  /** The files of `STATE_DIR`, the ledger among them. */
  readonly state: string;
  /** What it printed. */
  readonly log: string;
  /** The page, `/health` and `/metrics`. */
  readonly pages: string;
}

/** Collects what has left the daemon so far; the ledger and the page forget what has ended. */
export async function collectPublished(stage: DaemonStage): Promise<Published> {
  const { simulator, daemon, stateDir } = stage;
  const names = await readdir(stateDir);
  const files = names.map((name) => readFile(join(stateDir, name), 'utf8').catch(() => ''));
  const pages = ['/', '/health', '/metrics'].map(async (path) => (await fetch(daemon.current.healthUrl + path)).text());
  return {
    posts: stage
      .posts()
      .map(({ id }) => JSON.stringify(simulator.edits(id)))
      .join('\n'),
    state: (await Promise.all(files)).join('\n'),
    log: daemon.output(),
    pages: (await Promise.all(pages)).join('\n'),
  };
}
