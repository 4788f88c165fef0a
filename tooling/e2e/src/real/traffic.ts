import type { Post } from '@live-status/simulators/mattermost';
import { type Conversation, isOurs } from './conversation.ts';
import type { PlayedSituation } from './judge-situation.ts';
import type { MockModel } from './mock-model.ts';
import type { RealStage } from './stage.ts';

/** What was written in a channel. */
export interface Written {
  readonly posts: number;
  readonly edits: number;
  readonly deletions: number;
}

/** What OpenClaw's Mattermost plugin and Live Status wrote in one conversation, and what its agent got. */
export interface Traffic {
  readonly plugin: Written;
  readonly liveStatus: Written;
  /** Posts that the model was given as messages to its agent. */
  readonly given: number;
  /** Those of them that no person wrote. */
  readonly givenByBots: number;
}

/** Counts what was written in the channel of a conversation. */
export function trafficIn<Stage extends RealStage>({ stage, channelId }: Conversation<Stage>): Traffic {
  const { simulator, model, person } = stage;
  const isHere = (post: Post): boolean => post.channel_id === channelId && post.user_id !== person.id;
  const changes = simulator.requests().flatMap(({ route = '', path, status = 0 }) => {
    const isDone = status >= 200 && status < 300;
    const kind = route.startsWith('PUT ') ? 'edits' : route.startsWith('DELETE ') ? 'deletions' : undefined;
    const post = simulator.post(/^\/posts\/(\w+)/.exec(path)?.[1] ?? '');
    return isDone && kind !== undefined && post !== undefined && isHere(post) ? [{ kind, post }] : [];
  });
  const deleted = changes.flatMap(({ kind, post }) => (kind === 'deletions' ? [post] : []));
  const posts = [...simulator.posts().filter(isHere), ...deleted];
  const written = (isWanted: (post: Post) => boolean): Written => {
    const count = (wanted: string): number =>
      changes.filter(({ kind, post }) => kind === wanted && isWanted(post)).length;
    return { posts: posts.filter(isWanted).length, edits: count('edits'), deletions: count('deletions') };
  };
  const given = postsGivenTo(model).flatMap((id) => {
    const post = simulator.post(id);
    return post?.channel_id === channelId ? [post] : [];
  });
  return {
    plugin: written((post) => !isOurs(post)),
    liveStatus: written(isOurs),
    given: given.length,
    givenByBots: given.filter(isHere).length,
  };
}

/** Ids of the posts that the model was given as messages, each once: OpenClaw names the id with the message. */
export function postsGivenTo(model: MockModel): string[] {
  const found = model.questions().flatMap(({ prompt }) => [...prompt.matchAll(/message_id\W+([a-z0-9]{26})\b/g)]);
  return [...new Set(found.map(([, id = '']) => id))];
}

/** Nothing but what a person wrote may start an agent, or reach one. */
export function judgeStarters<Stage extends RealStage>(talk: Conversation<Stage>): string[] {
  const { simulator, model, person } = talk.stage;
  const starters = postsGivenTo(model).flatMap((id) => simulator.post(id) ?? []);
  const strange = starters.filter((post) => post.channel_id === talk.channelId && post.user_id !== person.id);
  const versions = [...talk.statusPosts(), ...talk.notices()].flatMap((post) => talk.versionsOf(post));
  const heads = new Set(versions.flatMap(({ post }) => post.message.split('\n', 1)));
  const quoted = [...heads].filter((head) => model.questions().some(({ prompt }) => prompt.includes(head)));
  return [
    ...strange.map(({ message }) => `a post by somebody else started an agent: ${message}`),
    ...quoted.map((head) => `the model was told what a status post says: ${head}`),
  ];
}

/** Posts and edits of both side by side, as lines of a table. */
export function trafficTable(played: readonly PlayedSituation[]): string[] {
  const cell = (of: (written: Written) => number, { plugin, liveStatus }: Traffic): string =>
    `${of(plugin)} / ${of(liveStatus)}`;
  return [
    '| OpenClaw’s plugin / Live Status | posts | edits | deletions | messages to the agent | by a bot |',
    '|---|---|---|---|---|---|',
    ...played.map(({ name, traffic }) => {
      const counts = (['posts', 'edits', 'deletions'] as const).map((kind) => cell((one) => one[kind], traffic));
      return `| ${[name, ...counts, traffic.given, traffic.givenByBots].join(' | ')} |`;
    }),
  ];
}
