import { ok, spawn } from '@live-status/fixtures';
import { inbound328 } from '@live-status/simulators/openclaw-files';
import { describe, it } from 'vitest';
import {
  CHANNEL,
  channel,
  child,
  childKey,
  mattermost,
  playSituation,
  type Situation,
  shown,
  TASK,
} from '../testing/situation.ts';

const HEARTBEAT =
  'Read HEARTBEAT.md if it exists (workspace context). Follow it strictly. Do not infer or repeat old tasks from prior chats. If nothing needs attention, reply HEARTBEAT_OK.\nCurrent time: Sunday, November 22nd, 2026';

describe('what is not recorded: kinds', () => {
  it.for<Situation>([
    {
      name: 'a command line with an id of its own works',
      version: '2026.3.28',
      script: (gateway) => {
        const root = gateway
          .session({ id: 'foo' })
          .user(600, '[Sun 2026-11-22 08:00 UTC] go')
          .calls(1000, { c1: 'one' });
        root.result(4000, 'c1').answer(4300, 'Done.').locked(500, 4310);
      },
      posts: [
        shown({
          root: 'agent:main:cli:foo',
          target: { kind: 'default', origin: 'cli' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
      postedBy: [2600],
    },
    {
      name: 'a cron job spawns a child, and its session is deleted after its end',
      script: (gateway) => {
        const root = gateway.session({
          key: 'agent:main:cron:j1',
          id: 'c0c0',
          tMs: 100,
          entry: { label: 'Cron: nightly' },
        });
        root
          .user(700, '[cron:j1 nightly] go\nCurrent time: now')
          .calls(1000, { c1: ['sessions_spawn', { label: 'a' }] });
        root.spawned(2200, 'c1', childKey('a')).yields(2600, 'c2').worked(500, 2860, [2215]);
        const a = child(gateway, 'agent:main:cron:j1', 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(6500, 'a1').answer(6800, '42').run(3000, 6800);
        root.answer(9000, 'It is 42.').worked(8500, 9000);
        root.rename(10_300, 'c0c0.jsonl.deleted.2026-11-22T08-00-10.300Z').unlisted(10_310);
      },
      posts: [
        shown({
          root: 'agent:main:cron:j1',
          target: { kind: 'default', origin: 'cron' },
          during: [500, 9000],
          lines: [
            spawn('c1', {
              sessionKey: '',
              label: 'a',
              outcome: 'done',
              startMs: 3000,
              endMs: 6800,
              lines: [ok('a1', 'exec')],
            }),
            ok('c2', 'sessions_yield'),
          ],
          modelCalls: 5,
          answer: 'It is 42.',
        }),
      ],
    },
    {
      name: '2026.3.28: a cron job has two entries in the catalog, each run a session of its own',
      version: '2026.3.28',
      script: (gateway) => {
        const key = 'agent:main:cron:j1';
        const job = gateway.session({ key, id: 'c0c0', entry: { label: 'Cron: nightly' } });
        gateway.session({ key: `${key}:run:c0c0`, id: 'c0c0', entry: { label: 'Cron: nightly' } });
        job.user(530, '[cron:j1 nightly] go\nCurrent time: now').calls(1000, { c1: 'one' }).result(4000, 'c1');
        job.answer(4300, 'Done.').locked(500, 4310).entry(4400, { updatedAt: 1 });
        const second = gateway.session({
          key: `${key}:run:d0d0`,
          id: 'd0d0',
          tMs: 60_000,
          entry: { label: 'Cron: nightly' },
        });
        job.entry(60_010, { sessionId: 'd0d0', sessionFile: '/x/d0d0.jsonl' });
        second
          .user(60_530, '[cron:j1 nightly] go\nCurrent time: now')
          .calls(61_000, { d1: 'two' })
          .result(64_000, 'd1');
        second.answer(64_300, 'Done too.').locked(60_500, 64_310);
      },
      posts: [
        shown({
          root: 'agent:main:cron:j1',
          target: { kind: 'default', origin: 'cron' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
        shown({
          root: 'agent:main:cron:j1',
          target: { kind: 'default', origin: 'cron' },
          during: [60_500, 64_300],
          lines: [ok('d1', 'exec')],
          modelCalls: 2,
          answer: 'Done too.',
        }),
      ],
    },
    {
      name: 'a webhook starts work',
      script: (gateway) => {
        const root = gateway.session({ key: 'agent:main:hook:h1', id: 'c0c0' });
        root.user(680, '<<<EXTERNAL_UNTRUSTED_CONTENT\ngo\n>>>').calls(1000, { c1: 'one' }).result(4000, 'c1');
        root.answer(4300, 'Done.').worked(500, 4300, [4015]);
      },
      posts: [
        shown({
          root: 'agent:main:hook:h1',
          target: { kind: 'default', origin: 'hook' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'a heartbeat with calls makes no post, in any wrapper',
      script: (gateway) => {
        const root = gateway.session({ key: 'agent:main:main', id: 'c0c0', entry: mattermost('user:alice') });
        root.user(680, HEARTBEAT).calls(1000, { c1: 'one' }).result(4000, 'c1').answer(4300, 'HEARTBEAT_OK');
        root.run(500, 4300, { gapsAt: [4015] });
        root
          .user(60_180, `System: [2026-11-22 08:00:00 UTC] Node connected\n\n${HEARTBEAT}`)
          .calls(60_500, { c2: 'two' });
        root
          .result(63_000, 'c2')
          .answer(63_300, 'All well.')
          .run(60_000, 63_300, { gapsAt: [63_015] });
        root.user(120_180, '[OpenClaw heartbeat poll]').calls(120_500, { c3: 'three' }).result(123_000, 'c3');
        root.answer(123_300, 'All well.').run(120_000, 123_300, { gapsAt: [123_015] });
      },
      posts: [],
    },
    {
      name: 'a memory flush and a compaction before the run that a person asked for',
      script: (gateway) => {
        const root = channel(gateway).user(680, 'Continue the OpenClaw runtime event.').calls(1600, { m1: 'remember' });
        root.result(3600, 'm1').answer(4600, 'NO_REPLY').compaction(7000);
        root.person(7300, 'go').calls(7500, { c1: 'one' }).result(10_000, 'c1').answer(10_300, 'Done.');
        root
          .worked(500, 4600, [3615])
          .locked(4700, 7050)
          .run(7100, 10_300, { gapsAt: [10_015] });
      },
      posts: [shown({ during: [7100, 10_300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' })],
    },
    {
      name: 'a run with calls that answers NO_REPLY shows its calls and no answer',
      script: (gateway) => {
        const root = channel(gateway)
          .person(680, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'NO_REPLY');
        root.run(500, 4300, { gapsAt: [4015] });
      },
      posts: [shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2 })],
    },
    {
      name: 'a private channel has a group key',
      script: (gateway) => {
        const key = 'agent:main:mattermost:group:priv';
        const root = gateway.session({ key, id: 'c0c0', entry: mattermost('channel:priv') }).person(680, 'go');
        root
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.')
          .run(500, 4300, { gapsAt: [4015] });
      },
      posts: [
        shown({
          root: 'agent:main:mattermost:group:priv',
          target: { kind: 'channel', channelId: 'priv' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: 'two people share the main session: each post goes to who asked',
      script: (gateway) => {
        const key = 'agent:main:main';
        const root = gateway.session({ key, id: 'c0c0', entry: mattermost('user:alice') }).person(680, 'go');
        root
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.')
          .run(500, 4300, { gapsAt: [4015] });
        root.entry(3000, mattermost('user:bob'));
        root
          .person(5180, 'and me', { id: 'bob' })
          .calls(5500, { c2: 'two' })
          .result(8000, 'c2')
          .answer(8300, 'Done too.');
        root.run(5000, 8300, { gapsAt: [8015] });
      },
      posts: [
        shown({
          root: 'agent:main:main',
          target: { kind: 'user', userId: 'alice' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
        shown({
          root: 'agent:main:main',
          target: { kind: 'user', userId: 'bob' },
          during: [5000, 8300],
          lines: [ok('c2', 'exec')],
          modelCalls: 2,
          answer: 'Done too.',
        }),
      ],
    },
    {
      name: 'a direct message with a key of its own',
      version: '2026.3.28',
      script: (gateway) => {
        const key = 'agent:main:mattermost:direct:alice';
        const root = gateway.session({ key, id: 'c0c0', entry: mattermost('user:alice') }).person(530, 'go');
        root.calls(1000, { c1: 'one' }).result(4000, 'c1').answer(4300, 'Done.').run(500, 4300);
      },
      posts: [
        shown({
          root: 'agent:main:mattermost:direct:alice',
          target: { kind: 'user', userId: 'alice' },
          during: [500, 4300],
          lines: [ok('c1', 'exec')],
          modelCalls: 2,
          answer: 'Done.',
        }),
      ],
    },
    {
      name: '2026.3.28: a thread session forked from the channel shows nothing of the copied history',
      version: '2026.3.28',
      script: (gateway) => {
        const root = channel(gateway)
          .person(530, 'go')
          .calls(1000, { c1: 'one' })
          .result(4000, 'c1')
          .answer(4300, 'Done.');
        root.run(500, 4300);
        const key = `${CHANNEL}:thread:root1`;
        const file = '2026-11-22T08-00-10-000Z_d0d0.jsonl';
        const entry = mattermost('channel:chan', { lastThreadId: 'root1', forkedFromParent: true });
        const fork = gateway.session({ key, id: 'd0d0', file, tMs: 9900, entry });
        root.copyTo(10_000, fork);
        fork
          .user(10_100, inbound328('more', 'alice', 'chan'))
          .calls(10_500, { d1: 'two' })
          .result(13_000, 'd1');
        fork.answer(13_300, 'Done too.').run(9950, 13_300);
      },
      posts: [
        shown({ during: [500, 4300], lines: [ok('c1', 'exec')], modelCalls: 2, answer: 'Done.' }),
        shown({
          root: `${CHANNEL}:thread:root1`,
          target: { kind: 'channel', channelId: 'chan', rootId: 'root1' },
          during: [9950, 13_300],
          lines: [ok('d1', 'exec')],
          modelCalls: 2,
          answer: 'Done too.',
        }),
      ],
    },
    {
      name: 'a cron session is deleted while its child works',
      script: (gateway) => {
        const root = gateway.session({
          key: 'agent:main:cron:j1',
          id: 'c0c0',
          tMs: 100,
          entry: { label: 'Cron: nightly' },
        });
        root
          .user(700, '[cron:j1 nightly] go\nCurrent time: now')
          .calls(1000, { c1: ['sessions_spawn', { label: 'a' }] });
        root.spawned(2200, 'c1', childKey('a')).answer(2600, 'Started.').worked(500, 2600, [2215]);
        root.rename(3900, 'c0c0.jsonl.deleted.2026-11-22T08-00-03.900Z').unlisted(3910);
        const a = child(gateway, 'agent:main:cron:j1', 'a', 1100).user(3200, TASK).calls(3500, { a1: 'one' });
        a.result(6500, 'a1').answer(6800, '42').run(3000, 6800);
      },
      posts: [
        shown({
          root: 'agent:main:cron:j1',
          target: { kind: 'default', origin: 'cron' },
          during: [500, 6800],
          lines: [
            spawn('c1', {
              sessionKey: '',
              label: 'a',
              outcome: 'done',
              startMs: 3000,
              endMs: 6800,
              lines: [ok('a1', 'exec')],
            }),
          ],
          modelCalls: 4,
          answer: 'Started.',
        }),
      ],
    },
  ])('$name', playSituation);
});
