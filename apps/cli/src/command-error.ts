import { EXIT, type ExitCode } from '@live-status/daemon-control/exit-code';

/** A command that failed. The message names the thing and the fix, and contains no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'ERR_COMMAND';
  readonly exitCode: ExitCode;

  constructor(message: string, { exitCode = EXIT.failed, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
