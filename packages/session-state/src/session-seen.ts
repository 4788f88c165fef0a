import type { SessionSeen } from './event.ts';

/** What sources keep of a session, besides what is their own. */
export interface SessionFacts {
  readonly key: string;
  readonly agentId: string;
  readonly child: boolean;
  readonly sessionId: string | undefined;
  readonly parentKey: string | undefined;
  readonly label: string | undefined;
}

/** A session as it is reported, but for the time. */
export function sessionSeen({
  key,
  agentId,
  child,
  sessionId,
  parentKey,
  label,
}: SessionFacts): Omit<SessionSeen, 'at'> {
  return {
    type: 'session',
    sessionKey: key,
    agentId,
    child,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(parentKey === undefined ? {} : { parentKey }),
    ...(label === undefined ? {} : { label }),
  };
}
