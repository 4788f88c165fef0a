import { randomUUID } from 'node:crypto';
import { between } from '@live-status/simulators/random';
import type { Conversation } from './conversation.ts';
import type { Act, Work } from './work.ts';

/** Something that agents do again and again. */
export interface Play {
  readonly name: string;
  /** How often it is played beside others. */
  readonly weight: number;
  readonly run: (act: Act) => Promise<void>;
}

const GAP_MS = 1_000;
/** The shortest work that certainly gets a post: see POST_DELAY_MS. */
const FEWEST_CALLS = 5;

/** A run of calls, a change a second: each change ends a call and begins the next one. */
async function calls(act: Act, work: Work, conversation: Conversation = act.conversation): Promise<void> {
  const count = FEWEST_CALLS + Math.floor(act.random() * 12);
  for (let i = 0; i < count; i += 1) {
    const call = work.call(conversation, act.random() < 0.2 ? { say: `Step ${i} of ${count}, *as planned*.` } : {});
    await act.wait(between(act.random, [0.5 * GAP_MS, 1.5 * GAP_MS]));
    conversation.result(call, { exitCode: act.random() < 0.1 ? 1 : 0 });
  }
}

function begun(act: Act, text: string): Work {
  act.conversation.begin(text);
  return act.work();
}

function done(act: Act, work: Work): void {
  act.conversation.answer('It is done.');
  work.end('DONE');
}

/** What agents do in a soak. */
export const PLAYS: readonly Play[] = [
  {
    name: 'calls',
    weight: 6,
    async run(act) {
      const work = begun(act, 'Please build it.');
      await calls(act, work);
      done(act, work);
    },
  },
  {
    name: 'a plan',
    weight: 2,
    async run(act) {
      const { conversation } = act;
      const work = begun(act, 'Please plan it first.');
      for (let current = 0; current < 4; current += 1) {
        const todos = ['Read', 'Write', 'Test'].map((content, i) => {
          return { content, status: i < current ? 'completed' : i === current ? 'in_progress' : 'pending' };
        });
        const plan = work.otherCall();
        conversation.call(plan, '', { tool: 'TodoWrite', args: { todos } });
        conversation.result(plan, { tool: 'TodoWrite' });
        const call = work.call(conversation);
        await act.wait(2 * GAP_MS);
        conversation.result(call);
      }
      done(act, work);
    },
  },
  {
    name: 'a plain answer',
    weight: 2,
    async run(act) {
      act.conversation.begin('What is the time?');
      await act.wait(GAP_MS);
      act.conversation.answer('It is late.');
    },
  },
  {
    name: 'an error',
    weight: 1,
    async run(act) {
      const work = begun(act, 'Please fail.');
      await calls(act, work);
      act.conversation.fail('403 Forbidden: the key was revoked');
      work.end('ERROR');
    },
  },
  {
    name: 'an abort',
    weight: 1,
    async run(act) {
      const work = begun(act, 'Please start.');
      await calls(act, work);
      act.conversation.abort();
      work.end('ABORTED');
    },
  },
  {
    name: 'a question',
    weight: 1,
    async run(act) {
      const { conversation } = act;
      const work = begun(act, 'Please deploy it.');
      await calls(act, work);
      const asked = work.otherCall();
      const args = { question: 'Where shall I deploy?', options: ['Staging', 'Production'] };
      conversation.call(asked, '', { tool: 'ask_user', args });
      await act.wait(between(act.random, [3_000, 20_000]));
      conversation.result(asked, { tool: 'ask_user', details: { status: 'answered' } });
      done(act, work);
    },
  },
  {
    name: 'an approval',
    weight: 1,
    async run(act) {
      const { conversation } = act;
      const work = begun(act, 'Please clean up.');
      await calls(act, work);
      const call = work.call(conversation);
      conversation.askApproval(call);
      await act.wait(between(act.random, [3_000, 20_000]));
      conversation.decide(call);
      const isDenied = act.random() < 0.5;
      conversation.result(call, isDenied ? { error: `Exec denied (gateway id=${call}, user-denied): ${call}` } : {});
      done(act, work);
    },
  },
  {
    name: 'failed attempts',
    weight: 1,
    async run(act) {
      const work = begun(act, 'Please try.');
      await calls(act, work);
      if (act.conversation.endsWithFailedAttempt) work.mayEndWhenCut('ERROR');
      // As long as the source takes one error for the last word.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        act.conversation.failAttempt();
        await act.wait(2 * GAP_MS);
      }
      work.mayEndWhenCut();
      await calls(act, work);
      done(act, work);
    },
  },
  {
    name: 'another model',
    weight: 1,
    async run(act) {
      const work = begun(act, 'Please think hard.');
      await calls(act, work);
      if (act.conversation.endsWithFailedAttempt) work.mayEndWhenCut('ERROR');
      act.conversation.fallBack();
      await act.wait(GAP_MS);
      work.mayEndWhenCut();
      await calls(act, work);
      done(act, work);
    },
  },
  {
    name: 'compaction',
    weight: 1,
    async run(act) {
      const work = begun(act, 'Please read everything.');
      await calls(act, work);
      act.conversation.compact();
      await calls(act, work);
      done(act, work);
    },
  },
  {
    name: 'a command in the background',
    weight: 1,
    async run(act) {
      const { conversation } = act;
      const name = `bench-${randomUUID()}`;
      const work = begun(act, 'Please start the server.');
      await calls(act, work);
      const started = work.call(conversation);
      conversation.result(started, { details: { status: 'running', sessionId: name } });
      await act.wait(GAP_MS);
      conversation.answer('It starts.');
      work.onlyAwaitsResults();
      await act.wait(between(act.random, [2_000, 10_000]));
      const next = begun(act, 'Is it up?');
      await calls(act, next);
      conversation.endBackground(name, next.otherCall());
      work.forbidden = /in background|\[background\]/;
      work.end('DONE');
      done(act, next);
    },
  },
  {
    name: 'sub-agents',
    weight: 2,
    async run(act) {
      const { conversation } = act;
      const work = begun(act, 'Please delegate it.');
      await calls(act, work);
      const children = ['reader', 'writer'].map((label) => {
        const call = work.otherCall();
        conversation.call(call, '', { tool: 'sessions_spawn', args: { task: 'work', label } });
        return conversation.spawn(call, label);
      });
      conversation.answer('They work on it.');
      work.onlyAwaitsResults();
      for (const child of children) child.begin('[Subagent Task]\n\nwork');
      await Promise.all(children.map((child) => calls(act, work, child)));
      for (const child of children) {
        child.answer('42');
        await act.wait(GAP_MS);
        conversation.beginAnnounced(child);
        await act.wait(GAP_MS);
        conversation.answer('It is 42.');
        child.archive('deleted');
      }
      work.end('DONE');
    },
  },
];
