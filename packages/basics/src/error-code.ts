/** The code of an error of Node or the operating system (`ENOENT`); `undefined` for anything without one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
