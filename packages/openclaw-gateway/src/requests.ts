import type { GatewayRequest } from './observation.ts';

/** What is to be asked of the gateway because of what it reported. */
export class Requests {
  #requests: GatewayRequest[] = [];

  add(request: GatewayRequest): void {
    this.#requests.push(request);
  }

  /** Those since the last call. */
  take(): readonly GatewayRequest[] {
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }
}
