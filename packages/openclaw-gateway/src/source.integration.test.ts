import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import {
  type BoxEntry,
  BoxFold,
  DEFAULT_RULES,
  type SessionEvent,
  type SessionSource,
} from '@live-status/session-state';
import { FakeGateway, type RecordedFrame, readFrames } from '@live-status/simulators/gateway';
import { type JsonObject, objectOf } from '@live-status/transcript-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGatewaySource } from './index.ts';
import { toResumeToken } from './resume-token.ts';
import { Play } from './testing/play.ts';

const KEY = 'agent:main:mattermost:channel:chan0000000000000000000000:thread:p89xktvhdvnnscnjkszkcb3ewe';
const FRAMES = readFrames('mattermost-channel-tools');
const RUN = 'a416fd5d-b424-4b04-a982-3f7be188ca97';

let stateDir: string;
let gateway: FakeGateway;
let clock: FakeClock;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'gateway-source-'));
  gateway = await FakeGateway.listen();
  clock = createFakeClock();
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(stateDir, { recursive: true, force: true });
});

const open = (): SessionSource => createGatewaySource({ url: gateway.url, token: 'shared-token', stateDir, clock });

/** What the source reported so far, folded. */
class Seen {
  readonly events: SessionEvent[] = [];
  readonly #boxes = new BoxFold({ rules: { ...DEFAULT_RULES, settleMs: 86_400_000 } });
  #changed: (() => void)[] = [];
  readonly done: Promise<void>;

  constructor(source: SessionSource) {
    this.done = this.#read(source);
  }

  async #read(source: SessionSource): Promise<void> {
    for await (const batch of source) {
      this.events.push(...batch.filter((event) => event.type !== 'caught-up'));
      this.#boxes.fold(batch);
      for (const look of this.#changed.splice(0)) look();
    }
  }

  entry(): BoxEntry | undefined {
    const [boxId] = this.#boxes.boxIds();
    return boxId === undefined ? undefined : this.#boxes.view(boxId);
  }

  box(): BoxEntry['box'] | undefined {
    return this.entry()?.box;
  }

