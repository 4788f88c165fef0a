import type { JsonObject } from '@live-status/transcript-parser';

/**
 * What a gateway reported, in order. `at` is the time of observation in milliseconds since the
 * epoch.
 */
export type Observation = EventFrame | Met | CaughtUp | Lost | Tick;

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
  /** What was reported while that was asked for. The histories may contain it, too. */
  readonly frames: readonly EventFrame[];
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
