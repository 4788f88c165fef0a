import type { Recording } from '@live-status/fixtures';
import type { Post, Simulator } from '@live-status/simulators/mattermost';

/** Where a post was seen, in recorded ids; to be compared with an expectation's target. */
export type PostPlace =
  | { readonly kind: 'channel'; readonly channelId: string; readonly rootId?: string }
  | { readonly kind: 'user'; readonly userId: string }
  /** The simulator's `town-square`, which stands for `DEFAULT_CHANNEL`. */
  | { readonly kind: 'default' };

/** The conversations of a recording, made anew in a simulator. */
export interface Places {
  /** Recorded ids by those of the simulator that stand for them: what a replay has to replace. */
  readonly replacements: ReadonlyMap<string, string>;
  /** Where a post is, in recorded ids. */
  placeOf(post: Post): PostPlace;
}

interface Conversation {
  readonly kind: 'channel' | 'group' | 'direct';
  readonly id: string;
  readonly rootId: string | undefined;
}

const SESSION_KEY = /:mattermost:(channel|group|direct):([a-z0-9]{20,32})(?::thread:([a-z0-9]{20,32}))?"/g;

/** Makes every channel, person and thread root that session keys in a recording, or in a text, name; the bot is a member. */
export function makePlaces(simulator: Simulator, recorded: Recording | string): Places {
  const made = new Map<string, string>();
  const make = (recordedId: string, create: () => string): string => {
    const id = made.get(recordedId) ?? create();
    made.set(recordedId, id);
    return id;
  };
  for (const { kind, id, rootId } of conversationsOf(recorded)) {
    if (kind === 'direct') {
      make(id, () => simulator.addUser({ username: nameOf(id) }).id);
      continue;
    }
    const channelId = make(id, () => addChannel(simulator, nameOf(id), kind));
    if (rootId !== undefined) make(rootId, () => writeRoot(simulator, channelId));
  }
  const recordedIds = new Map([...made].map(([recorded, id]) => [id, recorded]));
  return { replacements: made, placeOf: (post) => placeOf(simulator, recordedIds, post) };
}

function conversationsOf(recorded: Recording | string): Conversation[] {
  const text = typeof recorded === 'string' ? recorded : catalogsOf(recorded);
  return [...text.matchAll(SESSION_KEY)].map(([, kind, id = '', rootId]) => ({
    kind: kind === 'direct' || kind === 'group' ? kind : 'channel',
    id,
    rootId,
  }));
}

function catalogsOf({ events }: Recording): string {
  return events.map((event) => (event.op === 'replace' ? (event.content?.toString() ?? '') : '')).join('');
}

/** `chanspawn00000000000000000` → `chanspawn`: recorded ids are names, padded. */
function nameOf(recordedId: string): string {
  return recordedId.replace(/0+(u\d+)?$/, '');
}

function addChannel(simulator: Simulator, name: string, kind: 'channel' | 'group'): string {
  const channel = simulator.addChannel({ teamId: simulator.team.id, name, type: kind === 'group' ? 'P' : 'O' });
  simulator.join(simulator.bot.user.id, [channel.id]);
  return channel.id;
}

function writeRoot(simulator: Simulator, channelId: string): string {
  const person = simulator.users().find(({ is_bot }) => is_bot !== true);
  return simulator.writePost({ userId: person?.id ?? '', channelId, message: 'A question, in a thread.' }).id;
}

function placeOf(simulator: Simulator, recordedIds: ReadonlyMap<string, string>, post: Post): PostPlace {
  const channel = simulator.channels().find(({ id }) => id === post.channel_id);
  if (channel?.type === 'D') {
    const otherId = channel.name.split('__').find((id) => id !== simulator.bot.user.id) ?? '';
    return { kind: 'user', userId: recordedIds.get(otherId) ?? otherId };
  }
  if (post.channel_id === simulator.channel.id) return { kind: 'default' };
  const channelId = recordedIds.get(post.channel_id) ?? post.channel_id;
  const rootId = recordedIds.get(post.root_id) ?? post.root_id;
  return { kind: 'channel', channelId, ...(rootId !== '' && { rootId }) };
}
