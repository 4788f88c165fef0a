/** Exit codes of the commands. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Usage or configuration. */
  usage: 2,
  /** A daemon is already running, or none is running. */
  running: 3,
} as const;

/** How a command ends. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
