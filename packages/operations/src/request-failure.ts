/**
 * What is known of a request to Mattermost that failed, in a few words for people: the error id of the server, else the
 * status, else why there was no answer (`ECONNREFUSED`, `no answer within 5 s`). None of these holds a secret.
 */
export function failureOf(error: unknown): string {
  const { errorId, status, detail } = (error ?? {}) as { errorId?: unknown; status?: unknown; detail?: unknown };
  if (typeof errorId === 'string') return errorId;
  if (typeof status === 'number') return `status ${status}`;
  return typeof detail === 'string' ? detail : 'no answer';
}
