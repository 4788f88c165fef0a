import { findNodeFor } from '../real/find-node.ts';
import { installOpenClaw } from '../real/install-openclaw.ts';
import { report } from '../real/report.ts';
import { runBesideGateway } from './run.ts';

/** From here on OpenClaw writes no transcripts. */
const FIRST = '2026.8.1';

/** Whether sessions of this version of OpenClaw are followed through its gateway. */
export function isGatewayVersion(version: string): boolean {
  return version.localeCompare(FIRST, 'en', { numeric: true }) >= 0;
}

/** How to run and to report. */
export interface WatchOptions {
  /** Only situations whose name contains this, and the first one. */
  readonly only: string;
  /** Prints every post. */
  readonly verbose?: boolean;
  /** Leaves the files of the run for a look. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
}

/** Runs a gateway of this version with Live Status beside it, and prints what was seen. Whether all was as it must be. */
export async function watchGateway(version: string, options: WatchOptions): Promise<boolean> {
  const { only, verbose, keep = false, signal } = options;
  const openclaw = await installOpenClaw(version);
  const node = await findNodeFor(openclaw, signal);
  let isKept = keep;
  const { root, played, lines, problems } = await runBesideGateway({
    openclaw,
    node,
    only,
    signal,
    isKept: () => isKept,
    onPlayed: (one) => {
      isKept ||= one.problems.length > 0;
      console.log(`  ${one.problems.length === 0 ? 'ok' : '!!'}  ${one.name}`);
    },
  });
  report(`OpenClaw ${version} through its gateway, Live Status without any setting`, played, verbose);
  for (const line of lines) console.log(line);
  if (isKept) console.log(`The files of this run: ${root}`);
  return problems.length === 0;
}
