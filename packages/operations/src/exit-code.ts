/** Exit codes of the commands. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Usage or configuration. */
  usage: 2,
  /** A daemon runs already where none may, or none runs where one should. */
  running: 3,
} as const;

/** How a command ends. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
