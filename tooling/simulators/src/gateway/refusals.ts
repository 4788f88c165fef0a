/** How the next connections are received. */
export type Reception = 'open' | 'starting' | 'pairing' | 'wrong-token' | 'other-protocol';

/** The error of the `connect` request, and the code with which the connection is closed. */
export interface Refusal {
  readonly close: number;
  readonly error: { readonly code: string; readonly message: string } & Readonly<Record<string, unknown>>;
}

/** As recorded from OpenClaw 2026.9.6 (pairing: as its protocol package reads it). */
export const REFUSALS: Readonly<Partial<Record<Reception, Refusal>>> = {
  starting: {
    close: 1013,
    error: {
      code: 'UNAVAILABLE',
      message: 'gateway starting; retry shortly',
      retryable: true,
      retryAfterMs: 500,
      details: { reason: 'startup-sidecars' },
    },
  },
  pairing: {
    close: 1008,
    error: {
      code: 'NOT_PAIRED',
      message: 'pairing required',
      details: { code: 'PAIRING_REQUIRED', requestId: 'req-42', reason: 'not-paired' },
    },
  },
  'wrong-token': {
    close: 1008,
    error: {
      code: 'INVALID_REQUEST',
      message: 'unauthorized: gateway token mismatch (provide gateway auth token)',
      details: { code: 'AUTH_TOKEN_MISMATCH', authReason: 'token_mismatch' },
    },
  },
  'other-protocol': {
    close: 1002,
    error: {
      code: 'INVALID_REQUEST',
      message: 'protocol mismatch',
      details: { code: 'PROTOCOL_MISMATCH', expectedProtocol: 5 },
    },
  },
};
