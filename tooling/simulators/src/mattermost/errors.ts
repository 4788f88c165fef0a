/** An error answer of the API: `{id, message, detailed_error, request_id, status_code}`. Clients match on `id`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly status: number;

  constructor(status: number, id: string, message: string) {
    super(message);
    this.status = status;
    this.code = id;
  }
}

/** 403, also for editing or deleting what does not exist: the server checks the permission first. */
export function permissionError(): AppError {
  return new AppError(403, 'api.context.permissions.app_error', 'You do not have the appropriate permissions.');
}

/** 401 for a missing, unknown or revoked token. */
export function sessionExpired(): AppError {
  return new AppError(401, 'api.context.session_expired.app_error', 'Invalid or expired session, please login again.');
}

/** 400 for a body whose field `name` is missing or malformed. */
export function invalidBody(name: string): AppError {
  return new AppError(400, 'api.context.invalid_body_param.app_error', `Invalid or missing ${name} in request body.`);
}

/** 400 for a malformed id in the path. */
export function invalidUrl(name: string): AppError {
  return new AppError(
    400,
    'api.context.invalid_url_param.app_error',
    `Invalid or missing ${name} parameter in request URL.`,
  );
}
