import { lexer, type Token, type Tokens, walkTokens } from 'marked';

/** What the checks read of a Markdown document. */
export interface MarkdownDocument {
  readonly headings: readonly { readonly depth: number; readonly text: string }[];
  /** Targets of links and images as written. */
  readonly links: readonly string[];
  /** Fenced code blocks; `language` is the first word after the fence. */
  readonly fences: readonly { readonly language: string; readonly text: string }[];
  /** Tables, cells as written. */
  readonly tables: readonly MarkdownTable[];
}

/** A table of a document. */
export interface MarkdownTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads a Markdown text (GitHub flavour). */
export function readMarkdown(text: string): MarkdownDocument {
  const headings: { depth: number; text: string }[] = [];
  const links: string[] = [];
  const fences: { language: string; text: string }[] = [];
  const tables: MarkdownTable[] = [];
  void walkTokens(lexer(text), (token: Token) => {
    if (token.type === 'heading') headings.push({ depth: token.depth, text: token.text });
    else if (token.type === 'link' || token.type === 'image') links.push(token.href);
    else if (token.type === 'code') fences.push({ language: firstWord(token.lang), text: token.text });
    else if (token.type === 'table') tables.push(tableOf(token as Tokens.Table));
  });
  return { headings, links, fences, tables };
}

/** The fragment by which GitHub links to a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function tableOf({ header, rows }: Tokens.Table): MarkdownTable {
  return { header: header.map(({ text }) => text), rows: rows.map((row) => row.map(({ text }) => text)) };
}

function firstWord(language: string | undefined): string {
  return language?.split(/\s/, 1)[0] ?? '';
}
