import { mattermostRoute, type Route, type RunTrigger, type ToolEnded } from '@live-status/session-state';
import {
  compact,
  errorLine,
  hasFailed,
  isBackground,
  objectOf,
  type SessionKey,
  type ToolResult,
  textOf,
  toAccountId,
  toolNameOf,
  type UserLineKind,
} from '@live-status/transcript-parser';

/** What OpenClaw's keys, messages and tool results mean for a run: the same whether they come from a file or a gateway. */

/** Where answers of a session go, as OpenClaw keeps it beside the session. */
export interface KnownDelivery {
  readonly channel?: string;
  readonly to?: string;
  readonly threadId?: string;
  readonly accountId?: string;
}

/** A user id of Mattermost. */
const USER_ID = /^[a-z0-9]{26}$/;

/**
 * Where the answers of a root's run go, as far as its key decides that. `shared`: several origins share the key, so only
 * the run's own message can tell. `undefined`: the key names a Mattermost conversation without saying which.
 *
 * @param senders user ids of those who wrote the run's own messages, as far as they are known; `undefined` before the
 *   run's first message was read
 */
export function routeOfKey(
  key: SessionKey,
  delivery: KnownDelivery,
  senders?: readonly string[],
): Route | 'shared' | undefined {
  if (key.kind === 'cron' || key.kind === 'hook') return { kind: 'background', origin: key.kind };
  if (key.kind === 'openai') return { kind: 'elsewhere', origin: 'openai' };
  if (key.channel === undefined) return 'shared';
  if (key.channel !== 'mattermost') return { kind: 'elsewhere', origin: key.channel };
  if (key.peerId === undefined) return undefined;
  const to = key.kind === 'direct' ? personOf(key.peerId, delivery, senders) : `channel:${key.peerId}`;
  if (to === undefined) return undefined;
  const threadId = key.threadId?.toLowerCase() ?? (delivery.to === to ? delivery.threadId : undefined);
  return mattermostRoute({ to, threadId, accountId: key.accountId ?? accountOf(delivery) });
}

/** OpenClaw's Mattermost account through which a session is answered; `undefined` if that is not known. */
export function accountOf({ channel = 'mattermost', accountId }: KnownDelivery): string | undefined {
  return channel === 'mattermost' && accountId !== undefined ? toAccountId(accountId) : undefined;
}

/**
 * Whose direct messages these are. A person whose accounts are linked has a name in the key, and several accounts may
 * share it: then the delivery context says who it is, unless another one of them wrote this run's message.
 */
function personOf(
  peerId: string,
  { channel = 'mattermost', to }: KnownDelivery,
  senders: readonly string[] | undefined,
): string | undefined {
  if (USER_ID.test(peerId)) return `user:${peerId}`;
  const isPerson = channel === 'mattermost' && to?.startsWith('user:') === true;
  return isPerson && senders?.every((sender) => to === `user:${sender}`) === true ? to : undefined;
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

/** Tools that run commands, which may need the approval of a person. */
const COMMAND_TOOLS: ReadonlySet<string> = new Set(['exec', 'bash']);
/** `Exec denied (gateway id=…, user-denied): <command>`; nobody answered in time: `approval-timeout`. */
const REFUSAL = /^\w+ denied \(\w+ id=[^)]*, (user-denied|approval-timeout)\): ?(.*)/;
/** So much of a command has to be named by what refuses it; code points. */
const NAMED_CHARS = 40;
/** What a result says whose details are not told. */
const ANSWER_STATUS = /"status":\s*"(answered|no_answer)"/;

/** Statuses of calls that neither succeeded nor failed, however else their result looks. */
const UNFINISHED: Readonly<Record<string, ToolEnded['outcome']>> = {
  ...{ cancelled: 'aborted', canceled: 'aborted', aborted: 'aborted', interrupted: 'aborted', skipped: 'aborted' },
  declined: 'denied',
};

/** How a tool call ended, as its result says; `args`: what the call was given, if that is known. */
export function outcomeOfTool(
  result: ToolResult,
  args?: unknown,
): Pick<ToolEnded, 'outcome' | 'exitCode' | 'durationMs' | 'error' | 'spawned'> {
  const byPerson = refusalIn(result, args) ?? answerIn(result);
  if (byPerson !== undefined) return { outcome: byPerson };
  const unfinished = Object.hasOwn(UNFINISHED, result.status ?? '') ? UNFINISHED[result.status ?? ''] : undefined;
  if (unfinished !== undefined) return { outcome: unfinished };
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

const SUCCEEDED: ReadonlySet<string> = new Set(['completed', 'complete', 'success', 'succeeded', 'ok', 'done']);

const GOES_ON: ReadonlySet<string> = new Set(['in_progress', 'pending', 'queued', 'started']);

/**
 * How a tool call ended of which there is only a summary, the status. A status that is missing, or not known, does not
 * say that it succeeded.
 */
export function outcomeOfSummary(summary: ToolResult, args?: unknown): ReturnType<typeof outcomeOfTool> {
  const end = outcomeOfTool(summary, args);
  const { status = '' } = summary;
  if (end.outcome !== 'ok' || SUCCEEDED.has(status)) return end;
  return { ...end, outcome: GOES_ON.has(status) ? 'background' : 'ended' };
}

/** A command that a person refused, or nobody allowed in time, did not run. One that ran may print the same words. */
function refusalIn(result: ToolResult, args: unknown): 'denied' | 'not-approved' | undefined {
  const { error, exitCode, text, tool } = result;
  if (exitCode !== undefined || !COMMAND_TOOLS.has(toolNameOf(tool)) || !hasFailed(result)) return undefined;
  const [, why, refused = ''] = REFUSAL.exec(text ?? error ?? '') ?? [];
  const { cmd, command = cmd } = objectOf(args) ?? {};
  if (why === undefined || !isNamed(refused, textOf(command))) return undefined;
  return why === 'user-denied' ? 'denied' : 'not-approved';
}

function isNamed(named: string, command: string | undefined): boolean {
  const [first = ''] = command?.trim().split('\n') ?? [];
  return named.slice(0, NAMED_CHARS).trim() === first.slice(0, NAMED_CHARS).trim() || first === '';
}

/** Whether the person who was asked answered; `undefined`: nobody was asked. */
function answerIn({ status, text = '', tool }: ToolResult): 'answered' | 'no-answer' | undefined {
  if (toolNameOf(tool) !== 'ask_user') return undefined;
  const known = status === 'answered' || status === 'no_answer' ? status : ANSWER_STATUS.exec(text)?.[1];
  return known === 'answered' ? 'answered' : known === 'no_answer' ? 'no-answer' : undefined;
}
