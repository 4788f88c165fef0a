import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../call.ts';
import { sendPlainError } from '../http.ts';

export class Page {
  constructor(_world: World) {}
  async handle(_request: IncomingMessage, response: ServerResponse): Promise<void> {
    sendPlainError(response, 404, '404 page not found');
  }
  close(): void {}
}
