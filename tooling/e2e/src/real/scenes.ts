/** One call that the model asks for. */
export interface ScriptedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** One answer of the scripted model. */
export interface Step {
  readonly text?: string;
  readonly calls?: readonly ScriptedCall[];
  /** Spreads `text` over this long, milliseconds. */
  readonly streamMs?: number;
  /** Thinks this long first, milliseconds. */
  readonly waitMs?: number;
  /** Answers this HTTP status instead. */
  readonly status?: number;
  /** So often; the question after that is answered. Default: always. */
  readonly failures?: number;
  /** Only as this model; others answer. Default: all. */
  readonly failingModel?: string;
}

/** The part of a message to the model that the script uses. */
export interface ModelMessage {
  readonly role: string;
  readonly content?: unknown;
}

const exec = (command: string): ScriptedCall => ({ name: 'exec', args: { command } });
const STEPS = ['Find the cause', 'Write the fix', 'Run the checks'] as const;
/** The agent's checklist, with so many steps done. */
const plan = (done: number): ScriptedCall => {
  const statusOf = (index: number): string => (index < done ? 'completed' : index === done ? 'in_progress' : 'pending');
  return { name: 'progress_card', args: { plan: STEPS.map((step, i) => ({ step, status: statusOf(i) })) } };
};
const QUESTION = {
  id: 'target',
  header: 'Target',
  question: 'Where shall I deploy?',
  options: [
    { label: 'Staging', description: 'safe' },
    { label: 'Production', description: 'live' },
  ],
};

/** The word that names a scene in what a person or a parent says. */
export const SCENE_WORD = 'SCENE:';

/**
 * What the model does, by the scene that the last request names; the last step repeats. `announce` is what it says when
 * OpenClaw reports the end of a sub-agent, `other` to everything else.
 */
