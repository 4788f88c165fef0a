/**
 * What an error means for the caller.
 * - `transient`: no answer, or an answer that says nothing about the request; worth another attempt.
 * - `unreadable`: the server accepted the request, but its answer cannot be read: the request has been done.
 * - `rate-limited`: not done, wait `retryAfterMs`.
 * - `auth`: the token is not valid. `forbidden`: it is, but may not do this.
 * - `gone`: no such thing. `invalid`: every other refusal.
 * - `blocked`: refused by something else than Mattermost: a proxy, a firewall, the login page of a portal.
 */
export type MattermostErrorKind =
  | 'transient'
  | 'unreadable'
  | 'rate-limited'
  | 'auth'
  | 'forbidden'
  | 'gone'
  | 'invalid'
  | 'blocked';

/** Data of a {@link MattermostError}. */
export interface MattermostErrorData {
  readonly kind: MattermostErrorKind;
  /** Method and path, without query: `PUT /api/v4/posts/…/patch`. */
  readonly request: string;
  /** HTTP status, when there was an answer. */
  readonly status?: number | undefined;
  /** The server's error id. Decide by it, never by the text, which is translated by locale. */
  readonly errorId?: string | undefined;
  /** What the server asked to wait, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What else is known, for people: `ECONNREFUSED`, `no answer within 10 s`, where a redirect leads. */
  readonly detail?: string | undefined;
}

const MEANING = {
  transient: 'Mattermost could not be reached or failed; the request can be repeated',
  unreadable: 'Mattermost accepted the request, but its answer cannot be read; is there a proxy that changes answers',
  'rate-limited': 'Mattermost limits the rate of requests; fewer updates a second help',
  auth: 'Mattermost does not accept the token; configure a valid one',
  forbidden: 'the account may not do this; add it to the team and channel, or give it the permission',
  gone: 'there is no such thing on this server, or it was deleted',
  invalid: 'Mattermost refused the request',
  blocked:
    'something on the way to Mattermost refused the request; let the bot pass through the proxy, firewall or login page',
} as const satisfies Record<MattermostErrorKind, string>;

/** A request to Mattermost that did not succeed. Carries neither token nor content. */
export class MattermostError extends Error implements MattermostErrorData {
  override readonly name = 'MattermostError';
  readonly code = 'ERR_MATTERMOST';
  readonly kind: MattermostErrorKind;
  readonly request: string;
  readonly status: number | undefined;
  readonly errorId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly detail: string | undefined;
  /** What was seen, without what it may mean: `PUT /api/v4/posts/…: 403 api.context.permissions.app_error`. */
  readonly summary: string;

  constructor(data: MattermostErrorData, options?: ErrorOptions) {
    const answer = [data.status, data.errorId, data.detail]
      .filter((part) => part !== undefined && part !== '')
      .join(' ');
    const summary = `${data.request}: ${answer === '' ? 'no answer' : answer}`;
    super(`${summary}: ${MEANING[data.kind]}`, options);
    this.summary = summary;
    this.kind = data.kind;
    this.request = data.request;
    this.status = data.status;
    this.errorId = data.errorId;
    this.retryAfterMs = data.retryAfterMs;
    this.detail = data.detail;
  }
}

/** Whether the same request may succeed later without anything being changed. */
export function isRetryable(error: unknown): error is MattermostError {
  return error instanceof MattermostError && (error.kind === 'transient' || error.kind === 'unreadable');
}

/**
 * A request failed while the server was not well, which says nothing about the request. Posting waits for the server by
 * itself, so this error stays inside of it.
 */
export class ServerAwayError extends Error {
  override readonly name = 'ServerAwayError';
  /** What the server answered to the request itself, if it was sent. */
  readonly answer: MattermostError | undefined;

  /** @param cause why the server is held to be away */
  constructor(cause: MattermostError, answer?: MattermostError) {
    super(cause.message, { cause });
    this.answer = answer;
  }
}

/** An address or token that cannot be used for any request. */
export class MattermostConfigError extends Error {
  override readonly name = 'MattermostConfigError';
  readonly code = 'ERR_MATTERMOST_CONFIG';
}