  async until(isTrue: (box: BoxEntry['box']) => boolean): Promise<BoxEntry['box']> {
    for (;;) {
      const box = this.box();
      if (box !== undefined && isTrue(box)) return box;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }
}

function sendAll(frames: readonly RecordedFrame[]): void {
  for (const { type, event, payload } of frames) {
    if (type === 'event' && event !== undefined) gateway.send(event, payload);
  }
}

const row = (more: JsonObject): JsonObject => ({
  key: KEY,
  sessionId: '5960710f-7e20-4170-8aee-ebc01f31fce0',
  deliveryContext: {
    channel: 'mattermost',
    to: 'channel:chan0000000000000000000000',
    threadId: 'p89xktvhdvnnscnjkszkcb3ewe',
  },
  ...more,
});

/** The turn of the recording up to a frame, as `chat.history` gives it for channel runs: calls without arguments. */
function historyUpTo(index: number): JsonObject {
  const told = FRAMES.slice(0, index).filter(({ type }) => type === 'event');
  const messages = told.filter(({ event }) => event === 'session.message').map(({ payload }) => payload?.message);
  const events = told
    .filter(({ event, payload }) => event === 'agent' && ['tool', 'item'].includes(String(payload?.stream)))
    .map(({ payload }) => (payload?.stream === 'tool' ? summary(payload) : payload));
  return { messages, inFlightRun: { runId: RUN, text: '', startedAt: FRAMES[4]?.t, events } };
}

function summary(payload: JsonObject): JsonObject {
  const { phase, name, toolCallId } = payload.data as JsonObject;
  return { ...payload, data: { phase, name, toolCallId } };
}

describe('a gateway source', () => {
  it('subscribes to every session that turns up, and shows what runs in it', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    const [first, ...others] = FRAMES.filter(
      ({ type, event }) => type === 'event' && event !== 'chat.metadata.changed',
    );
    sendAll([first as RecordedFrame]);
    await gateway.until(() => gateway.subscribedTo(KEY));
    sendAll(others);
    const box = await seen.until(({ state }) => state === 'done');
    const expected = new Play().frames(FRAMES).box().box;
    expect(
      box.lines.map((line) => [line.kind, 'args' in line ? line.args : '', 'state' in line ? line.state : '']),
    ).toEqual(
      expected.lines.map((line) => [line.kind, 'args' in line ? line.args : '', 'state' in line ? line.state : '']),
    );
    expect(source.status()).toMatchObject({ state: 'attached', reasons: [], runsSeen: 1 });
  });

  it('asks for operator.read only, with a key of its own and, once it has one, its own token', async () => {
    const first = open();
    await gateway.until(() => gateway.asked.length > 1);
    await first.close();
    const path = join(stateDir, 'gateway-device.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain('issued-device-token');
    gateway.asked.length = 0;
    await using _second = open();
    await gateway.until(() => gateway.asked.length > 1);
    const [before, after] = gateway.connects;
    expect(before).toMatchObject({
      scopes: ['operator.read'],
      role: 'operator',
      caps: ['tool-events'],
      minProtocol: 4,
      maxProtocol: 4,
      // The same on every system: OpenClaw takes a paired macOS device for one that shows progress cards.
      client: { id: 'cli', mode: 'cli', platform: 'linux' },
      auth: { token: 'shared-token' },
    });
    expect(JSON.stringify(after)).not.toContain('shared-token');
    expect(after).toMatchObject({ auth: { token: 'issued-device-token' } });
    expect(after?.device).toMatchObject({ id: objectOf(before?.device)?.id });
    expect(gateway.asked.map(({ method }) => method)).toEqual(['sessions.subscribe', 'sessions.list']);
  });

  describe('whose process is started again', () => {
    const session = (more: JsonObject): JsonObject => ({ sessionKey: KEY, runId: RUN, ...more });
    const lifecycle = (data: JsonObject): void => gateway.send('agent', session({ stream: 'lifecycle', data }));
    const tool = (data: JsonObject): void => gateway.send('agent', session({ stream: 'tool', data }));
    const call = { phase: 'start', name: 'exec', toolCallId: 'c1', args: { command: 'rm -rf build' } };
    const listed = (): boolean => gateway.asked.some(({ method }) => method === 'sessions.list');
    const openWith = (before: Seen): SessionSource => {
      const { resumeTokens = [] } = before.entry() ?? {};
      gateway.asked.length = 0;
      return createGatewaySource({ url: gateway.url, token: 'shared-token', stateDir, clock, resumeTokens });
    };
    const inFlight = (): JsonObject => ({
      messages: [],
      inFlightRun: {
        runId: RUN,
        startedAt: clock.now(),
        events: [session({ stream: 'tool', data: { phase: 'start', name: 'exec', toolCallId: 'c1' } })],
      },
    });

    /** A process that saw an approval being asked for, and is gone. */
    const seeApproval = async (): Promise<Seen> => {
      await using source = open();
      const seen = new Seen(source);
      await gateway.until(listed);
      tool(call);
      lifecycle({ phase: 'waiting-approval', approvalId: 'approval-1', toolCallId: 'c1' });
      await seen.until(({ state }) => state === 'waiting');
      gateway.rows = [row({ status: 'running', hasActiveRun: true })];
      gateway.histories.set(KEY, inFlight());
      return seen;
    };

    it('shows since when an approval is waited for, until it is decided', async () => {
      const before = await seeApproval();
      const since = clock.now();
      await clock.advance(60_000);
      await using source = openWith(before);
      const seen = new Seen(source);
      const box = await seen.until(({ state }) => state === 'waiting');
      expect(box.lines).toMatchObject([{ approval: { approvalId: 'approval-1', since, until: since + 1_800_000 } }]);
      lifecycle({ phase: 'approval-resolved', approvalId: 'approval-1', toolCallId: 'c1' });
      await seen.until(({ state }) => state === 'active');
      expect(seen.entry()?.resumeTokens.join()).not.toContain('approval-1');
    });

    it('shows no approval that the gateway has forgotten, because it was started again, too', async () => {
      const before = await seeApproval();
      gateway.bootId = 'second';
      await using source = openWith(before);
      const seen = new Seen(source);
      expect(await seen.until(({ lines }) => lines.length === 1)).toMatchObject({ state: 'active' });
    });

    it('shows how a command in the background ended, whose run was over before', async () => {
      const result = {
        content: [{ type: 'text', text: 'Command still running (session ember-prairie, pid 7). Use it.' }],
      };
      const task = { kind: 'exec', sessionKey: KEY, sourceId: 'ember-prairie', status: 'failed', endedAt: clock.now() };
      const first = open();
      const before = new Seen(first);
      await gateway.until(listed);
      tool(call);
      tool({
        ...{ phase: 'result', name: 'exec', toolCallId: 'c1' },
        result: { ...result, details: { status: 'running', sessionId: 'ember-prairie' } },
      });
      lifecycle({ phase: 'end' });
      await before.until(({ state, inBackground }) => state === 'done' && inBackground === 1);
      await first.close();
      const __openclaw = { runId: RUN, id: 'm1' };
      const content = [{ type: 'toolCall', id: 'c1', name: 'exec', arguments: call.args }];
      gateway.rows = [row({ status: 'done', hasActiveRun: false })];
      gateway.histories.set(KEY, {
        messages: [
          { role: 'assistant', content, stopReason: 'toolUse', __openclaw },
          { role: 'toolResult', toolCallId: 'c1', toolName: 'exec', ...result, __openclaw },
        ],
      });
      gateway.tasks = [{ ...task, error: 'Command failed (exit code 3)' }];
      await using source = openWith(before);
      const box = await new Seen(source).until(({ state }) => state === 'done');
      expect(box).toMatchObject({ lines: [{ tool: 'exec', state: 'error', exitCode: 3 }] });
      expect(box).not.toHaveProperty('inBackground');
    });
  });

  it('asks the history once, a moment after a failed attempt, when the next one is made', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'tasks.list'));
    const event = (stream: string, data: JsonObject): JsonObject => ({ sessionKey: KEY, runId: RUN, stream, data });
    gateway.send('agent', event('tool', { phase: 'start', name: 'exec', toolCallId: 'c1', args: {} }));
    const errorObservation = { failoverReason: 'server_error' };
    gateway.send('agent', event('lifecycle', { phase: 'finishing', error: 'no', errorObservation }));
    await seen.until(({ trouble }) => trouble !== undefined);
    const histories = (): unknown[] => gateway.asked.filter(({ method }) => method === 'chat.history');
    expect(histories()).toEqual([]);
    const failedAt = clock.now();
    const status = { phase: 'retrying', attempt: 2, delayMs: 9_000, reason: 'server_error' };
    gateway.histories.set(KEY, { inFlightRun: { runId: RUN, events: [event('run_status', status)] } });
    await clock.advance(100);
    const retryAt = failedAt + 9_000;
    await seen.until(({ trouble }) => trouble?.kind === 'retry' && trouble.retryAt === retryAt);
    await clock.advance(20_000);
    expect(histories()).toEqual([{ method: 'chat.history', params: { sessionKey: KEY, limit: 1 } }]);
  });

  it('asks for a checklist once more, not once for each time it was written', async () => {
    await using source = open();
    const seen = new Seen(source);
    const step = (name: string): JsonObject => ({ step: name, status: 'pending' });
    const updatedAt = clock.now() + 60_000;
    gateway.cards.set(KEY, { updatedAt, steps: [step('a')] });
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'tasks.list'));
    const data = { phase: 'start', name: 'exec', toolCallId: 'c1', args: {} };
    gateway.send('agent', { sessionKey: KEY, runId: RUN, stream: 'tool', data });
    for (let revision = 1; revision <= 20; revision += 1) {
      gateway.send('progressCard.changed', { sessionKey: KEY, revision });
    }
    await seen.until(({ plan = [] }) => plan.length === 1);
    gateway.cards.set(KEY, { updatedAt, steps: [step('a'), step('b')] });
    await clock.advance(1_000);
    await seen.until(({ plan = [] }) => plan.length === 2);
    await clock.advance(10_000);
    gateway.send('agent', { sessionKey: KEY, runId: RUN, stream: 'lifecycle', data: { phase: 'end' } });
    await seen.until(({ state }) => state === 'done');
    expect(gateway.asked.filter(({ method }) => method === 'progressCard.get')).toHaveLength(2);
  });

  it('goes on as before when what it asks for is refused', async () => {
    gateway.refused.add('progressCard.get').add('tasks.list');
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'tasks.list'));
    const data = { phase: 'start', name: 'exec', toolCallId: 'c1', args: {} };
    gateway.send('agent', { sessionKey: KEY, runId: RUN, stream: 'tool', data });
    gateway.send('progressCard.changed', { sessionKey: KEY, revision: 2 });
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'progressCard.get'));
    gateway.send('agent', { sessionKey: KEY, runId: RUN, stream: 'lifecycle', data: { phase: 'end' } });
    expect(await seen.until(({ state }) => state === 'done')).not.toHaveProperty('plan');
    expect(source.status()).toMatchObject({ state: 'attached', reasons: [] });
  });

  it('never offers to decide anything, whatever the gateway says of itself', async () => {
    gateway.controlUiUrl = 'https://gateway.example.com';
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    const { url } = await seen.until(({ lines }) => lines.length === 8);
    expect(url).toBe(`https://gateway.example.com/chat/main/${KEY.split(':').slice(2).join('/')}`);
    for (const { caps, scopes } of gateway.connects) {
      expect([caps, scopes]).toEqual([['tool-events'], ['operator.read']]);
    }
    const methods = new Set(gateway.asked.map(({ method }) => method));
    expect([...methods].filter((method) => /approv|question|secret/.test(method))).toEqual([]);
    expect(gateway.asked.filter(({ params }) => 'includeApprovals' in params)).toEqual([]);
  });

  it('takes up a run that was under way before it came, with the arguments the history has', async () => {
    gateway.rows = [row({ status: 'running', hasActiveRun: true })];
    gateway.histories.set(KEY, historyUpTo(46));
    await using source = open();
    const seen = new Seen(source);
    const box = await seen.until(({ lines }) => lines.length === 8);
    expect(box).toMatchObject({
      state: 'active',
      lines: [
        { text: 'Let me look at the workspace first.' },
        { args: { command: 'echo hello; sleep 2; echo done' }, state: 'ok' },
        { text: 'Now a failing command.' },
        { args: { command: 'ls /nonexistent-dir; exit 3' }, state: 'error' },
        { text: 'Now in parallel.' },
        { args: { command: 'sleep 3; echo par-A' }, state: 'running' },
        { args: { command: 'sleep 1; echo par-B' }, state: 'running' },
        { args: { path: 'AGENTS.md' }, state: 'error' },
      ],
    });
    sendAll(FRAMES.slice(46));
    const done = await seen.until(({ state }) => state === 'done');
    expect(done.lines).toHaveLength(8);
    expect(done.tokens).toMatchObject({ input: 4_788, output: 231 });
  });

  it('says that the gateway is unreachable after 5 s, gives up after the grace, and goes on when the run did', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    await seen.until(({ lines }) => lines.length === 8);
    await clock.advance(10_000);
    gateway.reception = 'starting';
    gateway.drop();
    await gateway.until(() => gateway.connects.length > 1);
    expect(source.status()).toMatchObject({ state: 'degraded' });
    await clock.advance(5_000);
    expect(await seen.until(({ reason }) => reason !== undefined)).toMatchObject({
      state: 'active',
      reason: 'gateway unreachable',
    });
    await clock.advance(115_000);
    expect(await seen.until(({ state }) => state === 'interrupted')).toMatchObject({ reason: 'gateway unreachable' });
    gateway.reception = 'open';
    gateway.rows = [row({ status: 'running', hasActiveRun: true })];
    gateway.histories.set(KEY, historyUpTo(50));
    await clock.advance(60_000);
    const back = await seen.until(({ state }) => state === 'active');
    expect(back.lines).toHaveLength(8);
    sendAll(FRAMES.slice(50));
    expect(await seen.until(({ state }) => state === 'done')).toMatchObject({ lines: { length: 8 } });
  });

  it('ends a run that it heard of before the connection was lost in the middle of the first look', async () => {
    gateway.unanswered.add('sessions.list');
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    gateway.unanswered.clear();
    gateway.rows = [row({ status: 'killed', hasActiveRun: false })];
    gateway.drop();
    await seen.until(({ lines }) => lines.length === 8);
    await expect.poll(() => source.status().reasons).toHaveLength(1);
    await clock.advance(60_000);
    expect(await seen.until(({ state }) => state !== 'active')).toMatchObject({ state: 'aborted' });
  });

  describe('whose histories do not come', () => {
    const resumeTokens = [toResumeToken({ sessionKey: KEY, gatewayId: RUN, startedAt: Date.now() })];
    const openAgain = (): SessionSource =>
      createGatewaySource({ url: gateway.url, token: 'shared-token', stateDir, clock, resumeTokens });

    beforeEach(() => {
      gateway.unanswered.add('chat.history');
      gateway.rows = [row({ status: 'running', hasActiveRun: true })];
    });

    it('tells after 10 s what came meanwhile, and takes no run for cut of which a row says that it goes on', async () => {
      await using source = openAgain();
      const seen = new Seen(source);
      await gateway.until(() => gateway.asked.some(({ method }) => method === 'chat.history'));
      gateway.send('session.tool', { ...call('b'), sessionKey: 'agent:main:other' });
      await gateway.until(() => gateway.subscribedTo('agent:main:other'));
      await clock.advance(10_000);
      await expect.poll(() => seen.events.filter(({ type }) => type === 'tool-started')).toHaveLength(1);
      expect(seen.events.filter(({ type }) => type === 'run-ended')).toEqual([]);
    });

    it('judges no run by a connection that was lost while they were asked for', async () => {
      await using source = openAgain();
      const seen = new Seen(source);
      await gateway.until(() => gateway.asked.some(({ method }) => method === 'chat.history'));
      gateway.unanswered.clear();
      gateway.histories.set(KEY, historyUpTo(46));
      gateway.drop();
      await expect.poll(() => source.status().reasons).toHaveLength(1);
      await clock.advance(60_000);
      expect(await seen.until(({ lines }) => lines.length === 8)).toMatchObject({ state: 'active' });
      expect(seen.events.filter(({ type }) => type === 'run-ended')).toEqual([]);
    });

    const call = (toolCallId: string): JsonObject => ({
      runId: 'other',
      stream: 'tool',
      data: { phase: 'start', name: 'exec', toolCallId },
    });
  });

  it('ends as it ended a run that was over before the gateway was seen again', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    await seen.until(({ lines }) => lines.length === 8);
    await clock.advance(10_000);
    gateway.rows = [row({ status: 'killed', hasActiveRun: false })];
    gateway.drop(1012, 'service restart');
    await gateway.until(() => gateway.connects.length > 1);
    const box = await seen.until(({ state }) => state !== 'active');
    expect(box).toMatchObject({ state: 'aborted' });
    expect(box.lines.map((line) => 'state' in line && line.state)).toContain('aborted');
  });

  it('continues in the same box what a restarted gateway resumes under a new run', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    await seen.until(({ lines }) => lines.length === 8);
    await clock.advance(10_000);
    gateway.bootId = 'second';
    gateway.rows = [row({ status: 'running', hasActiveRun: false })];
    gateway.drop();
    await seen.until(({ state, reason }) => state === 'interrupted' && reason === 'the agent stopped');
    const data = { phase: 'start', name: 'exec', toolCallId: 'call_9', args: { command: 'ls' } };
    gateway.send('agent', { runId: 'resumed', stream: 'tool', data, sessionKey: KEY, seq: 4, isHeartbeat: false });
    const box = await seen.until(({ state }) => state === 'active');
    expect(box.lines).toHaveLength(9);
  });

  it('continues that box, too, when the connection was lost once more before it stood', async () => {
    await using source = open();
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 46));
    await seen.until(({ lines }) => lines.length === 8);
    gateway.bootId = 'second';
    gateway.rows = [row({ status: 'running', hasActiveRun: true })];
    gateway.reception = 'starting';
    gateway.drop();
    await expect.poll(() => source.status().reasons).toHaveLength(1);
    await clock.advance(120_000);
    await seen.until(({ reason }) => reason === 'gateway unreachable');
    gateway.reception = 'open';
    gateway.unanswered.add('sessions.list');
    const lists = (): number => gateway.asked.filter(({ method }) => method === 'sessions.list').length;
    await expect.poll(() => clock.advance(10_000).then(lists)).toBe(2);
    const call = (toolCallId: string): JsonObject => ({ phase: 'start', name: 'exec', toolCallId, args: {} });
    gateway.send('agent', { runId: 'resumed', stream: 'tool', data: call('call_8'), sessionKey: KEY });
    gateway.unanswered.clear();
    gateway.histories.set(KEY, { messages: [], inFlightRun: { runId: 'resumed', events: [] } });
    gateway.drop();
    await expect.poll(() => clock.advance(10_000).then(lists)).toBe(3);
    await expect.poll(() => gateway.subscribedTo(KEY)).toBe(true);
    gateway.send('agent', { runId: 'resumed', stream: 'tool', data: call('call_9'), sessionKey: KEY });
    await seen.until(({ state, lines }) => state === 'active' && lines.length === 10);
    const triggers = seen.events.flatMap((event) => (event.type === 'run-identified' ? event.trigger : []));
    expect(triggers).toEqual(['message', 'resume']);
  });

  it.each([
    ['starting', 'gateway starting'],
    ['pairing', '`openclaw devices approve req-42`'],
    ['wrong-token', 'OPENCLAW_GATEWAY_TOKEN'],
    ['other-protocol', 'protocol 4'],
  ] as const)('says why it is not attached: %s', async (reception, words) => {
    gateway.reception = reception;
    await using source = open();
    await gateway.until(() => gateway.connects.length > 0);
    await expect.poll(() => source.status().reasons[0]).toContain(words);
    expect(source.status().state).toBe('starting');
    // A gateway that is starting needs nobody; the others never let this device in by themselves.
    expect(source.status().isBlind).toBe(reception === 'starting' ? undefined : true);
    expect(JSON.stringify(source.status())).not.toContain('shared-token');
    gateway.reception = 'open';
    await expect.poll(() => clock.timerCount).toBe(2);
    await clock.advance(60_000);
    await expect.poll(() => source.status().state).toBe('attached');
    expect(source.status().isBlind).toBeUndefined();
  });

  it('is blind once the gateway has been away for longer than it takes to restart', async () => {
    await using source = open();
    await expect.poll(() => source.status().state).toBe('attached');
    await clock.advance(600_000);
    gateway.reception = 'starting';
    gateway.drop();
    await expect.poll(() => source.status().reasons).toHaveLength(1);
    await clock.advance(29_000);
    expect(source.status()).toMatchObject({ state: 'degraded' });
    expect(source.status().isBlind).toBeUndefined();
    await clock.advance(1_000);
    expect(source.status()).toMatchObject({ state: 'degraded', isBlind: true });
    gateway.reception = 'open';
    await expect.poll(() => clock.advance(10_000).then(() => source.status().state)).toBe('attached');
    expect(source.status().isBlind).toBeUndefined();
  });

  it('makes a new key when the file of the old one cannot be understood, and keeps the old file', async () => {
    await writeFile(join(stateDir, 'gateway-device.json'), 'not JSON');
    await using _source = open();
    await gateway.until(() => gateway.asked.length > 1);
    expect(await readFile(join(stateDir, 'gateway-device.json.corrupt'), 'utf8')).toBe('not JSON');
  });

  it('no longer counts as starting when nobody answered for the grace', async () => {
    await using source = createGatewaySource({ url: 'ws://127.0.0.1:1', stateDir, clock, graceMs: 5_000 });
    await expect.poll(() => source.status()).toMatchObject({ state: 'starting', reasons: [expect.any(String)] });
    await clock.advance(5_000);
    expect(source.status()).toMatchObject({ state: 'degraded', reasons: [expect.any(String)] });
  });

  it('tells who answers before it reports anything, and when nobody does any more', async () => {
    const told: unknown[] = [];
    const onServer = (server: unknown): void => void told.push(server);
    gateway.bootId = 'first';
    await using source = createGatewaySource({ url: gateway.url, token: 't', stateDir, clock, onServer });
    const seen = new Seen(source);
    await gateway.until(() => gateway.asked.some(({ method }) => method === 'sessions.list'));
    sendAll(FRAMES.slice(1, 20));
    await seen.until(() => true);
    expect(told).toEqual([{ version: '2026.9.6', bootId: 'first' }]);
    gateway.drop(1012, 'service restart');
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]).toBeUndefined();
  });

  it('closes while nothing answers, and leaves no timer behind', async () => {
    const source = createGatewaySource({ url: 'ws://127.0.0.1:1', stateDir, clock });
    const seen = new Seen(source);
    await expect.poll(() => source.status().reasons).toHaveLength(1);
    await source.close();
    await seen.done;
    expect(source.status().state).toBe('closed');
    expect(clock.timerCount).toBe(0);
  });
});
