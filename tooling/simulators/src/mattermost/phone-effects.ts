import { type Node, Parser } from '@mattermost/commonmark';

/** Markdown that does no more than arrange words, and code. */
const ARRANGING: ReadonlySet<string> = new Set([
  ...['document', 'paragraph', 'text', 'softbreak', 'linebreak', 'strong', 'emph', 'list', 'item'],
  ...['code', 'code_block'],
]);
/** As the mobile app sets it. */
const MINIMUM_HASHTAG_LENGTH = 3;
const parser = new Parser({ minimumHashtagLength: MINIMUM_HASHTAG_LENGTH });

/**
 * What a message does in Mattermost's mobile app beyond showing words and code, as `kind: source`: mentions, links, emoji,
 * images, tables, HTML. By the app's own parser, a fork of commonmark.js.
 */
export function effectsOnPhone(message: string): string[] {
  const effects: string[] = [];
  const walker = parser.parse(message).walker();
  for (let step = walker.next(); step !== null; step = walker.next()) {
    const { entering, node } = step;
    if (entering && !ARRANGING.has(node.type)) effects.push(`${node.type}: ${node.literal ?? textIn(node)}`);
  }
  return effects;
}

/** The addresses of links in a message. */
export function linksOnPhone(message: string): string[] {
  const links: string[] = [];
  const walker = parser.parse(message).walker();
  for (let step = walker.next(); step !== null; step = walker.next()) {
    if (step.entering && step.node.type === 'link') links.push(step.node.destination ?? '');
  }
  return links;
}

function textIn(node: Node): string {
  const name = node.mentionName ?? node.channelName ?? node.hashtag ?? node.destination;
  return name ?? node.firstChild?.literal ?? '';
}
