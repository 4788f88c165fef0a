import type { JsonObject } from '@live-status/transcript-parser';

/**
 * What a gateway reported, in order. `at` is the time of observation in milliseconds since the
 * epoch.
 */
export type Observation = EventFrame | Met | CaughtUp | Answered | Lost | Tick;

/** An event frame. Payloads as sent: nothing about their shape is taken for granted. */
export interface EventFrame {
  readonly type: 'frame';
  /** `session.tool`, `agent`, `session.message`, `sessions.changed`, `task`, … */
  readonly event: string;
  readonly payload: JsonObject;
  readonly at: number;
}

/** A gateway answered: what is reported from now on is of this one. */
export interface Met {
  readonly type: 'met';
  /** New for each start of the gateway; absent when it names none. */
  readonly bootId?: string;
  /** Where its Control UI is, when it says so. */
  readonly controlUiUrl?: string;
  readonly at: number;
}

/** A connection stands, all sessions are subscribed, and what they did before was asked for. */
export interface CaughtUp {
  readonly type: 'caught-up';
  /** New for each start of the gateway; absent when it names none. */
  readonly bootId?: string;
  /** Rows of `sessions.list`. */
  readonly rows: readonly JsonObject[];
  /** Answers of `chat.history` of the sessions that run, or ran when the connection was lost; by session key. */
  readonly histories: ReadonlyMap<string, JsonObject>;
  /** Answer of `tasks.list`: commands in the background, and children. Default: none. */
  readonly tasks?: readonly JsonObject[];
  /** What was reported while that was asked for. The histories may contain it, too. */
  readonly frames: readonly EventFrame[];
  readonly at: number;
}

/** Something more to ask the gateway for, because of what it reported. */
export interface GatewayRequest {
  readonly method: 'chat.history' | 'progressCard.get';
  readonly params: { readonly sessionKey: string; readonly limit?: number };
  /** Not sooner: what is asked for is only known then. Milliseconds; default 0. */
  readonly afterMs?: number;
}

/** The answer to a request. One that failed is not reported. */
export interface Answered {
  readonly type: 'answered';
  readonly request: GatewayRequest;
  readonly payload: JsonObject;
  readonly at: number;
}

/** The connection is gone. */
export interface Lost {
  readonly type: 'lost';
  readonly at: number;
}

/** Time passed. */
export interface Tick {
  readonly type: 'tick';
  readonly at: number;
}
