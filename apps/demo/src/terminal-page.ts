import { stripVTControlCharacters } from 'node:util';

const COLOURS = ['#3b4252', '#f28779', '#a6d189', '#f0c674', '#81a1f0', '#d4a5e8', '#7fd1d8', '#d8dee9'];
const QUIET = '#8a93a6';
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with.
const STYLE_CODES = /\u001b\[([\d;]*)m/g;

/** A page that shows the content of a terminal in its colours, as many columns wide. */
export function terminalPage(content: string, columns: number): string {
  const lines = content.split('\n').map(toHtml).join('\n');
  return `<!doctype html><meta charset="utf-8"><style>
    pre{display:inline-block;margin:0;padding:16px 20px;width:${columns}ch;box-sizing:content-box;background:#1e222a;color:#d8dee9;
    border-radius:10px;font:14px/1.4 "DejaVu Sans Mono",monospace}</style><pre>${lines}</pre>`;
}

function toHtml(line: string): string {
  const parts = line.split(STYLE_CODES);
  let style: Style = {};
  return parts
    .map((part, at) => {
      if (at % 2 === 0) return part === '' ? '' : `<span style="${cssOf(style)}">${escapeHtml(part)}</span>`;
      style = part.split(';').reduce(withCode, style);
      return '';
    })
    .join('');
}

interface Style {
  readonly bold?: boolean;
  readonly colour?: string | undefined;
  readonly inverse?: boolean;
}

/** The style after a code of "select graphic rendition". */
function withCode(style: Style, text: string): Style {
  const code = Number(text);
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2 || code === 90) return { ...style, colour: QUIET };
  if (code === 22) return { ...style, bold: false, colour: style.colour === QUIET ? undefined : style.colour };
  if (code === 7) return { ...style, inverse: true };
  if (code === 27) return { ...style, inverse: false };
  if (code === 39) return { ...style, colour: undefined };
  const colour = COLOURS[code >= 90 ? code - 90 : code - 30];
  return colour === undefined ? style : { ...style, colour };
}

function cssOf({ bold, colour, inverse }: Style): string {
  return [
    ...(bold ? ['font-weight:bold'] : []),
    ...(colour === undefined ? [] : [`color:${colour}`]),
    ...(inverse ? ['background:#d8dee9;color:#1e222a'] : []),
  ].join(';');
}

function escapeHtml(text: string): string {
  return stripVTControlCharacters(text).replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
