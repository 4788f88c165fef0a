import type { Box, ToolLine } from '@live-status/session-state';

/** When work in pictures began, milliseconds since the epoch. */
export const START = 1_800_000_000_000;

/** A call that was made when the work began; `fields` say what is different. */
export function tool(name: string, args: unknown, fields: Partial<ToolLine> = {}): ToolLine {
  return { kind: 'tool', id: `call_${name}`, tool: name, args, state: 'ok', startedAt: START, count: 1, ...fields };
}

/** A command; `fields` say what is different from one that worked. */
export function command(text: string, fields: Partial<ToolLine> = {}): ToolLine {
  return tool('exec', { command: text }, fields);
}

/** What says of a call that it runs since so long after the beginning. */
export function runningSince(afterMs: number): Partial<ToolLine> {
  return { state: 'running', startedAt: START + afterMs };
}

/** A box in which nothing has happened yet, for pictures; `fields` say what is different. */
export function exampleBox(fields: Partial<Box>): Box {
  return {
    boxId: 'box',
    title: 'main',
    state: 'active',
    startedAt: START,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    earlierLines: 0,
    lines: [],
    thinking: false,
    ...fields,
  };
}
