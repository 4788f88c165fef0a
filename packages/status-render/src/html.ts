import type { Span } from './markup.ts';
import type { RenderedLines } from './render-box.ts';

/**
 * A rendered box as HTML: `<p class="head">` and a list whose nested items carry `data-depth`. Code is `<code>`, what stands out
 * is `<strong>`. Everything else is escaped, so nothing in the box can be markup.
 */
export function toHtml({ head, lines }: RenderedLines): string {
  const items = lines.map(({ depth, spans }) => `<li data-depth="${depth}">${spans.map(spanToHtml).join('')}</li>`);
  const list = items.length === 0 ? '' : `<ul class="lines">${items.join('')}</ul>`;
  return `<p class="head">${head.map(spanToHtml).join('')}</p>${list}`;
}

/** Text as HTML shows it, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function spanToHtml({ kind, text }: Span): string {
  const escaped = escapeHtml(text);
  return kind === 'text' ? escaped : `<${kind}>${escaped}</${kind}>`;
}
