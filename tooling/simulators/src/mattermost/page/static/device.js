import { PostElement } from './post.js';

/** One screen: the channels, and the posts of the chosen one. */
export class Device {
  #posts = new Map();
  #unread = new Set();
  #select;

  constructor(element, { select }) {
    this.#select = select;
    element.append(document.querySelector('#device').content.cloneNode(true));
    this.channels = element.querySelector('.channels');
    this.name = element.querySelector('.channel-name');
    this.header = element.querySelector('.channel-header');
    this.list = element.querySelector('.posts');
    this.empty = element.querySelector('.empty');
  }

  /** Shows the chosen channel from scratch. */
  show(state) {
    this.#unread.delete(state.channelId);
    this.#posts.clear();
    this.list.replaceChildren();
    const posts = [...state.posts.values()].filter(({ channelId }) => channelId === state.channelId);
    for (const post of posts) this.#place(post);
    this.showChannels(state);
    this.empty.hidden = posts.length > 0;
    this.list.scrollTop = this.list.scrollHeight;
  }

  /** Adds a post or brings it up to date, and keeps the end in sight where it was. */
  showPost(post, state) {
    if (post.channelId !== state.channelId) {
      this.#unread.add(post.channelId);
      this.showChannels(state);
      return;
    }
    const isAtEnd = this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 80;
    const known = this.#posts.get(post.id);
    if (known) known.update(post);
    else this.#place(post);
    this.empty.hidden = true;
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  showChannels({ channels, channelId }) {
    const chosen = channels.find(({ id }) => id === channelId);
    this.name.textContent = chosen ? label(chosen) : '';
    // Safe: the server's renderer escapes everything, as it does for posts.
    this.header.innerHTML = chosen?.headerHtml ?? '';
    this.header.hidden = this.header.textContent === '';
    this.name.classList.toggle('archived', chosen?.isArchived === true);
    this.channels.replaceChildren(...channels.map((channel) => this.#button(channel, channelId)));
  }

  #button(channel, chosenId) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label(channel);
    button.title = channel.team;
    button.classList.toggle('unread', this.#unread.has(channel.id));
    button.classList.toggle('archived', channel.isArchived);
    if (channel.id === chosenId) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', () => this.#select(channel.id));
    return button;
  }

  /** A reply goes below its root, everything else at the end. */
  #place(post) {
    const element = new PostElement(post);
    const root = this.#posts.get(post.rootId);
    (root?.replies ?? this.list).append(element.root);
    this.#posts.set(post.id, element);
  }
}

function label({ name, isDirect }) {
  return isDirect ? name : `# ${name}`;
}
