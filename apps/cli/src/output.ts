import type { Report } from '@live-status/operations';

/** Where a command writes. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

/** Says once per call that a command of v1 is on its way out. Standard output stays as it was. */
export function warnDeprecated(command: string, { output, env }: { output: Output; env: NodeJS.ProcessEnv }): void {
  if (env.LIVE_STATUS_NO_DEPRECATION === '1') return;
  const cure = 'Live Status follows agents by itself, so this call can go';
  output.err(`live-status ${command} is deprecated: ${cure} (LIVE_STATUS_NO_DEPRECATION=1 silences this)`);
}

/** Writes what a command of `operations` has to say. */
export function writeReport({ out, err }: Report, output: Output): void {
  for (const line of out) output.out(line);
  for (const line of err) output.err(line);
}
