import type { Box, Line, Route } from '@live-status/session-state';

/**
 * Whether what was said in a conversation belongs to others: people of another channel, or of a conversation that is not known.
 * Pages and terminals then show what is done, but no words, as a post in the default channel would.
 */
export function isPrivate(route: Route | undefined): boolean {
  return route === undefined || route.kind === 'elsewhere';
}

/** What is left of a box without anything that was said or written: states, tools and times. */
export function withoutWords({ answer: _, plan: _plan, reason, ...box }: Box): Box {
  const shown = box.state === 'error' ? undefined : reason;
  return { ...box, lines: box.lines.flatMap(lineWithoutWords), ...(shown === undefined ? {} : { reason: shown }) };
}

function lineWithoutWords(line: Line): Line[] {
  switch (line.kind) {
    case 'text':
      return [];
    case 'tool': {
      const { error: _, question, ...rest } = line;
      return [{ ...rest, args: {}, ...(question === undefined ? {} : { question: { ...question, asks: [] } }) }];
    }
    case 'child': {
      const { reason: _, ...rest } = line;
      return [{ ...rest, label: '', lines: line.lines.flatMap(lineWithoutWords) }];
    }
    case 'model':
    case 'compaction':
      return [line];
  }
}
