import { FrameSession, inFlight, readFrames } from '@live-status/simulators/gateway';
import { type DaemonStage, type DaemonStageOptions, onStage } from '@live-status/stage';
import { describe, it, vi } from 'vitest';

// Most of the time they wait.
vi.setConfig({ maxConcurrency: 10 });

/** Runs a test on a stage whose daemon follows a gateway. */
const on = (options: DaemonStageOptions, play: (stage: DaemonStage) => Promise<void>): Promise<void> =>
  onStage({ ...options, followsGateway: true }, play);

/** What the lines of a post say, without times. */
function lines(message: string): string[] {
  return message
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/(?<=\]| \.\.\.) [\d.]+m?s.*$/, '').replace(/^( *)- /, '$1'));
}

const row = (key: string, more: object) => ({ key, sessionId: 's1', ...more });
const RUNNING = { status: 'running', hasActiveRun: true };

describe.concurrent('a daemon that follows a gateway', { timeout: 60_000 }, () => {
  it('shows the recorded turn of a channel in its thread', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const channelId = stage.channel();
      const [person] = stage.simulator.users().filter(({ is_bot }) => is_bot !== true);
      const root = stage.simulator.writePost({ userId: person?.id ?? '', channelId, message: 'please' });
      const recorded = JSON.stringify(readFrames('mattermost-channel-tools'))
        .replaceAll('chan0000000000000000000000', channelId)
        .replaceAll('p89xktvhdvnnscnjkszkcb3ewe', root.id);
      stage.gateway.play(JSON.parse(recorded));
      await stage.untilShown(/\[DONE\]/);
      expect(stage.posts()).toMatchObject([{ channel_id: channelId, root_id: root.id }]);
      expect(lines(stage.message())).toEqual([
        'Let me look at the workspace first.',
        'exec: `echo hello; sleep 2; echo done` [OK]',
        'Now a failing command.',
        'exec: `ls /nonexistent-dir; exit 3` [exit 3]',
        'Now in parallel.',
        'exec: `sleep 3; echo par-A` [OK]',
        'exec: `sleep 1; echo par-B` [OK]',
        'Reading `AGENTS.md` [error] `File not found: /home/node/.openclaw/workspace/AGENTS.md.`',
      ]);
    }));

  it('keeps a sub-agent inside the post of who started it, until its result was announced', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const parent = stage.frameSession().begin('delegate');
      const child = new FrameSession(stage.gateway, 'agent:main:subagent:k1', 'c1', { spawnedBy: parent.key });
      const task = {
        kind: 'subagent',
        sessionKey: parent.key,
        childSessionKey: child.key,
        runId: 'c1',
        title: 'helper',
      };
      const details = { status: 'accepted', childSessionKey: child.key };
      parent.tool({ phase: 'start', name: 'sessions_spawn', toolCallId: 's', args: { task: 'x', label: 'helper' } });
      parent.send('task', { task: { ...task, status: 'running' } });
      parent.tool({ phase: 'result', name: 'sessions_spawn', toolCallId: 's', result: { content: [], details } });
      parent.answer('It works on it.');
      child.lifecycle({ phase: 'start' }).call('in the child');
      await stage.untilShown(/\[ACTIVE\][\s\S]*helper[\s\S]*in the child/);
      child.result('in the child').answer('42');
      await stage.untilShown(/in the child` \[OK\]/);
      expect(stage.states()).toEqual(['ACTIVE']);
      parent.next(`announce:v1:${child.key}:c1`).lifecycle({ phase: 'start' }).say('It is back.').answer('It is 42.');
      await stage.untilShown(/^\*\*\[DONE\][\s\S]*helper \[DONE\] \d+s\n {4}- exec: `in the child` \[OK\]/);
      expect(stage.message()).toMatch(/It is back\.$/);
      expect(stage.states()).toEqual(['ACTIVE', 'DONE']);
      expect(stage.posts()).toHaveLength(1);
    }));

  it('shows an abort as such, not as the error that follows it', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('slow').call('sleep 60');
      await stage.untilShown(/\[ACTIVE\]/);
      run.lifecycle({ phase: 'end', status: 'cancelled', aborted: true, stopReason: 'rpc' });
      run.tool({ phase: 'result', name: 'exec', toolCallId: 'sleep 60', isError: true, result: { content: [] } });
      run.lifecycle({ phase: 'error', aborted: true, error: 'This operation was aborted', executionSettled: true });
      await stage.untilRest();
      expect(stage.states()).toEqual(['ACTIVE', 'ABORTED']);
    }));

  it('follows through a restart that lets runs end: shutdown, 1012', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('go').call('a');
      await stage.untilShown(/\[ACTIVE\]/);
      const { gateway } = stage;
      run.result('a').answer('Done in time.');
      gateway.send('shutdown', { reason: 'gateway stopping' });
      gateway.bootId = 'second';
      gateway.rows = [row(run.key, { status: 'done' })];
      gateway.drop(1012, 'service restart');
      await gateway.until(() => gateway.connects.length === 2);
      run.next('r2').begin('again').call('b').result('b').answer('Still there.');
      await stage.until(() => stage.posts().length === 2);
      await stage.untilRest();
      expect(stage.posts().map(({ message }) => /\[(\w+)\]/.exec(message)?.[1])).toEqual(['DONE', 'DONE']);
    }));

  it('says when the gateway died in mid-run, and goes on in the same post when the run did', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('go').call('a');
      await stage.untilShown(/\[ACTIVE\]/);
      const { gateway } = stage;
      gateway.rows = [row(run.key, RUNNING)];
      gateway.histories.set(run.key, inFlight('r1', toolEvent('start', 'a'), toolEvent('start', 'b', 'while away')));
      gateway.reception = 'starting';
      gateway.drop();
      await stage.untilShown(/\[ACTIVE\][\s\S]*gateway unreachable/);
      await stage.untilHealth(
        ({ status, reasons }) => status === 'degraded' && /starting/.test(reasons[0]?.what ?? ''),
      );
      gateway.reception = 'open';
      await stage.untilShown(/while away/);
      expect(stage.message()).not.toContain('unreachable');
      run.result('a').result('b').answer('Over.');
      await stage.untilShown(/\[DONE\]/);
      await stage.untilHealth(({ status }) => status === 'ok');
      expect(stage.states()).toEqual(['ACTIVE', 'DONE']);
      expect(lines(stage.message())).toEqual(['exec: `a` [OK]', 'exec: `while away` [OK]']);
    }));

  it('continues the post of a run that a crash cut and another boot resumes', ({ expect, signal }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('go').call('a');
      await stage.untilShown(/\[ACTIVE\]/);
      const { gateway } = stage;
      gateway.bootId = 'second';
      gateway.rows = [row(run.key, { status: 'running', hasActiveRun: false })];
      gateway.drop();
      await stage.untilShown(/\[INTERRUPTED\][\s\S]*the agent stopped/);
      run.next('resumed').call('b').result('b').answer('After all.');
      await stage.untilShown(/\[DONE\]/);
      expect(stage.posts()).toHaveLength(1);
      expect(lines(stage.message())).toEqual(['exec: `a` [aborted]', 'exec: `b` [OK]']);
    }));

  it('survives its own kill -9 in mid-run: one post with all lines, taken up with its own token', ({
    expect,
    signal,
  }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('go').say('First.').call('a').result('a').call('b');
      await stage.untilShown(/`b`/);
      const { gateway } = stage;
      await stage.daemon.stop('SIGKILL');
      gateway.rows = [row(run.key, RUNNING)];
      const events = [
        toolEvent('start', 'a'),
        toolEvent('result', 'a'),
        toolEvent('start', 'b'),
        toolEvent('start', 'c'),
      ];
      gateway.histories.set(run.key, inFlight('r1', preamble('First.'), ...events));
      await stage.daemon.start();
      await stage.untilShown(/`c`/);
      run.result('b').result('c', { exitCode: 3 }).answer('Both lives.');
      await stage.untilRest();
      expect(stage.posts()).toHaveLength(1);
      expect(lines(stage.message())).toEqual(['First.', 'exec: `a` [OK]', 'exec: `b` [OK]', 'exec: `c` [exit 3]']);
      expect(JSON.stringify(gateway.connects[0])).toContain('shared-token-of-a-test');
      expect(gateway.connects[1]).toMatchObject({ auth: { token: 'issued-device-token' } });
      expect(JSON.stringify(gateway.connects[1])).not.toContain('shared-token-of-a-test');
    }));

  it.for([
    ['done', 'DONE'],
    ['failed', 'ERROR'],
    ['killed', 'ABORTED'],
  ] as const)('shows the true end of a run that was %s while it was dead', ([status, state], { expect, signal }) =>
    on({ signal }, async (stage) => {
      const run = stage.frameSession().begin('go').call('a');
      await stage.untilShown(/\[ACTIVE\]/);
      await stage.daemon.stop('SIGKILL');
      stage.gateway.rows = [row(run.key, { status, endedAt: Date.now() })];
      const __openclaw = { runId: 'r1', id: 'm1' };
      const content = [{ type: 'toolCall', id: 'a', name: 'exec', arguments: { command: 'a' } }];
      const called = { role: 'assistant', content, stopReason: 'toolUse', __openclaw };
      stage.gateway.histories.set(run.key, { messages: [{ role: 'user', content: 'go' }, called] });
      await stage.daemon.start();
      await stage.untilRest();
      expect(stage.posts()).toHaveLength(1);
      expect(stage.states()).toEqual(['ACTIVE', state]);
      expect(stage.message()).toContain('`a`');
    }),
  );
});

function toolEvent(
  phase: 'start' | 'result',
  toolCallId: string,
  command = toolCallId,
): Readonly<Record<string, unknown>> {
  const common = { phase, name: 'exec', toolCallId };
  if (phase === 'start') return { stream: 'tool', data: { ...common, args: { command } } };
  return { stream: 'tool', data: { ...common, result: { content: [], details: { exitCode: 0 } } } };
}

function preamble(text: string): Readonly<Record<string, unknown>> {
  return { stream: 'item', data: { kind: 'preamble', phase: 'end', itemId: `say:${text}`, progressText: text } };
}
