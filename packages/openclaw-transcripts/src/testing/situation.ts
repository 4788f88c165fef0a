import type { LineExpectation, RecordedVersion, ShownPiece } from '@live-status/fixtures';
import { type BoxEntry, DEFAULT_RULES } from '@live-status/session-state';
import {
  type Fields,
  mattermostEntry,
  type ScriptedGateway,
  type ScriptedSession,
  scriptGateway,
  USAGE,
} from '@live-status/simulators/openclaw-files';
import { expect } from 'vitest';
import { judgeBox } from './judge-box.ts';
import { playRecording } from './play-recording.ts';

/** A situation that was not recorded, as a script, and what must be posted, written down before it ran. */
export interface Situation {
  readonly name: string;
  /** Default: 2026.7.1. */
  readonly version?: RecordedVersion;
  readonly script: (gateway: ScriptedGateway) => void;
  /** What is posted with the default delays, in the order in which it begins. */
  readonly posts: readonly ShownPiece[];
  /** When each of them is posted at the latest, where that matters. */
  readonly postedBy?: readonly number[];
  /** The source starts at this moment. Default: before everything. */
  readonly startMs?: number;
  /** The gateway runs in another pid namespace. */
  readonly foreignOwner?: boolean;
}

/** Plays a situation in process and compares its posts with what they must show. */
export async function playSituation(situation: Situation): Promise<void> {
  const { version = '2026.7.1', script, posts, postedBy = [], ...options } = situation;
  const gateway = scriptGateway(version);
  script(gateway);
  const [played] = await playRecording(gateway.recording(), [DEFAULT_RULES], options);
  const { entries = [], postedAt = new Map<string, number>() } = played ?? {};
  const posted = entries.filter((entry) => entry.worthPost);
  const wrong = posts.flatMap((post, i) => (posted[i] === undefined ? ['no post'] : judgeBox(posted[i], post)));
  const late = postedBy.filter((ms, i) => !((postedAt.get(posted[i]?.boxId ?? '') ?? Number.NaN) <= ms));
  expect(posted.map((entry) => entry.sessionKey)).toEqual(posts.map((post) => post.rootKey));
  expect(wrong).toEqual([]);
  expect(late).toEqual([]);
  expect(posted.every((entry) => entry.settled || mayChange(entry))).toBe(true);
}

/** A run that was cut may be resumed, and a command in the background may end long after its run. */
export function mayChange({ box }: BoxEntry): boolean {
  return box.state === 'interrupted' || box.inBackground !== undefined;
}

interface Shown {
  readonly root?: string;
  readonly outcome?: ShownPiece['outcome'];
  readonly reason?: string;
  /** First evidence and last ending entry. */
  readonly during: readonly [startMs: number, endMs: number];
  readonly target?: ShownPiece['target'];
  readonly lines: readonly LineExpectation[];
  /** Model calls whose tokens count. */
  readonly modelCalls: number;
  readonly answer?: string;
}

export const CHANNEL = 'agent:main:mattermost:channel:chan';

/** What a post shows; by default a piece of work of {@link CHANNEL} that is done. */
export function shown({ root = CHANNEL, outcome = 'done', during, modelCalls, target, ...rest }: Shown): ShownPiece {
  const tokens = { input: modelCalls * USAGE.input, output: modelCalls * USAGE.output, cacheRead: 0, cacheWrite: 0 };
  const [startMs, endMs] = during;
  const chan = { kind: 'channel', channelId: 'chan' } as const;
  return { posts: 'always', rootKey: root, outcome, startMs, endMs, target: target ?? chan, tokens, why: '', ...rest };
}

/** Catalog fields of a session that talks to a Mattermost channel or person. */
export function mattermost(to: string, more: Fields = {}): Fields {
  const [kind, id] = to.split(':');
  return {
    channel: 'mattermost',
    chatType: kind === 'user' ? 'direct' : 'channel',
    ...(kind === 'user' ? {} : { groupId: id }),
    ...mattermostEntry(to),
    abortedLastRun: false,
    ...more,
  };
}

/** The session of {@link CHANNEL}. */
export function channel(gateway: ScriptedGateway, id = 'c0c0c0c0-root', more: Fields = {}): ScriptedSession {
  return gateway.session({ key: CHANNEL, id, entry: mattermost('channel:chan', more) });
}

/**
 * A sub-agent of a session, from when its catalog entry appears: first alone, then with its parent, then with its
 * label. 2026.7.1 gives it the whole target of the conversation, 2026.3.28 only the channel.
 */
export function child(
  gateway: ScriptedGateway,
  parentKey: string,
  name: string,
  tMs: number,
  more: Fields = {},
): ScriptedSession {
  const entry =
    gateway.version === '2026.7.1'
      ? mattermost('channel:chan')
      : { channel: 'mattermost', groupId: 'chan', deliveryContext: { channel: 'mattermost' } };
  const id = `${name}${'0'.repeat(8)}`.slice(0, 8);
  return gateway
    .session({ key: childKey(name), id, tMs, entry: { ...entry, ...more, sessionFile: undefined } })
    .entry(tMs + 100, { spawnedBy: parentKey })
    .entry(tMs + 150, { label: name })
    .entry(tMs + 900, { sessionFile: `/home/node/.openclaw/agents/main/sessions/${more.file ?? `${id}.jsonl`}` });
}

export function childKey(name: string): string {
  return `agent:main:subagent:${name}-key`;
}

/** The task that a sub-agent's transcript begins with. */
export const TASK =
  '[Subagent Context] You are running as a subagent (depth 1/1). Results auto-announce.\n\n[Subagent Task]\n\nwork';

/** What a resumed session's transcript goes on with after a restart. */
export const RESUMED =
  '[System] Your previous turn was interrupted by a gateway restart. Continue from where you left off.';
