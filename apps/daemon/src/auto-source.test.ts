import type { SourceChoice } from '@live-status/openclaw-config';
import type { GatewayServer } from '@live-status/openclaw-gateway';
import { createFakeClock, type FakeClock } from '@live-status/resilience/testing';
import type { SessionEvent, SessionSource } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { createAutoSource } from './auto-source.ts';
import type { DaemonSource } from './daemon-source.ts';
import { OpenClawSourcePolicy } from './source-policy.ts';
import { createScriptedSource, type ScriptedSource } from './testing/scripted-source.ts';

const KEY = 'agent:main:main';
const FILES: SourceChoice = { source: 'jsonl', why: 'files' };
const DATABASE: SourceChoice = { source: 'gateway', why: 'database' };

/** Both interfaces of an OpenClaw, told by hand, and what a daemon hears of them. */
class Stage {
  readonly clock: FakeClock = createFakeClock();
  readonly transcripts: ScriptedSource = createScriptedSource();
  readonly logged: object[] = [];
  readonly warned: object[] = [];
  readonly heard: string[] = [];
  readonly caughtUpAt: number[] = [];
  readonly source: DaemonSource;
  seen: SourceChoice;
  gateways: ScriptedSource[] = [];
  readonly #meet: (server: GatewayServer | undefined) => void;

  constructor(seen: SourceChoice) {
    this.seen = seen;
    this.transcripts.attach();
    const policy = new OpenClawSourcePolicy({
      probe: () => this.seen,
      transcriptDir: '/agents',
      clock: this.clock,
      log: {
        info: (fields: object) => void this.logged.push(fields),
        warn: (fields: object) => void this.warned.push(fields),
      },
    });
    this.#meet = (server) => policy.meet(server);
    const sources = [
      { name: 'jsonl', open: () => this.transcripts },
      { name: 'gateway', open: () => this.#open() },
    ];
    this.source = createAutoSource({ sources, policy, clock: this.clock });
    void this.#listen();
  }

  get gateway(): ScriptedSource {
    const gateway = this.gateways.at(-1);
    if (gateway === undefined) throw new Error('the gateway is not followed');
    return gateway;
  }

  #open(): SessionSource {
    const gateway = createScriptedSource('gateway');
    this.gateways.push(gateway);
    return gateway;
  }

  async #listen(): Promise<void> {
    for await (const batch of this.source) {
      for (const event of batch) {
        if (event.type === 'caught-up') this.caughtUpAt.push(this.clock.now());
        else this.heard.push(`${event.type} ${'runId' in event ? event.runId : event.sessionKey}`);
      }
    }
  }

  async look(seen: SourceChoice = this.seen): Promise<this> {
    this.seen = seen;
    await this.clock.advance(2_000);
    return this;
  }

  meet(version: string, bootId = 'b1'): this {
    this.gateway.attach();
    this.#meet({ version, bootId });
    return this;
  }

  lose(): this {
    this.#meet(undefined);
    return this;
  }

  /** A run begins, and ends unless it is left open. */
  async run(source: ScriptedSource, runId: string, { open = false } = {}): Promise<this> {
    const at = this.clock.now();
    const common = { sessionKey: KEY, at, runId };
    const ended: SessionEvent = { ...common, type: 'run-ended', outcome: 'done', endedAt: at };
    source.emit({ ...common, type: 'run-started', startedAt: at, evidence: [] }, ...(open ? [] : [ended]));
    await this.clock.advance(0);
    return this;
  }

  async end(source: ScriptedSource, runId: string): Promise<this> {
    const at = this.clock.now();
    source.emit({ sessionKey: KEY, at, runId, type: 'run-ended', outcome: 'interrupted', endedAt: at });
    await this.clock.advance(0);
    return this;
  }

  runs(): string[] {
    return this.heard.filter((text) => text.startsWith('run-started ')).map((text) => text.slice(12));
  }
}

