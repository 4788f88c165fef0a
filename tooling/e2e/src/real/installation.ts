import { join } from 'node:path';
import type { GatewayStage, GatewayStageOptions } from './gateway-stage.ts';
import type { OpenClaw } from './install-openclaw.ts';
import { OperatorShell } from './operator-shell.ts';
import { OperatorsWay } from './operators-way.ts';

/** A part of the way of an operator. */
export interface PlayedStep {
  readonly name: string;
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** How an installation is played. */
export interface InstallationOptions {
  readonly openclaw: OpenClaw;
  /** The Node that runs the gateway. */
  readonly node: string;
  readonly openStage: (options: GatewayStageOptions) => Promise<GatewayStage>;
  /** Starts `openclaw.json` with a comment, which OpenClaw's own command would lose. */
  readonly hasComments: boolean;
  /** Keeps the files for a look; those of a way with problems stay anyway. */
  readonly isKept: boolean;
  readonly onStep: (step: PlayedStep) => void;
  readonly signal: AbortSignal;
}

/** Its hooks learn of a start, not of a stop. */
const WITHOUT_SHUTDOWN_EVENT = '2026.3.28';

/**
 * Plays the way of an operator from a gateway without Live Status to one that had it. Ends at the first problem.
 * Resolves with where the files are, if they stay.
 */
export async function playInstallation(options: InstallationOptions): Promise<string | undefined> {
  const { openclaw, node, openStage, hasComments, onStep, signal } = options;
  let { isKept } = options;
  const tellsStop = openclaw.version !== WITHOUT_SHUTDOWN_EVENT;
  const env = (root: string): Record<string, string> => ({ HEALTH_PORT: '0', PID_FILE: join(root, 'daemon.pid') });
  const formatConfig = (config: object): string =>
    `${hasComments ? '// my gateway\n' : ''}${JSON.stringify(config, undefined, 2)}\n`;
  const place = { homeName: "operator's home", env, formatConfig, isKept: () => isKept };
  const stage = await openStage({ openclaw, node, signal, ...place });
  const shell = await OperatorShell.open(stage, { openclaw, node, env: env(stage.root), signal });
  try {
    for (const { name, walk } of new OperatorsWay(stage, shell, { tellsStop, signal }).steps()) {
      const problems = await walk().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
      onStep({ name, problems });
      isKept ||= problems.length > 0 && !signal.aborted;
      if (problems.length > 0) break;
    }
    return isKept ? stage.root : undefined;
  } finally {
    await shell.stopDaemon();
    await stage[Symbol.asyncDispose]();
  }
}