export const SCENES = {
  plain: [{ text: 'A plain answer.' }],
  tools: [
    { text: 'I will look around first.', calls: [exec('sleep 2; echo around')] },
    { calls: [{ name: 'write', args: { path: 'notes.txt', content: 'one\ntwo\n' } }] },
    { calls: [{ name: 'read', args: { path: 'notes.txt' } }] },
    { calls: [{ name: 'edit', args: { path: 'notes.txt', oldText: 'two', newText: 'three' } }] },
    { text: 'The tour is over.' },
  ],
  parallel: [
    { calls: [exec('sleep 4; echo late'), exec('sleep 2; echo early'), { name: 'read', args: { path: 'AGENTS.md' } }] },
    { text: 'All three came back.' },
  ],
  failing: [
    { calls: [exec('sleep 2; exit 3')] },
    { calls: [{ name: 'read', args: { path: 'missing.txt' } }] },
    { text: 'Two things failed.' },
  ],
  subagent: [
    {
      text: 'I hand this over.',
      calls: [{ name: 'sessions_spawn', args: { task: `${SCENE_WORD}child Look after it.`, label: 'helper-one' } }],
    },
    { text: 'The helper works on it.' },
  ],
  delegating: [
    { text: 'I begin with the easy part.', calls: [exec('sleep 2; echo easy')] },
    { calls: [{ name: 'read', args: { path: 'AGENTS.md' } }] },
    {
      text: 'I hand over the rest.',
      calls: [{ name: 'sessions_spawn', args: { task: `${SCENE_WORD}child Do the rest.`, label: 'helper-one' } }],
    },
    { text: 'The helper works on it.' },
  ],
  team: [
    {
      calls: ['one', 'two'].map((label) => ({
        name: 'sessions_spawn',
        args: { task: `${SCENE_WORD}member${label} Do your part.`, label: `helper-${label}` },
      })),
    },
    { calls: [{ name: 'sessions_yield', args: { message: 'Waiting for both helpers.' } }] },
    { text: 'The helpers work on it.' },
  ],
  memberone: [{ calls: [exec('sleep 3; echo from-one')] }, { text: 'Part one is ready.' }],
  membertwo: [{ calls: [exec('sleep 8; exit 4')] }, { text: 'Part two failed.' }],
  child: [{ calls: [exec('sleep 3; echo from-the-child')] }, { text: 'The child is ready.' }],
  announce: [{ text: 'The helper came back.' }],
  slow: [{ calls: [exec('sleep 7; echo slow')] }, { text: 'The slow command is over.' }],
  broken: [{ calls: [exec('sleep 2; echo before-the-error')] }, { status: 500 }],
  before: [{ calls: [exec('sleep 2; echo before')] }, { text: 'Before the new session.' }],
  after: [{ calls: [exec('sleep 2; echo after')] }, { text: 'After the new session.' }],
  thinking: [{ calls: [exec('sleep 2; echo thought')] }, { text: 'Thought about it.', waitMs: 8_000 }],
  terminated: [{ calls: [exec('sleep 8; echo terminated')] }, { text: 'Not cut after all.' }],
  killed: [{ calls: [exec('sleep 8; echo killed')] }, { text: 'Not killed after all.' }],
  busy: [{ calls: [exec('sleep 5; echo busy')] }, { text: 'No longer busy.' }],
  second: [{ calls: [exec('sleep 2; echo second')] }, { text: 'The second request is done.' }],
  watched: [
    { calls: [exec('sleep 5; echo first-part')] },
    { calls: [exec('sleep 4; echo second-part')] },
    { text: 'Watched to the end.' },
  ],
  crashed: [
    { calls: [exec('sleep 5; echo first-part')] },
    { calls: [exec('sleep 4; echo second-part')] },
    { text: 'Seen in spite of a crash.' },
  ],
  stream: [{ text: `${'A long answer that takes its time. '.repeat(40)}That is all.`, streamMs: 34_000 }],
  refused: [{ calls: [exec('sleep 2; echo before-the-refusal')] }, { status: 400 }],
  allowed: [{ text: 'It needs a command.', calls: [exec('printf allowed-by-alice')] }, { text: 'It was allowed.' }],
  denied: [{ calls: [exec('printf denied-by-alice')] }, { text: 'Then I leave it.' }],
  patient: [{ calls: [exec('printf allowed-at-last')] }, { text: 'Allowed after all.' }],
  question: [
    { calls: [{ name: 'ask_user', args: { questions: [QUESTION], timeoutSeconds: 120 } }] },
    { text: 'I deploy as you say.' },
  ],
  planned: [
    { calls: [plan(0)] },
    { calls: [exec('sleep 4; echo cause')] },
    { calls: [plan(1)] },
    { calls: [exec('sleep 4; echo fix')] },
    { calls: [plan(3)] },
    { text: 'All went as planned.' },
  ],
  limited: [
    { calls: [exec('sleep 2; echo before-the-limit')] },
    { status: 429, failures: 2, text: 'The limit is over.' },
  ],
  unstable: [
    { calls: [exec('sleep 2; echo before-the-outage')] },
    { status: 500, failures: 2, text: 'The outage is over.' },
  ],
  unpaid: [
    { status: 402, failingModel: 'mock-1', calls: [exec('sleep 4; echo on-the-second')] },
    { text: 'Done by the second.' },
  ],
  background: [
    { calls: [exec('sleep 2; echo foreground')] },
    { calls: [{ name: 'exec', args: { command: 'sleep 9; exit 3', background: true } }] },
    { text: 'The rest goes on without me.' },
  ],
  summary: [{ text: '## Goal\nThe agent was asked to run a command, and did.' }],
  /** Nothing else happens within half a second of the begin or the end of a call. */
  marks: [
    ...Array.from({ length: 25 }, (_, i) => ({ waitMs: 700, calls: [exec(`sleep 0.8; echo mark-${i}.`)] })),
    { waitMs: 700, text: 'All marks are set.' },
  ],
  other: [{ text: 'All right.' }],
} as const satisfies Readonly<Record<string, readonly Step[]>>;

/** A scene by name. */
export type SceneName = keyof typeof SCENES;

/** Where a conversation is: the scene and which of its steps comes next. */
export interface Cue {
  readonly scene: SceneName;
  readonly index: number;
  readonly step: Step;
}

const COMPLETION = /\[Internal task completion event\]|background task completed|subagent task .*completed/i;

/** Finds the scene of the last request in a conversation, and its step by the answers since. */
export function cueOf(messages: readonly ModelMessage[]): Cue {
  const start = messages.findLastIndex(
    ({ role, content }) => role === 'user' && sceneIn(textOf(content)) !== undefined,
  );
  const scene = sceneIn(textOf(messages[start]?.content)) ?? 'other';
  const index = messages.slice(start + 1).filter(({ role }) => role === 'assistant').length;
  const steps: readonly Step[] = SCENES[scene];
  return { scene, index, step: steps[Math.min(index, steps.length - 1)] ?? {} };
}

/** The newest messages of a user, with nothing between them: newer versions of OpenClaw add one about the one before. */
export function promptOf(messages: readonly ModelMessage[]): string {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const before = messages.findLastIndex(({ role }, index) => index < last && role !== 'user');
  return messages
    .slice(before + 1, last + 1)
    .map(({ content }) => textOf(content))
    .join('\n');
}

function sceneIn(text: string): SceneName | undefined {
  const names = new Set([...text.matchAll(/SCENE:(\w+)/g)].map(([, name]) => name));
  // Only a report about several sub-agents quotes the tasks of several.
  if (COMPLETION.test(text) || names.size > 1) return 'announce';
  const [name] = names;
  return name !== undefined && name in SCENES ? (name as SceneName) : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}
