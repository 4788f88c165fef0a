import { newId, type Post, type PostVersion } from './model.ts';

/** Fields a client may give a new post. */
export interface NewPost {
  readonly userId: string;
  readonly channelId: string;
  readonly rootId: string;
  readonly message: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly fileIds: readonly string[];
  readonly isPinned: boolean;
  /** `custom_…`. Default: empty, an ordinary message. */
  readonly type?: string;
}

/** Called with every post that was created, edited, pinned or deleted. */
export type PostListener = (post: Post) => void;

/** Posts, every version of each, and the rows the server keeps of old versions. */
export class PostStore {
  /** Living and deleted posts, oldest first. */
  readonly posts: Map<string, Post> = new Map();
  #historyRows: Post[] = [];
  readonly #versions = new Map<string, PostVersion[]>();
  readonly #listeners = new Set<PostListener>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Copies of what edits replaced. The server keeps them in the same table, and `since` lists show them. */
  get historyRows(): readonly Post[] {
    return this.#historyRows;
  }

  /** The post, unless it was deleted or never existed. */
  living(id: string): Post | undefined {
    const post = this.posts.get(id);
    return post && post.delete_at === 0 ? post : undefined;
  }

  versions(id: string): readonly PostVersion[] {
    return this.#versions.get(id) ?? [];
  }

  onChange(listener: PostListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  create(fields: NewPost, requestId?: string): Post {
    const at = this.#now();
    const post: Post = {
      id: newId(),
      create_at: at,
      update_at: at,
      edit_at: 0,
      delete_at: 0,
      is_pinned: fields.isPinned,
      user_id: fields.userId,
      channel_id: fields.channelId,
      root_id: fields.rootId,
      original_id: '',
      message: fields.message,
      type: fields.type ?? '',
      props: fields.props,
      hashtags: hashtagsOf(fields.message),
      file_ids: fields.fileIds,
      pending_post_id: '',
      has_reactions: false,
      reply_count: 0,
      last_reply_at: 0,
      participants: null,
      metadata: {},
    };
    this.#countReply(post);
    this.#keep(post, requestId);
    return post;
  }

  /** Replaces fields. `edit_at` moves when the message, the files or the attachments changed, as the server has it. */
  update(old: Post, change: Partial<Post>, requestId?: string): Post {
    const at = this.#now();
    const next = { ...old, ...change, update_at: at };
    const edited = next.message !== old.message || !sameContent(next, old);
    const post: Post = { ...next, edit_at: edited ? at : old.edit_at, hashtags: hashtagsOf(next.message) };
    this.#historyRows.push({ ...old, id: newId(), original_id: old.id, update_at: at, delete_at: at });
    this.#keep(post, requestId);
    return post;
  }

  /** Soft delete of a post and, where it is a root, of its thread. */
  delete(post: Post, requestId?: string): void {
    const at = this.#now();
    for (const reply of this.posts.values()) {
      if (reply.delete_at === 0 && (reply.id === post.id || reply.root_id === post.id)) {
        this.#keep({ ...reply, update_at: at, delete_at: at }, requestId);
      }
    }
  }

  /** Removes posts that were last changed before a moment, with their versions. */
  forget(before: number): void {
    for (const [id, { update_at }] of this.posts) {
      if (update_at >= before) continue;
      this.posts.delete(id);
      this.#versions.delete(id);
    }
    this.#historyRows = this.#historyRows.filter(({ update_at }) => update_at >= before);
  }

  #countReply(reply: Post): void {
    const root = this.posts.get(reply.root_id);
    if (!root) return;
    this.posts.set(root.id, {
      ...root,
      reply_count: root.reply_count + 1,
      last_reply_at: reply.create_at,
      update_at: reply.create_at,
    });
  }

  #keep(post: Post, requestId?: string): void {
    this.posts.set(post.id, post);
    const version: PostVersion = { at: post.update_at, post, ...(requestId === undefined ? {} : { requestId }) };
    const versions = this.#versions.get(post.id);
    if (versions) versions.push(version);
    else this.#versions.set(post.id, [version]);
    for (const listener of this.#listeners) listener(post);
  }
}

function sameContent(a: Post, b: Post): boolean {
  const content = ({ file_ids, props }: Post): string => JSON.stringify([file_ids, props.attachments ?? null]);
  return content(a) === content(b);
}

/** The hashtags of a message as the server keeps them: cut at 1000 bytes, at a space. */
function hashtagsOf(message: string): string {
  const words = message.split(/\s+/).map((word) =>
    word
      .replace(/^[^\p{L}\d\s#]+/u, '')
      .replace(/[^\p{L}\d\s]+$/u, '')
      .replace(/^#{2,}/, '#'),
  );
  const tags = words.filter((word) => /^#\p{L}[\p{L}\d\-_.]*[\p{L}\d]$/u.test(word)).join(' ');
  if (Buffer.byteLength(tags) <= 999) return tags;
  const cut = Buffer.from(tags).subarray(0, 998).toString();
  return cut.slice(0, Math.max(0, cut.lastIndexOf(' ')));
}
