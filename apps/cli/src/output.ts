import type { Report } from '@live-status/daemon-control';

/** Where a command writes. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

/** Warns on standard error that a command of v1 is deprecated. Standard output stays as it was. */
export function warnDeprecated(command: string, { output, env }: { output: Output; env: NodeJS.ProcessEnv }): void {
  if (env.LIVE_STATUS_NO_DEPRECATION === '1') return;
  const why = 'Live Status follows agents by itself, so this call can be removed';
  output.err(`live-status ${command} is deprecated: ${why} (LIVE_STATUS_NO_DEPRECATION=1 silences this)`);
}

/** Writes the output of a control command. */
export function writeReport({ out, err }: Report, output: Output): void {
  for (const line of out) output.out(line);
  for (const line of err) output.err(line);
}
