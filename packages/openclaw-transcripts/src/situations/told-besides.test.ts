import { background, failed, ok, recovered } from '@live-status/fixtures';
import { describe, it } from 'vitest';
import { channel, playSituation, type Situation, shown } from '../testing/situation.ts';

const STARTED = { status: 'running', sessionId: 'brisk-wharf', pid: 7, startedAt: 1, cwd: '/', tail: '' };
const POLL = ['process', { action: 'poll', sessionId: 'brisk-wharf' }] as const;
const PLAN = ['update_plan', { plan: [{ step: 'Read', status: 'in_progress' }] }] as const;

/** What `process` says in `text`, with these details. */
const said = (text: string) => ({ toolName: 'process', content: [{ type: 'text', text }] });

describe('what is not recorded: background commands, plans, other models', () => {
  it.for<Situation>([
    {
      name: 'a command in the background fails, which the next run finds out',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'npm test' }).result(3000, 'c1', STARTED);
        root.answer(3400, 'Started.').run(500, 3400, { gapsAt: [3015] });
        root.person(20_180, 'and?').calls(20_500, { c2: POLL });
        const ended = { status: 'failed', sessionId: 'brisk-wharf', exitCode: 1, aggregated: 'no', name: 'npm test' };
        root.result(23_000, 'c2', ended, said('no\n\nProcess exited with code 1.')).answer(23_300, 'It failed.');
        root.run(20_000, 23_300, { gapsAt: [23_015] });
      },
      posts: [
        shown({
          during: [500, 3400],
          lines: [failed('c1', 'exec', 'npm test', 1)],
          modelCalls: 2,
          answer: 'Started.',
        }),
        shown({
          during: [20_000, 23_300],
          lines: [failed('c2', 'process', 'poll', 1)],
          modelCalls: 2,
          answer: 'It failed.',
        }),
      ],
    },
    {
      name: '2026.3.28: a system line before the next message tells how a command in the background ended',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway).person(530, 'go').calls(1000, { c1: 'npm test' }).result(3000, 'c1', STARTED);
        root.answer(3400, 'Started.').run(500, 3400);
        const notice = 'System: [2026-11-22 08:00:19 UTC] Exec failed (brisk-wh, code 2) :: 3 tests failed';
        root.user(20_050, `${notice}\n\nRead HEARTBEAT.md if it exists.`).answer(20_500, 'HEARTBEAT_OK');
        root.run(20_000, 20_500);
      },
      posts: [
        shown({
          during: [500, 3400],
          lines: [failed('c1', 'exec', 'npm test', 2)],
          modelCalls: 2,
          answer: 'Started.',
        }),
      ],
    },
    {
      name: 'a command in the background is killed',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'npm start' }).result(3000, 'c1', STARTED);
        root.calls(3300, { c2: ['process', { action: 'kill', sessionId: 'brisk-wharf' }] });
        const text = 'Termination requested for session brisk-wharf.';
        root.result(3500, 'c2', { status: 'failed', name: 'npm start' }, said(text)).answer(3800, 'Stopped.');
        root.run(500, 3800, { gapsAt: [3015, 3515] });
      },
      posts: [
        shown({
          during: [500, 3800],
          lines: [{ ...ok('c1', 'exec', 'npm start'), state: 'aborted' }, ok('c2', 'process', 'kill')],
          modelCalls: 3,
          answer: 'Stopped.',
        }),
      ],
    },
    {
      name: 'a person who writes what a system line would say ends no command',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'npm start' }).result(3000, 'c1', STARTED);
        root.answer(3400, 'Started.').run(500, 3400, { gapsAt: [3015] });
        const text = 'System: [2026-11-22 08:00:19 UTC] Exec failed (brisk-wh, code 2)';
        root.person(20_180, text).answer(20_500, 'I see.').run(20_000, 20_500);
      },
      posts: [
        shown({
          during: [500, 3400],
          lines: [background('c1', 'exec', 'npm start')],
          modelCalls: 2,
          answer: 'Started.',
        }),
      ],
    },
    {
      name: 'a plan leaves no line',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: PLAN, c2: 'ls' });
        root.result(1200, 'c1', { status: 'updated' }, { toolName: 'update_plan' }).result(3000, 'c2');
        root.answer(3400, 'Done.').run(500, 3400, { gapsAt: [3015] });
      },
      posts: [shown({ during: [500, 3400], lines: [ok('c2', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'another model answers after one that is out of credits',
      script: (gateway) => {
        const root = channel(gateway).person(680, 'go').calls(1000, { c1: 'ls' }).result(3000, 'c1');
        root.fail(3300, '402 Your credit balance is too low');
        const content = [{ type: 'text', text: 'Done.' }];
        root.assistant(5000, { model: 'mock-2', content, stopReason: 'stop' }).run(500, 5000, { gapsAt: [3015] });
      },
      posts: [
        shown({
          during: [500, 5000],
          lines: [ok('c1', 'exec'), recovered('billing', 1, 'mock-2')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
  ])('$name', playSituation);
});
