import { createHash } from 'node:crypto';
import type { BoxEntry } from '@live-status/session-state';
import { escapeHtml } from '@live-status/status-render';
import type { Version } from './versions.ts';

export interface HtmlOptions {
  /** What is replayed. */
  readonly title: string;
  readonly stream: NodeJS.WriteStream;
  /** A box as HTML, as of a moment. */
  readonly render: (entry: BoxEntry, nowMs: number) => string;
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.1rem; overflow-wrap: anywhere; }
section { border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); border-radius: 8px; padding: .6rem 1rem; margin: 1rem 0; }
.head { margin: .3rem 0; overflow-wrap: anywhere; }
.lines { margin: .3rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, monospace; background: color-mix(in srgb, currentcolor 10%, transparent); border-radius: 3px; padding: 0 .25em; }
[data-depth="1"] { margin-left: 1.2rem } [data-depth="2"] { margin-left: 2.4rem }
[data-depth="3"] { margin-left: 3.6rem } [data-depth="4"] { margin-left: 4.8rem }
time { color: color-mix(in srgb, currentcolor 60%, transparent); font-size: .85rem; }
input { width: 100%; } [hidden] { display: none; }
`;

const SCRIPT = `
for (const post of document.querySelectorAll('section')) {
  const versions = [...post.querySelectorAll('article')];
  const slider = Object.assign(document.createElement('input'), { type: 'range', min: 0, max: versions.length - 1, value: versions.length - 1 });
  slider.setAttribute('aria-label', 'Version of this post');
  const show = () => versions.forEach((version, index) => { version.hidden = index !== Number(slider.value); });
  slider.addEventListener('input', show);
  if (versions.length > 1) post.prepend(slider);
  show();
}
`;

/**
 * Writes a page that stands on its own: one section for each post, with a slider over its versions. Without JavaScript all
 * versions are shown one below the other. Returns how many versions there are.
 */
export async function writeHtml(versions: AsyncIterable<Version>, options: HtmlOptions): Promise<number> {
  const { title, stream, render } = options;
  const posts = new Map<string, string[]>();
  let count = 0;
  for await (const { at, entry } of versions) {
    const time = new Date(at).toISOString();
    const post = posts.get(entry.boxId) ?? [];
    posts.set(entry.boxId, post);
    post.push(
      `<article><time datetime="${time}">${time.replace('T', ' ').slice(0, 19)} UTC</time>${render(entry, at)}</article>`,
    );
    count += 1;
  }
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}`;
  stream.write(
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>\n<body><h1>${escapeHtml(title)}</h1>\n`,
  );
  for (const post of posts.values()) stream.write(`<section>\n${post.join('\n')}\n</section>\n`);
  stream.write(`<script>${SCRIPT}</script></body></html>\n`);
  return count;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
