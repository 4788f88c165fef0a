import { mattermostRoute, type Route, type RunTrigger, type ToolEnded } from '@live-status/session-state';
import {
  compact,
  errorLine,
  hasFailed,
  isBackground,
  type SessionKey,
  type ToolResultEntry,
  type UserLineKind,
} from '@live-status/transcript-parser';

/** What OpenClaw's keys, messages and tool results mean for a run: the same whether they come from a file or a gateway. */

/** Where answers of a session go, as OpenClaw keeps it beside the session. */
export interface KnownDelivery {
  readonly to?: string;
  readonly threadId?: string;
}

/**
 * Where the answers of a root's run go, as far as its key decides that. `shared`: several origins share the key, so only
 * the run's own message can tell. `undefined`: the key names a Mattermost conversation without saying which.
 */
export function routeOfKey(key: SessionKey, delivery: KnownDelivery): Route | 'shared' | undefined {
  if (key.kind === 'cron' || key.kind === 'hook') return { kind: 'background', origin: key.kind };
  if (key.kind === 'openai') return { kind: 'elsewhere', origin: 'openai' };
  if (key.channel === undefined) return 'shared';
  if (key.channel !== 'mattermost') return { kind: 'elsewhere', origin: key.channel };
  if (key.peerId === undefined) return undefined;
  const to = key.kind === 'direct' ? `user:${key.peerId}` : `channel:${key.peerId}`;
  return mattermostRoute(to, key.threadId ?? (delivery.to === to ? delivery.threadId : undefined));
}

const TRIGGERS: Readonly<Partial<Record<UserLineKind, RunTrigger>>> = {
  message: 'message',
  cron: 'message',
  hook: 'message',
  announce: 'announce',
  resume: 'resume',
};

/** What a run is for that answers this kind of message. */
export function triggerOf(kind: UserLineKind): RunTrigger {
  return TRIGGERS[kind] ?? 'other';
}

/** Whether nothing of a run that answers this kind of message is meant for people. */
export function isSilent(kind: UserLineKind): boolean {
  return kind === 'heartbeat' || kind === 'memory-flush';
}

/** `Exec denied (gateway id=…, user-denied): …`; nobody answered in time: `approval-timeout`. */
const NOT_APPROVED = /^\w+ denied \(gateway id=[^)]*, (user-denied|approval-timeout)\)/;
/** What a result says whose details are not told. */
const ANSWER_STATUS = /"status":\s*"(answered|no_answer)"/;

/** How a tool call ended, as its result says. */
export function outcomeOfTool(
  result: ToolResultEntry,
): Pick<ToolEnded, 'outcome' | 'exitCode' | 'durationMs' | 'error' | 'spawned'> {
  const byPerson = outcomeByPerson(result);
  if (byPerson !== undefined) return { outcome: byPerson };
  const failed = hasFailed(result);
  return {
    outcome: failed ? 'error' : isBackground(result) ? 'background' : 'ok',
    ...compact({
      exitCode: result.exitCode,
      durationMs: result.durationMs,
      error: failed ? errorLine(result) : undefined,
      spawned: failed ? undefined : result.childSessionKey,
    }),
  };
}

/** How a person who was waited for ended the call; `undefined`: nobody did. */
function outcomeByPerson({ exitCode, status, text = '', tool }: ToolResultEntry): ToolEnded['outcome'] | undefined {
  // A command that has an exit code ran, whatever it printed.
  const [, refusal] = (exitCode === undefined && NOT_APPROVED.exec(text)) || [];
  if (refusal !== undefined) return refusal === 'user-denied' ? 'denied' : 'not-approved';
  if (tool !== 'ask_user') return undefined;
  const known = status === 'answered' || status === 'no_answer' ? status : ANSWER_STATUS.exec(text)?.[1];
  return known === 'answered' ? 'answered' : known === 'no_answer' ? 'no-answer' : undefined;
}
