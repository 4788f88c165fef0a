import type { SessionSeen } from './event.ts';

/** What every source knows of a session. */
export interface SessionFacts {
  readonly key: string;
  readonly agentId: string;
  readonly child: boolean;
  readonly sessionId: string | undefined;
  readonly parentKey: string | undefined;
  readonly label: string | undefined;
  /** Its page in the Control UI. */
  readonly url?: string | undefined;
}

/** The event that reports a session, except for its time. */
export function sessionSeen({
  key,
  agentId,
  child,
  sessionId,
  parentKey,
  label,
  url,
}: SessionFacts): Omit<SessionSeen, 'at'> {
  return {
    type: 'session',
    sessionKey: key,
    agentId,
    child,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(parentKey === undefined ? {} : { parentKey }),
    ...(label === undefined ? {} : { label }),
    ...(url === undefined ? {} : { url }),
  };
}
