/**
 * Why a request to Mattermost failed, in a few words for people: the error id of the server, else the status with the target of
 * a redirect, else why there was no answer (`ECONNREFUSED`, `no answer within 5 s`). None of these contains a secret.
 */
export function failureOf(error: unknown): string {
  const { errorId, status, detail } = (error ?? {}) as { errorId?: unknown; status?: unknown; detail?: unknown };
  if (typeof errorId === 'string') return errorId;
  const known = [
    ...(typeof status === 'number' ? [`status ${status}`] : []),
    ...(typeof detail === 'string' ? [detail] : []),
  ];
  return known.join(', ') || 'no answer';
}