describe('a source that is chosen by evidence', () => {
  it('reads transcripts, asks no gateway without a sign of one, and says why once', async () => {
    const stage = await (await new Stage(FILES).look()).look();
    await stage.run(stage.transcripts, 'a');
    expect(stage.gateways).toEqual([]);
    expect(stage.runs()).toEqual(['a']);
    expect(stage.source.choice()).toEqual(FILES);
    expect(stage.logged).toEqual([FILES]);
    expect(stage.source.status()).toMatchObject({ state: 'attached' });
  });

  it('says why again when the reason changed for good, not while it alternates', async () => {
    const config: SourceChoice = { source: 'gateway', why: 'openclaw.json' };
    const stage = await new Stage(FILES).look();
    for (const seen of [DATABASE, config, DATABASE, config, DATABASE]) await (await stage.look(seen)).look();
    expect(stage.source.choice()).toEqual(DATABASE);
    expect(stage.logged).toEqual([FILES, DATABASE]);
    await stage.look(config);
    await stage.clock.advance(70_000);
    expect(stage.logged).toEqual([FILES, DATABASE, config]);
  });

  it('follows an upgrade while it runs: the sessions pass to the gateway', async () => {
    const stage = await new Stage(FILES).look();
    await stage.run(stage.transcripts, 'old');
    await stage.look(DATABASE);
    expect(stage.source.status()).toMatchObject({ state: 'starting' });
    await stage.meet('2026.9.6').run(stage.gateway, 'new');
    expect(stage.runs()).toEqual(['old', 'new']);
    expect(stage.source.status()).toMatchObject({ state: 'attached' });
    expect(stage.source.choice()).toEqual({
      source: 'gateway',
      why: 'the gateway is OpenClaw 2026.9.6, which writes no transcripts',
    });
    expect(stage.source.parts()).toMatchObject([{ name: 'jsonl' }, { name: 'gateway' }]);
  });

  it('has caught up once, when all have that are needed', async () => {
    const stage = await new Stage(FILES).look();
    expect(stage.caughtUpAt).toHaveLength(1);
    await (await stage.look(DATABASE)).meet('2026.9.6').look();
    expect(stage.caughtUpAt).toHaveLength(1);
    const upgraded = await (await new Stage(DATABASE).look()).look();
    expect(upgraded.caughtUpAt).toEqual([]);
    await upgraded.meet('2026.9.6').run(upgraded.gateway, 'a');
    expect([upgraded.caughtUpAt.length, upgraded.runs()]).toEqual([1, ['a']]);
  });

  it('follows a downgrade while it runs: the sessions pass to the transcripts, and the gateway is let go', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.gateway, 'new');
    stage.lose();
    await stage.run(stage.transcripts, 'old');
    await stage.look(FILES);
    expect(stage.runs()).toEqual(['new', 'old']);
    expect(stage.gateway.status().state).toBe('closed');
    expect(stage.source.parts()).toMatchObject([{ name: 'jsonl' }]);
    await stage.look(DATABASE);
    expect(stage.gateways).toHaveLength(2);
  });

  it('keeps looking for a gateway that left runs open', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.gateway, 'open', { open: true });
    await stage.lose().look(FILES);
    expect(stage.gateway.status().state).toBe('attached');
  });

  it('does not listen to a gateway that writes transcripts', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.7.1').run(stage.gateway, 'twice');
    await stage.run(stage.transcripts, 'once');
    expect(stage.runs()).toEqual(['once']);
    expect(stage.source.choice()).toEqual({
      source: 'jsonl',
      why: 'the gateway is OpenClaw 2026.7.1, which writes transcripts',
    });
    await stage.lose().meet('2026.9.6', 'b2').run(stage.gateway, 'upgraded');
    expect(stage.runs()).toEqual(['once', 'upgraded']);
  });

  it('is not green while a gateway works that writes transcripts, and none is seen', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.7.1').run(stage.transcripts, 'seen');
    await stage.clock.advance(600_000);
    await stage.run(stage.gateway, 'seen too');
    await stage.clock.advance(30_000);
    await stage.run(stage.transcripts, 'a little later');
    await stage.run(stage.gateway, 'told late');
    await stage.clock.advance(600_000);
    expect(stage.source.status()).toMatchObject({ state: 'attached', reasons: [] });
    await stage.run(stage.gateway, 'unseen');
    await stage.clock.advance(60_000);
    const reasons = [expect.stringMatching(/below \/agents: set TRANSCRIPT_DIR/)];
    expect(stage.source.status()).toMatchObject({ state: 'degraded', reasons });
    await stage.clock.advance(60_000);
    expect(stage.warned).toEqual([{ transcriptDir: '/agents' }]);
    await stage.run(stage.transcripts, 'seen again');
    expect(stage.source.status()).toMatchObject({ state: 'attached', reasons: [] });
  });

  it('follows to its end a run that began before the gateway was downgraded', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.gateway, 'open', { open: true });
    stage.lose().meet('2026.7.1', 'b2');
    await stage.look(FILES);
    await stage.run(stage.gateway, 'twice');
    expect(stage.gateway.status().state).toBe('attached');
    await stage.end(stage.gateway, 'open');
    expect(stage.heard).toEqual(['run-started open', 'run-ended open']);
    await stage.lose().look(FILES);
    expect(stage.gateway.status().state).toBe('closed');
  });

  it('gives each session to the one that tells of it first while the gateway lives, whatever the other says', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.gateway, 'g1');
    await stage.run(stage.transcripts, 't1');
    await stage.run(stage.gateway, 'g2');
    expect(stage.heard).toEqual(['run-started g1', 'run-ended g1', 'run-started g2', 'run-ended g2']);
    await stage.lose().meet('nightly', 'b2').run(stage.transcripts, 't2');
    await stage.run(stage.gateway, 'g3');
    expect(stage.runs()).toEqual(['g1', 'g2', 't2']);
  });

  it('gives a session back once its transcript ended, to a gateway that writes none', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.transcripts, 't1', { open: true });
    await stage.run(stage.gateway, 'g1');
    await stage.end(stage.transcripts, 't1');
    await stage.run(stage.gateway, 'g2');
    expect(stage.heard).toEqual(['run-started t1', 'run-ended t1', 'run-started g2', 'run-ended g2']);
  });

  it('forgets who told of a session when it is gone', async () => {
    const stage = await new Stage(DATABASE).look();
    await stage.meet('2026.9.6').run(stage.gateway, 'g1');
    stage.gateway.emit({ type: 'session-gone', sessionKey: KEY, at: stage.clock.now() });
    await stage.clock.advance(0);
    await stage.run(stage.transcripts, 't1');
    expect(stage.runs()).toEqual(['g1', 't1']);
  });

  it('leaves a run to the end with the one that began it', async () => {
    const stage = await new Stage(FILES).look();
    await stage.run(stage.transcripts, 'cut', { open: true });
    await (await stage.look(DATABASE)).meet('2026.9.6').run(stage.gateway, 'resumed');
    await stage.end(stage.transcripts, 'cut');
    expect(stage.heard).toContain('run-ended cut');
  });

  it('says nothing of what is wrong with a source that is not in use', async () => {
    const stage = await new Stage(DATABASE).look();
    stage.transcripts.fail('/agents cannot be listed: set TRANSCRIPT_DIR', { isBlind: true });
    stage.meet('2026.9.6');
    expect(stage.source.status()).toMatchObject({ state: 'attached', reasons: [] });
    expect(stage.source.parts()).toEqual([
      { name: 'jsonl', inUse: false, state: 'attached', reasons: [], runsSeen: 0 },
      { name: 'gateway', inUse: true, state: 'attached', reasons: [], runsSeen: 0 },
    ]);
    stage.gateway.fail('the gateway wants a token', { isBlind: true });
    const inUse = { state: 'degraded', reasons: ['the gateway wants a token'], isBlind: true };
    expect(stage.source.status()).toMatchObject(inUse);
    expect(stage.source.parts()[1]).toMatchObject(inUse);
    stage.transcripts.fail('old', { isBlind: true });
    await stage.lose().look(FILES);
    expect(stage.source.status()).toMatchObject({ reasons: ['old'], isBlind: true });
  });

  it('believes work that is read from transcripts more than files, as long as no gateway answers', async () => {
    const stage = await new Stage(DATABASE).look();
    const at = stage.clock.now();
    const old = { sessionKey: KEY, at, runId: 'old', startedAt: at, evidence: [], old: true } as const;
    stage.transcripts.emit({ ...old, type: 'run-started' });
    await stage.look();
    expect(stage.source.choice()).toEqual(DATABASE);
    await stage.run(stage.transcripts, 'a');
    await stage.look();
    expect(stage.source.choice()).toEqual({
      source: 'jsonl',
      why: 'transcripts are written, and no gateway answers',
    });
    expect(stage.source.status()).toMatchObject({ state: 'attached' });
    // Other evidence counts again: OpenClaw may have been updated.
    const config: SourceChoice = { source: 'gateway', why: 'openclaw.json' };
    await stage.look(config);
    expect(stage.source.choice()).toEqual(config);
    await stage.meet('2026.9.6').run(stage.transcripts, 'b');
    await stage.look();
    expect(stage.source.choice()).toMatchObject({ source: 'gateway' });
  });

  it('follows a source that the policy has never heard of when it is chosen', async () => {
    const clock = createFakeClock();
    let seen: SourceChoice = FILES;
    const log = { info: () => {}, warn: () => {} };
    const policy = new OpenClawSourcePolicy({ probe: () => seen, transcriptDir: '/agents', clock, log });
    const acp = createScriptedSource('acp');
    const transcripts = createScriptedSource();
    const sources = [
      { name: 'jsonl', open: () => transcripts },
      { name: 'acp', open: () => acp },
    ];
    await using source = createAutoSource({ sources, policy, clock });
    await clock.advance(2_000);
    expect(source.parts().map(({ name }) => name)).toEqual(['jsonl']);
    seen = { source: 'acp', why: 'a test says so' };
    await clock.advance(2_000);
    acp.attach();
    expect(source.parts()).toMatchObject([
      { name: 'jsonl', inUse: false },
      { name: 'acp', inUse: true, state: 'attached' },
    ]);
    expect(source.name).toBe('acp');
  });

  it('fails when one of them does, and ends when it is closed', async () => {
    const stage = await new Stage(FILES).look();
    await stage.source.close();
    expect(stage.transcripts.status().state).toBe('closed');
    expect(stage.clock.timerCount).toBe(0);
    const failing = createScriptedSource();
    const clock = createFakeClock();
    const log = { info: () => {}, warn: () => {} };
    const policy = new OpenClawSourcePolicy({ probe: () => FILES, transcriptDir: '/agents', clock, log });
    const source = createAutoSource({ sources: [{ name: 'jsonl', open: () => failing }], policy, clock });
    failing.end(new Error('broken'));
    await expect(source[Symbol.asyncIterator]().next()).rejects.toThrow('broken');
    await source.close();
  });
});
