/** The code of a file system or process error (`ENOENT`), for people. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
