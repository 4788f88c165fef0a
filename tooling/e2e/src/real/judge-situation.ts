import type { Post, PostVersion } from '@live-status/simulators/mattermost';
import { stateOf } from '@live-status/stage';
import type { Conversation } from './conversation.ts';
import type { ExpectedPost, Situation } from './situations.ts';
import type { RealStage } from './stage.ts';
import { judgeStarters, type Traffic, trafficIn } from './traffic.ts';

/** A situation that was played. */
export interface PlayedSituation {
  readonly name: string;
  readonly posts: number;
  /** State of each post at last, or `–`. */
  readonly outcome: string;
  readonly edits: number;
  /** From the last cause to the first version with the final state, milliseconds; NaN without a post. */
  readonly latencyMs: number;
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
  /** What the posts say at last. */
  readonly messages: readonly string[];
  /** What OpenClaw's plugin and Live Status wrote. */
  readonly traffic: Traffic;
}

/** What was found out besides the situations. */
export interface Finding {
  /** For people to read. */
  readonly lines: readonly string[];
  /** Everything that is not as it must be, one sentence each. */
  readonly problems: readonly string[];
}

/** Plays a situation in a conversation of its own, waits until its posts are at rest, and judges them. Never rejects. */
export async function playSituation<Stage extends RealStage>(
  situation: Situation<Stage>,
  talk: Conversation<Stage>,
): Promise<PlayedSituation> {
  const failures: string[] = [];
  let causedAt = Number.NaN;
  try {
    causedAt = await situation.play(talk);
    await talk.rest();
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  const posts = talk.statusPosts();
  const histories = posts.map((post) => talk.versionsOf(post));
  const wanted = situation.posts;
  const isCounted = posts.length === wanted.length || (wanted.length === 0 && posts.every(wasSlow));
  const count = isCounted ? [] : [`${posts.length} posts instead of ${wanted.length}`];
  const messages = posts.map(({ message }) => message);
  return {
    name: situation.name,
    posts: posts.length,
    outcome: messages.map(stateOf).join(', ') || '–',
    edits: histories.reduce((sum, versions) => sum + versions.length - 1, 0),
    latencyMs: finalVersionAt(histories.at(-1) ?? []) - causedAt,
    problems: [
      ...failures,
      ...count,
      ...wanted.flatMap((expected, i) => judge(posts[i], histories[i] ?? [], expected)),
      ...[...posts, ...talk.notices()].flatMap((post) => [...judgeType(post), ...judgeAuthor(post, talk)]),
      ...judgeNotices(talk, situation.notices ?? []),
      ...judgeStarters(talk),
    ],
    messages,
    traffic: trafficIn(talk),
  };
}

/** On a busy machine even a plain answer may take `QUIET_DELAY_MS`, 30 s, from which on it is worth a post. */
function wasSlow({ message }: Post): boolean {
  return /^\S+ [^|]*\| (\d+m|[3-9]\ds)/.test(message);
}

/** When a post first showed the state that it has at last. */
function finalVersionAt(versions: readonly PostVersion[]): number {
  const state = stateOf(versions.at(-1)?.post.message ?? '');
  const before = versions.findLastIndex(({ post }) => stateOf(post.message) !== state);
  return versions[before + 1]?.at ?? Number.NaN;
}

function judge(
  post: Post | undefined,
  versions: readonly PostVersion[],
  { state, before = [], shows, never = [] }: ExpectedPost,
): string[] {
  if (post === undefined) return [];
  const { message } = post;
  const text = plain(message);
  const missing = missingIn(text, shows);
  const earlier = versions.map((version) => plain(version.post.message));
  const unseen = before.filter((wanted) => !earlier.some((one) => missingIn(one, wanted).length === 0));
  return [
    ...unseen.map((wanted) => `no version showed "${wanted.join('" and "')}"`),
    ...(stateOf(message) === state ? [] : [`${stateOf(message)} instead of ${state}`]),
    ...missing.map((wanted) => `"${wanted}" is missing or out of order`),
    ...never.filter((unwanted) => text.includes(unwanted)).map((unwanted) => `"${unwanted}" is shown`),
  ];
}

/** OpenClaw would take a post without a type for a message to its agents. */
function judgeType({ type, message }: Post): string[] {
  return type === 'custom_live_status' ? [] : [`a post has the type "${type}": ${message}`];
}

/** Who answers shows the status, too: other bots need not be there. */
function judgeAuthor<Stage extends RealStage>({ user_id: userId }: Post, talk: Conversation<Stage>): string[] {
  const { simulator } = talk.stage;
  const nameOf = (id: string): string => simulator.users().find((user) => user.id === id)?.username ?? id;
  const { id } = talk.bot.user;
  return userId === id ? [] : [`a post is by ${nameOf(userId)} instead of ${nameOf(id)}`];
}

/** Each notice says what is waited for, and at last how that was decided. */
function judgeNotices<Stage extends RealStage>(talk: Conversation<Stage>, wanted: Situation['notices'] & {}): string[] {
  const seen = talk.notices().map((post) => talk.versionsOf(post).map((version) => plain(version.post.message)));
  if (seen.length !== wanted.length) return [`${seen.length} notices instead of ${wanted.length}`];
  return wanted.flatMap(({ first, last }, i) => [
    ...(seen[i]?.at(0)?.startsWith(first) ? [] : [`the notice says "${seen[i]?.at(0)}" first`]),
    ...(seen[i]?.at(-1) === last ? [] : [`the notice says "${seen[i]?.at(-1)}" at last`]),
  ]);
}

/** Without marks of Markdown. */
function plain(message: string): string {
  return message.replace(/[\\`\u200b]/g, '');
}

/** Those that are not in the text, or out of order. */
function missingIn(text: string, wanted: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((one) => {
    const at = text.indexOf(one, from);
    if (at !== -1) from = at + one.length;
    return at === -1;
  });
}
