import { describe, expect, it } from 'vitest';
import { LabelsError } from './errors.ts';
import type { LabelPart } from './label-template.ts';
import { createLabels, type Labels } from './labels.ts';

function describeCall(labels: Labels, tool: string, args?: unknown): string {
  const show = (part: LabelPart): string => ('text' in part ? part.text : `<${part.value}>`);
  return labels.describe(tool, args).parts.map(show).join('');
}

const labels = createLabels();

describe('built-in labels', () => {
  it.for([
    ['read', { path: '/a/b/protocol.md', limit: 3 }, 'Reading <protocol.md>'],
    ['read', { file_path: 'C:\\a\\b.md' }, 'Reading <b.md>'],
    ['write', { path: 'notes/', content: 'x' }, 'Writing <notes>'],
    ['edit', { path: 'a.ts' }, 'Editing <a.ts>'],
    ['apply_patch', { input: '*** Begin Patch' }, 'Applying a patch'],
    [
      'apply_patch',
      { input: '*** Begin Patch\n*** Update File: src/a.ts\n@@\n*** Add File: docs/b.md\n+x' },
      'Applying a patch: <a.ts b.md>',
    ],
    ['apply_patch', { patch: '--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1 +1 @@' }, 'Applying a patch: <a.ts>'],
    ['view_image', { paths: ['/tmp/a.png'] }, 'Looking at an image: <a.png>'],
    ['exec', { command: 'npm test' }, 'exec: <npm test>'],
    ['exec', { command: 'a\n  b' }, 'exec: <a b>'],
    ['process', { action: 'list' }, 'process: <list>'],
    ['process', { action: 'poll', sessionId: 'brisk-wharf' }, 'process: <poll> <brisk-wharf>'],
    ['web_search', { query: 'cats' }, 'Searching the web: <cats>'],
    ['web_fetch', { url: 'https://example.org/a' }, 'Fetching <https://example.org/a>'],
    ['browser', { action: 'open', targetUrl: 'https://example.org' }, 'browser: <open> <https://example.org>'],
    ['canvas', { action: 'present' }, 'canvas: <present>'],
    ['nodes', { action: 'notify', node: 'mac' }, 'nodes: <notify> <mac>'],
    ['cron', { action: 'run', jobId: 'daily' }, 'cron: <run> <daily>'],
    ['message', { action: 'send', target: 'channel:x', message: 'hi' }, 'message: <send> <channel:x>'],
    ['gateway', { action: 'restart' }, 'gateway: <restart>'],
    ['sessions_list', {}, 'Listing sessions'],
    ['sessions_history', { sessionKey: 'main' }, 'Reading session history: <main>'],
    ['sessions_send', { sessionKey: 'main', message: 'hi' }, 'Writing to a session: <main>'],
    ['sessions_spawn', { task: 'do', label: 'worker' }, 'Starting a sub-agent: <worker>'],
    ['sessions_yield', { message: 'Waiting.' }, 'Waiting for sub-agents'],
    ['subagents', { action: 'kill', target: '1' }, 'subagents: <kill> <1>'],
    ['image', { image: '/tmp/a.png', prompt: 'what' }, 'Looking at an image: <a.png>'],
    ['memory_search', { query: 'cats' }, 'Searching memory: <cats>'],
    ['memory_get', { path: 'memory/2026.md' }, 'Reading memory: <2026.md>'],
    ['tool_call', { id: 'sessions_spawn', args: {} }, 'tool_call: <sessions_spawn>'],
    ['mcp__jira__find', { query: 'open' }, 'jira: find: <open>'],
    ['mcp__github__create_issue', { owner: 'o', title: 'It breaks' }, 'github: create issue: <It breaks>'],
    ['mcp__openclaw__exec', { command: 'npm test' }, 'exec: <npm test>'],
    ['mcp__openclaw__read', { path: '/a/b.md' }, 'Reading <b.md>'],
    ['mcp__openclaw__new_tool', {}, 'openclaw: new tool'],
    ['no_such_tool', undefined, 'no such tool'],
    ['no_such_tool', { depth: 3, note: 'hello' }, 'no such tool: <3>'],
    ['no_such_tool', 'plain words', 'no such tool: <plain words>'],
    ['constructor', {}, 'constructor'],
    ['exec', { command: ['git', 'log'] }, 'exec: <git log>'],
    ['exec', { command: { deep: 1 } }, 'exec'],
    ['exec', 'npm test', 'exec: <npm test>'],
    ['read', '/a/b.md', 'Reading <b.md>'],
    ['exec', Object.create({ command: 'inherited' }), 'exec'],
  ] as const)('%s %j', ([tool, args, shown]) => {
    expect(describeCall(labels, tool, args)).toBe(shown);
  });

  it('know whether they name the tool', () => {
    expect(labels.describe('exec').namesTool).toBe(true);
    expect(labels.describe('no_such_tool').namesTool).toBe(true);
    expect(labels.describe('read').namesTool).toBe(false);
  });
});

describe('overrides', () => {
  it('are merged over the built-in labels', () => {
    const mine = createLabels({ exec: 'Running {command}', '*': 'Using {tool}', jira: '{tool} of {project|team}' });
    expect(describeCall(mine, 'exec', { command: 'ls' })).toBe('Running <ls>');
    expect(describeCall(mine, 'read', { path: 'a' })).toBe('Reading <a>');
    expect(describeCall(mine, 'other')).toBe('Using other');
    expect(describeCall(mine, 'jira', { team: 'ops' })).toBe('jira of <ops>');
  });

  it.for([
    [{ exec: 5 }, 'Tool label "exec" must be a text such as "Reading {path}", not a number.'],
    [{ exec: null }, 'Tool label "exec" must be a text such as "Reading {path}", not null.'],
    [{ exec: ' ' }, 'Tool label "exec" must be a text such as "Reading {path}", not an empty text.'],
    [
      { exec: 'Run {command' },
      'Tool label "exec": a brace is not closed in "Run {command". Write it like "Reading {path}".',
    ],
    [
      { exec: 'Run {}' },
      'Tool label "exec": "{}" is not the name of an argument in "Run {}". Write it like "Reading {path}".',
    ],
    [
      { exec: 'Run {command:long}' },
      'Tool label "exec": "{command:long}" is not the name of an argument in "Run {command:long}". Write it like "Reading {path}".',
    ],
    [['exec'], 'Tool labels must be an object such as {"read": "Reading {path}"}, not a list.'],
    ['exec', 'Tool labels must be an object such as {"read": "Reading {path}"}, not a string.'],
  ] as const)('%j is refused', ([overrides, message]) => {
    expect(() => createLabels(overrides)).toThrow(LabelsError);
    expect(() => createLabels(overrides)).toThrow(message);
  });
});
