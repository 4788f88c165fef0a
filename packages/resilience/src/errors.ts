/** A call that was not made because the circuit is open. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = 'ERR_CIRCUIT_OPEN';
  /** When the next probe may go, milliseconds since the epoch. */
  readonly probeAt: number;

  constructor(probeAt: number, options?: ErrorOptions) {
    super('The circuit is open after repeated failures; wait for ready() before the next call', options);
    this.probeAt = probeAt;
  }
}

/** A coalescer or scope was used after closing began. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
  readonly code = 'ERR_CLOSED';

  constructor(what: string) {
    super(`${what} is closed; create a new one`);
  }
}
