import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, invalidBody } from './errors.ts';

/**
 * The JSON body of a request; undefined where it is empty.
 * @throws AppError 413 above `maxBytes`, 400 where it is not JSON.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read on but keep nothing: cutting the upload would hide the answer from the client.
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) {
    throw new AppError(413, 'api.context.request_body_too_large.app_error', 'Request body too large.');
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
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

/** What a proxy answers whose server is away. */
export function sendBadGatewayPage(response: ServerResponse): void {
  const page =
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';
  response.writeHead(502, { 'Content-Type': 'text/html' }).end(page);
}

/** Cuts the connection with a TCP reset. */
export function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
