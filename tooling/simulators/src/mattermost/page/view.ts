import { isFields, type World } from '../call.ts';
import type { Channel, Post } from '../model.ts';
import { renderMarkdown } from './markdown.ts';

/** A channel as the page lists it. */
export interface ChannelView {
  readonly id: string;
  readonly team: string;
  /** What its address ends in: `town-square`. */
  readonly slug: string;
  readonly name: string;
  /** Safe to insert; empty where the channel has none. */
  readonly headerHtml: string;
  readonly isDirect: boolean;
  readonly isArchived: boolean;
}

/** An attachment as the page shows it; every `…Html` is safe to insert. */
export interface AttachmentView {
  /** `#rrggbb`, or empty. */
  readonly color: string;
  readonly pretextHtml: string;
  readonly title: string;
  readonly textHtml: string;
  readonly fields: readonly { readonly title: string; readonly html: string; readonly isShort: boolean }[];
  readonly footer: string;
}

/** What one version of a post says. */
export interface ContentView {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
  readonly html: string;
  readonly attachments: readonly AttachmentView[];
}

/** A post as the page shows it. */
export interface PostView extends ContentView {
  readonly id: string;
  readonly channelId: string;
  readonly rootId: string;
  readonly author: string;
  readonly isBot: boolean;
  readonly createAt: number;
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly isPinned: boolean;
  /** When each version was made, milliseconds after the first. */
  readonly versionOffsetsMs: readonly number[];
}

/** Everything the page shows, oldest post first. */
export interface StateView {
  readonly channels: readonly ChannelView[];
  readonly posts: readonly PostView[];
}

/** The whole state, for the page's start and for tools. */
export function stateView(world: World): StateView {
  return {
    channels: [...world.directory.channels.values()].map((channel) => channelView(world, channel)),
    posts: [...world.posts.posts.values()].map((post) => postView(world, post)),
  };
}

/** One post with what its newest version says. */
export function postView(world: World, post: Post): PostView {
  const author = world.directory.users.get(post.user_id);
  return {
    ...contentView(post),
    id: post.id,
    channelId: post.channel_id,
    rootId: post.root_id,
    author: author?.username ?? 'unknown',
    isBot: author?.is_bot === true,
    createAt: post.create_at,
    isEdited: post.edit_at > 0,
    isDeleted: post.delete_at > 0,
    isPinned: post.is_pinned,
    versionOffsetsMs: world.posts.versions(post.id).map(({ at }) => at - post.create_at),
  };
}

/** What a version of a post says. */
export function contentView(post: Post): ContentView {
  const attachments = Array.isArray(post.props.attachments) ? post.props.attachments.filter(isFields) : [];
  return {
    at: post.update_at,
    message: post.message,
    html: renderMarkdown(post.message),
    attachments: attachments.map(attachmentView),
  };
}

function attachmentView(attachment: Readonly<Record<string, unknown>>): AttachmentView {
  const fields = Array.isArray(attachment.fields) ? attachment.fields.filter(isFields) : [];
  const color = string(attachment.color);
  return {
    color: /^#[0-9a-f]{6}$/i.test(color) ? color : '',
    pretextHtml: renderMarkdown(string(attachment.pretext)),
    title: string(attachment.title),
    textHtml: renderMarkdown(string(attachment.text)),
    fields: fields.map((field) => ({
      title: string(field.title),
      html: renderMarkdown(string(field.value)),
      isShort: field.short === true,
    })),
    footer: string(attachment.footer),
  };
}

/** Direct channels have no name of their own: they are named after the accounts in them. */
function channelView({ directory }: World, channel: Channel): ChannelView {
  const isDirect = channel.type === 'D';
  const people = channel.name.split('__').map((id) => directory.users.get(id)?.username ?? 'unknown');
  return {
    id: channel.id,
    team: directory.teams.get(channel.team_id)?.display_name ?? '',
    slug: channel.name,
    name: isDirect ? people.join(', ') : channel.display_name,
    headerHtml: channel.header === '' ? '' : renderMarkdown(channel.header),
    isDirect,
    isArchived: channel.delete_at > 0,
  };
}

function string(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
