import { lexer, type Token } from 'marked';

/**
 * What Mattermost looks for in the text of a message, by what it makes of it: the scanners of its web client
 * (utils/text_formatting, utils/emoticons), of its fork of marked (URLs) and of its server (mentions, hashtags). None of
 * them reads code.
 */
const SCANNERS: Readonly<Record<string, RegExp>> = {
  mention: /(?:\B|\b_+)@[a-z0-9.\-_]+/i,
  channel: /\B~[a-z0-9.\-_]+/i,
  hashtag: /(?:^|[^\p{L}\d])#\p{L}[\p{L}\d\-_.]*/u,
  email: /[\p{L}\d.!#$%&'*+/=?^_`{|}~-]@[\p{L}\d.-]+/u,
  emoji: /:[\w+-]+:/,
  emoticon: /(?:^|\B):(?:['’`]?-?[()[\]/|$@dops]|-x)|;-?\)|\bx-d\b|<\/?3/i,
  scheme: /[A-Za-z][A-Za-z\d+.-]*:(?:\/{1,3}|[\p{L}\d%])/u,
  www: /www\d{0,3}\./i,
  domain: /[\p{L}\d.-]+\.\p{L}{2,}\//u,
  strikethrough: /~~\S/,
};

/** Markdown that does no more than arrange words. */
const ARRANGING = new Set(['paragraph', 'space', 'strong', 'em', 'br', 'list', 'list_item']);
const CODE = new Set(['code', 'codespan']);

/**
 * What a message does beyond showing words and code: mentions, links, emoji, headings, tables, … as `kind: source`; empty
 * for a message that does nothing. A model: marked, of which Mattermost's web client runs a fork, and its scanners.
 */
export function effectsOf(message: string): string[] {
  const effects: string[] = [];
  const texts = readTokens(lexer(prepareMessage(message), { gfm: true }), effects);
  return [...effects, ...texts.flatMap(scanText)];
}

/** What Mattermost finds in text that is not code. */
export function scanText(text: string): string[] {
  return Object.entries(SCANNERS).flatMap(([name, pattern]) => {
    const found = pattern.exec(text)?.[0].trim();
    return found === undefined ? [] : [`${name}: ${found}`];
  });
}

/** What Mattermost's fork of marked does to a message before anything else. */
export function prepareMessage(message: string): string {
  return message.replaceAll('\u2424', '\n').replaceAll('\u00a0', ' ').replaceAll('\t', '    ');
}

/** Inline text as it is shown, in pieces between code. */
function readTokens(tokens: readonly Token[], effects: string[]): string[] {
  const pieces = [''];
  for (const token of tokens) {
    const inner =
      'tokens' in token && token.tokens !== undefined ? token.tokens : 'items' in token ? token.items : undefined;
    if (CODE.has(token.type)) pieces.push('');
    else if (inner !== undefined && (ARRANGING.has(token.type) || token.type === 'text')) {
      if (token.type === 'list_item' && token.task) effects.push(`task: ${token.raw}`);
      const [first = '', ...rest] = readTokens(inner, effects);
      pieces.push(`${pieces.pop() ?? ''}${first}`, ...rest);
      if (token.type !== 'strong' && token.type !== 'em') pieces.push('');
    } else if (token.type === 'text' || token.type === 'escape')
      pieces.push(`${pieces.pop() ?? ''}${textOf(token, effects)}`);
    else if (!ARRANGING.has(token.type)) effects.push(`${token.type}: ${token.raw}`);
  }
  return pieces;
}

/** Formulas are found in the source, as Markdown is; one dollar sign before an amount starts none. */
function textOf(token: Token, effects: string[]): string {
  if (/\$(?!\d[\d.]*$)/.test(token.raw)) effects.push(`formula: ${token.raw}`);
  return decodeEntities('text' in token ? token.text : '');
}

/** Text as it is shown. */
export function decodeEntities(html: string): string {
  return html
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&');
}
