import { Marked, type RendererObject, type TokenizerAndRendererExtension } from 'marked';

const SAFE_LINK = /^(?:https?|mailto):/i;

/** Raw HTML is text to Mattermost; images and unsafe links are shown, never loaded or followed. */
const renderer: RendererObject = {
  html: ({ text }) => escapeHtml(text),
  image: ({ text, href }) => `<span class="image">${escapeHtml(text || href)}</span>`,
  link({ href, tokens }) {
    const label = this.parser.parseInline(tokens);
    if (!SAFE_LINK.test(href)) return label;
    return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${label}</a>`;
  },
  code: ({ text, lang }) => codeBlock(text, lang?.split(/\s/)[0] ?? ''),
};

/** Phones show the first four lines of a code block; how many are hidden there is said below it. */
function codeBlock(text: string, language: string): string {
  const hidden = text.split('\n').length - 4;
  const label = language ? `<span class="language">${escapeHtml(language)}</span>` : '';
  const more = hidden > 0 ? `<div class="more-lines">+${hidden} more lines</div>` : '';
  return `<div class="code-block">${label}<pre><code>${escapeHtml(text)}</code></pre>${more}</div>`;
}

/** A word with a sign before it that Mattermost makes live outside code, unless the sign stands inside a word. */
function liveWord(name: string, sign: string, pattern: RegExp): TokenizerAndRendererExtension {
  return {
    name,
    level: 'inline',
    start: (text) => {
      const index = text.indexOf(sign);
      return index === -1 ? undefined : index;
    },
    tokenizer: (text, before) => {
      const raw = pattern.exec(text)?.[0];
      const isInWord = /[\p{L}\d_]$/u.test(before.at(-1)?.raw ?? '');
      return raw === undefined || isInWord ? undefined : { type: name, raw };
    },
    renderer: ({ raw }) => `<span class="${name}">${escapeHtml(raw)}</span>`,
  };
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer,
  tokenizer: { html: () => undefined, tag: () => undefined },
  extensions: [
    liveWord('mention', '@', /^@[a-z0-9](?:[a-z0-9._-]*[a-z0-9_-])?/i),
    liveWord('hashtag', '#', /^#\p{L}[\p{L}\d\-_.]*[\p{L}\d]/u),
  ],
});

/**
 * A message as HTML, near to what Mattermost's web app makes of it: GFM with line breaks kept, raw HTML as text,
 * mentions and hashtags marked. The HTML has no scripts, styles, images or links other than http, https and mailto.
 */
export function renderMarkdown(message: string): string {
  return marked.parse(message, { async: false });
}

/** Text with the five characters escaped that HTML gives a meaning. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
