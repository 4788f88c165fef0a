import type { Box, ChildLine, ToolLine } from '@live-status/session-state';

/** A command that worked, and names itself; `fields` say what is different. */
export const tool = (id: string, fields: Partial<ToolLine> = {}): ToolLine => ({
  kind: 'tool',
  id,
  tool: 'exec',
  args: { command: id },
  state: 'ok',
  startedAt: 1_000,
  count: 1,
  ...fields,
});

/** A sub-agent that works; `fields` say what is different. */
export const child = (fields: Partial<ChildLine> = {}): ChildLine => ({
  kind: 'child',
  id: 'c',
  label: 'worker',
  state: 'active',
  startedAt: 1_000,
  earlierLines: 0,
  lines: [],
  thinking: true,
  ...fields,
});

/** A box in which nothing has happened yet; `fields` say what is different. */
export const box = (fields: Partial<Box> = {}): Box => ({
  boxId: 'b',
  title: 'main',
  state: 'active',
  startedAt: 1_000,
  tokens: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
  earlierLines: 0,
  lines: [],
  thinking: true,
  ...fields,
});
