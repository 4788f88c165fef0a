import { EXIT, type ExitCode } from '@live-status/operations';

/** A command that cannot do what it was asked to. The message names the thing and the cure, and holds no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'ERR_COMMAND';
  readonly exitCode: ExitCode;

  constructor(message: string, { exitCode = EXIT.failed, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
