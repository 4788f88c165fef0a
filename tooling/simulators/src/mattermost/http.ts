import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, invalidBody } from './errors.ts';

/** The body of a request as text; undefined where it is larger than `maxBytes`. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read on but keep nothing: cutting the upload would hide the answer from the client.
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks).toString();
}

/**
 * The JSON of a body; undefined where it is empty.
 * @throws AppError 413 where it was too large to be kept, 400 where it is not JSON.
 */
export function parseBody(text: string | undefined): unknown {
  if (text === undefined) {
    throw new AppError(413, 'api.context.request_body_too_large.app_error', 'Request body too large.');
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidBody('body');
  }
}

/** Answers JSON with the content type Mattermost sends: exactly `application/json`, no charset. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Answers as Go's `http.Error` does. */
export function sendPlainError(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
    .end(`${text}\n`);
}

/** Promises the whole body, sends half of it and cuts the connection. */
export function sendHalf(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
}

/** Answers with something that is not of the API. */
export function sendPage(
  response: ServerResponse,
  status: number,
  page: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): void {
  // What answers before the server knows nothing of its headers.
  for (const name of ['X-Request-Id', 'X-Version-Id']) response.removeHeader(name);
  response.writeHead(status, page.headers).end(page.body);
}

/** Cuts the connection with a TCP reset. */
export function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
