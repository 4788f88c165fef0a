/** Which requests a fault strikes. */
export interface FaultScope {
  /** One route or several, as `METHOD /path/:param`, for example `PUT /posts/:post_id/patch`. Default: every API route. */
  readonly route?: string | readonly string[];
  /** How many requests it strikes before it is spent. Default 1; `Infinity` until cleared. */
  readonly times?: number;
}

/** A fault that was set. Disposing clears it. */
export interface Fault extends Disposable {
  /** Requests struck so far. */
  readonly hits: number;
  clear(): void;
}

/** A fault that keeps requests waiting. */
export interface Hold extends Fault {
  /** Resolves when the first request waits. */
  readonly reached: Promise<void>;
  /** Lets the waiting requests go on, and stops holding others. */
  release(): void;
}

/** Where a request can be struck: before it is handled, between check and commit of a create, before its answer. */
export type FaultStage = 'request' | 'save' | 'answer';

/** How a struck request ends. */
export type Ending =
  | { readonly kind: 'reset' }
  | { readonly kind: 'fail'; readonly status: number; readonly errorId: string }
  | { readonly kind: 'html-502' }
  | { readonly kind: 'half-body' }
  | { readonly kind: 'lost-answer' };

/** What a fault needs to know of a request. */
export interface Struck {
  readonly route: string;
  readonly signal: AbortSignal;
}

/** Closes and opens the listening socket. */
export interface Connectivity {
  offline(): Promise<void>;
  online(): Promise<void>;
}
