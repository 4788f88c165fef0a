import { styleText } from 'node:util';
import type { BoxState } from '@live-status/session-state';
import type { RenderedLines, Span } from '@live-status/status-render';

type Style = Parameters<typeof styleText>[0];

/** Colours of states: what needs a person and what failed stand out. */
const STATE_STYLES: Readonly<Record<BoxState, Style>> = {
  active: ['bold', 'blue'],
  waiting: ['bold', 'yellow'],
  done: ['bold', 'green'],
  error: ['bold', 'red'],
  aborted: ['bold', 'gray'],
  interrupted: ['bold', 'magenta'],
  timeout: ['bold', 'magenta'],
};

/** A rendered box as lines of a terminal. Without colours, code stands in backquotes. */
export function paintBox({ head, lines }: RenderedLines, state: BoxState, colors: boolean): string[] {
  const paint = ({ kind, text }: Span, strong: Style): string => {
    if (kind === 'text') return text;
    if (kind === 'code') return colors ? style('cyan', text) : `\`${text}\``;
    return colors ? style(strong, text) : text;
  };
  const toText = (spans: readonly Span[], strong: Style): string => spans.map((span) => paint(span, strong)).join('');
  return [
    toText(head, STATE_STYLES[state]),
    ...lines.map(({ depth, spans }) => `${'  '.repeat(depth + 1)}${toText(spans, 'bold')}`),
  ];
}

/** Whether colours are wanted has been decided before. */
function style(format: Style, text: string): string {
  return styleText(format, text, { validateStream: false });
}

/** Whether a stream shows colours, as `NO_COLOR`, `FORCE_COLOR` and the stream itself say. */
export function hasColors(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && stream.hasColors();
}

/** The health of the daemon in one word. */
export function paintStatus(status: string, colors: boolean): string {
  const colour = status === 'ok' ? 'green' : status === 'failing' ? 'red' : 'yellow';
  return colors ? style(['bold', colour], status) : status;
}
