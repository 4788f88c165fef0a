import { Timeline } from './timeline.js';

/** One post on one device: who, when, what it says now or said once, and how often it changed. */
export class PostElement {
  #post;

  constructor(post) {
    this.root = clone('post');
    this.replies = this.root.querySelector('.replies');
    this.content = this.root.querySelector('.content');
    this.#foldWhatIsTooHigh(this.root.querySelector('.show-more'));
    this.timeline = new Timeline(this.root.querySelector('.timeline'), {
      showVersion: (index) => this.#showVersion(index),
      showNewest: () => this.#showContent(this.#post),
    });
    this.root.querySelector('.author').textContent = post.author;
    this.root.querySelector('.bot').hidden = !post.isBot;
    this.root.dataset.id = post.id;
    const avatar = this.root.querySelector('.avatar');
    avatar.textContent = post.author.slice(0, 2);
    avatar.dataset.hue = String([...post.author].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6);
    const time = this.root.querySelector('time');
    time.dateTime = new Date(post.createAt).toISOString();
    time.textContent = new Date(post.createAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    this.update(post);
  }

  /** As Mattermost's clients do: what is higher than `--fold` is hidden until the reader asks for it. */
  #foldWhatIsTooHigh(more) {
    new ResizeObserver(() => {
      const fold = Number.parseFloat(getComputedStyle(this.root).getPropertyValue('--fold'));
      const isFolded = this.root.dataset.open !== 'true' && this.content.scrollHeight > fold;
      this.root.classList.toggle('folded', isFolded);
      more.hidden = !isFolded;
    }).observe(this.content);
    more.addEventListener('click', () => {
      this.root.dataset.open = 'true';
      this.root.classList.remove('folded');
      more.hidden = true;
    });
  }

  /** Shows what changed. A reader who looks at an old version keeps it. */
  update(post) {
    this.#post = post;
    this.root.querySelector('.pinned').hidden = !post.isPinned;
    this.root.classList.toggle('deleted', post.isDeleted);
    this.timeline.update(post.versionOffsetsMs);
    if (this.timeline.isLive) this.#showContent(post);
  }

  async #showVersion(index) {
    const response = await fetch(`/sim/api/posts/${this.#post.id}/versions/${index}`);
    const version = await response.json();
    // The reader may have moved on while it was fetched.
    if (this.timeline.index === index) this.#showContent({ ...version, isEdited: index > 0 });
  }

  #showContent({ html, attachments, isEdited, isDeleted }) {
    const text = document.createElement('div');
    text.className = 'message';
    if (isDeleted) text.append(span('gone', '(message deleted)'));
    // Safe: the server's renderer escapes everything a post brings, and the policy of this page allows no scripts.
    else text.innerHTML = html;
    if (isEdited && !isDeleted) (lastText(text) ?? text).append(' ', span('edited', '(edited)'));
    this.content.replaceChildren(text, ...(isDeleted ? [] : attachments.map(attachmentElement)));
  }
}

/** The last paragraph, where Mattermost puts its mark; other blocks get it below. */
function lastText(element) {
  return element.lastElementChild?.localName === 'p' ? element.lastElementChild : undefined;
}

function attachmentElement({ color, pretextHtml, title, textHtml, fields, footer }) {
  const element = clone('attachment');
  const part = (name) => element.querySelector(`.${name}`);
  part('pretext').innerHTML = pretextHtml;
  part('title').textContent = title;
  part('text').innerHTML = textHtml;
  part('footer').textContent = footer;
  if (color) part('card').style.setProperty('--bar', color);
  element.querySelector('dl').append(...fields.map(fieldElement));
  return element;
}

function fieldElement({ title, html, isShort }) {
  const group = document.createElement('div');
  group.classList.toggle('short', isShort);
  const name = document.createElement('dt');
  const value = document.createElement('dd');
  name.textContent = title;
  value.innerHTML = html;
  group.append(name, value);
  return group;
}

function clone(id) {
  return document.querySelector(`#${id}`).content.firstElementChild.cloneNode(true);
}

function span(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}
