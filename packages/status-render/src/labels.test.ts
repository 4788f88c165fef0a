import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelsError } from './errors.ts';
import type { LabelPart } from './label-template.ts';
import builtIn from './labels.json' with { type: 'json' };
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

  it.for([
    // OpenClaw 2026.3.28, 2026.7.1 and 2026.9.6.
    ['apply_patch', { input: ['*** Add File: a.ts', '*** Add File: b.ts'] }, 'Applying a patch: <a.ts b.ts>'],
    ['apply_patch', { paths: ['/a/x.ts', 'y.ts'] }, 'Applying a patch: <x.ts y.ts>'],
    ['agents_wait', { ids: ['r1', 'r2'] }, 'Waiting for agents: <r1 r2>'],
    ['ask_user', { questions: [{ question: 'Where?' }] }, 'Asking: <Where?>'],
    ['code_execution', { task: 'Sum it up' }, 'Running code: <Sum it up>'],
    ['computer', { action: 'type', text: 'hi' }, 'computer: <type> <hi>'],
    ['conversations_list', {}, 'Listing conversations'],
    ['conversations_send', { conversationRef: 'conv_1', message: 'hi' }, 'Writing to a conversation: <conv_1>'],
    ['conversations_turn', { conversationRef: 'conv_1' }, 'Asking in a conversation: <conv_1>'],
    ['create_goal', { objective: 'Ship it' }, 'Setting a goal: <Ship it>'],
    ['update_goal', { status: 'complete' }, 'Updating the goal: <complete>'],
    ['update_goal', { status: 'blocked', note: 'No key' }, 'Updating the goal: <No key>'],
    ['get_goal', {}, 'Reading the goal'],
    ['cron', { action: 'add', job: { name: 'daily', schedule: {} } }, 'cron: <add> <daily>'],
    ['dismiss_task', { task_id: 't1', reason: 'done' }, 'Dismissing a task: <done>'],
    ['suggest_task', { title: 'Fix it' }, 'Suggesting a task: <Fix it>'],
    ['file_fetch', { node: 'mac', path: '/a/b.md' }, 'Fetching <b.md>'],
    ['dir_list', { node: 'mac', path: '/a' }, 'Listing </a>'],
    ['gateway', { action: 'config.get', path: 'tools' }, 'gateway: <config.get> <tools>'],
    ['github_publish', { title: 'Fix it' }, 'Publishing to GitHub: <Fix it>'],
    ['view_image', { paths: ['/tmp/a.png', '/tmp/b.png'] }, 'Looking at an image: <a.png b.png>'],
    ['image', { image: 'https://e.org/a.png' }, 'Looking at an image: <a.png>'],
    ['llm-task', { prompt: 'Rate it' }, 'Asking a model: <Rate it>'],
    ['memory_store', { text: 'Likes tea' }, 'Remembering: <Likes tea>'],
    ['nodes', { action: 'notify', title: 'Hi' }, 'nodes: <notify> <Hi>'],
    ['plugins', { action: 'install', packageName: '@x/y' }, 'plugins: <install> <@x/y>'],
    ['secrets', { action: 'request', name: 'API_KEY' }, 'secrets: <request> <API_KEY>'],
    ['sessions', { action: 'patch', label: 'Work' }, 'sessions: <patch> <Work>'],
    ['skill_workshop', { action: 'create', name: 'pdf' }, 'skill workshop: <create> <pdf>'],
    ['terminal', { action: 'write', data: 'ls' }, 'terminal: <write> <ls>'],
    ['tool_describe', { id: 'cron' }, 'Looking up a tool: <cron>'],
    ['transcripts', { action: 'start', title: 'Standup' }, 'transcripts: <start> <Standup>'],
    ['tts', { text: 'Hello' }, 'Speaking: <Hello>'],
    ['wiki_search', { query: 'cats' }, 'Searching the wiki: <cats>'],
    ['workboard_claim', { id: 'W-1' }, 'workboard claim: <W-1>'],
    ['mcp__openclaw__view_image', { paths: ['/tmp/a.png'] }, 'Looking at an image: <a.png>'],
    // Claude Code.
    ['Bash', { command: 'npm test', description: 'Run tests' }, 'bash: <npm test>'],
    ['Read', { file_path: '/a/b.md' }, 'Reading <b.md>'],
    ['Edit', { file_path: '/a/b.md', old_string: 'x' }, 'Editing <b.md>'],
    ['MultiEdit', { file_path: '/a/b.md', edits: [] }, 'Editing <b.md>'],
    ['NotebookEdit', { notebook_path: '/a/b.ipynb' }, 'Editing <b.ipynb>'],
    ['Glob', { pattern: '**/*.ts' }, 'Finding <**/*.ts>'],
    ['Grep', { pattern: 'TODO', path: '/a' }, 'Searching for <TODO>'],
    ['Task', { description: 'Read the docs', prompt: 'You are' }, 'Starting a sub-agent: <Read the docs>'],
    ['WebFetch', { url: 'https://e.org', prompt: 'x' }, 'Fetching <https://e.org>'],
    ['WebSearch', { query: 'cats' }, 'Searching the web: <cats>'],
    ['BashOutput', { bash_id: 'b1' }, 'Reading the output of a command: <b1>'],
    ['KillShell', { shell_id: 'b1' }, 'Stopping a command: <b1>'],
    ['TodoWrite', { todos: [] }, 'Updating the plan'],
    ['Skill', { skill: 'pdf' }, 'Using a skill: <pdf>'],
    // Codex, Gemini.
    ['shell', { command: ['bash', '-lc', 'npm test'] }, 'shell: <npm test>'],
    ['local_shell', { type: 'exec', command: ['git', 'log'] }, 'shell: <git log>'],
    ['exec_command', { cmd: 'npm test' }, 'shell: <npm test>'],
    ['functions.exec', { command: 'npm test' }, 'exec: <npm test>'],
    ['exec', { command: "bash -lc 'npm test'" }, 'exec: <npm test>'],
    ['exec', ['git', 'log'], 'exec: <git log>'],
    ['run_shell_command', { command: 'ls' }, 'shell: <ls>'],
    ['read_file', { absolute_path: '/a/b.md' }, 'Reading <b.md>'],
    ['replace', { file_path: '/a/b.md' }, 'Editing <b.md>'],
    // What nobody wrote a label for.
    ['outlook__send_mail', { to: 'bob@e.org', body: 'x' }, 'outlook: send mail: <bob@e.org>'],
    ['mcp__jira__update', { action: 'close', id: 'J-1' }, 'jira: update: <close> <J-1>'],
    ['mcp__linear__create', { issue: { title: 'It breaks', id: 7 } }, 'linear: create: <It breaks>'],
    ['mcp__notion__append', { blocks: [{ text: 'Hello' }] }, 'notion: append: <Hello>'],
    ['getWeather', { city: 'Rome' }, 'get weather: <Rome>'],
    ['files/list', {}, 'files: list'],
    ['', { command: 'npm test' }, 'tool: <npm test>'],
    ['cron', 'daily', 'cron: <daily>'],
    ['read', { target: '/a/b.md' }, 'Reading </a/b.md>'],
    ['exec', { text: 'npm test' }, 'exec: <npm test>'],
  ] as const)('%s %j', ([tool, args, shown]) => {
    expect(describeCall(labels, tool, args)).toBe(shown);
  });

  it('describe any call in a bounded line', () => {
    const names = fc.constantFrom(...Object.keys(builtIn), 'mcp__a__b', 'x__y', 'functions.exec', 'WebFetch');
    const tools = fc.oneof(names, fc.string({ maxLength: 300 }));
    const args = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('command', 'path', 'input'), fc.jsonValue()));
    fc.assert(
      fc.property(tools, args, (tool, given) => {
        const text = describeCall(labels, tool, given);
        expect(text.trim()).not.toBe('');
        expect(text).not.toMatch(/\n|undefined|\[object/);
        expect(text.length).toBeLessThan(500);
      }),
    );
    expect(describeCall(labels, 'x'.repeat(9_999), { command: 'y'.repeat(9_999) }).length).toBeLessThan(200);
  });

  it('know whether they name the tool', () => {
    for (const tool of ['Bash', 'local_shell', 'functions.exec', 'mcp__openclaw__exec', 'getWeather', '']) {
      expect(labels.describe(tool).namesTool).toBe(true);
    }

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
