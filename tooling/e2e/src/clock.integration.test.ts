import { globSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFlight } from '@live-status/simulators/gateway';
import { type DaemonStage, onStage } from '@live-status/stage';
import { describe, it } from 'vitest';

const [FAKETIME] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
const MISSING = 'needs libfaketime (Debian package faketime)';
const HOUR_S = 3600;
const JUMPS = { '1 h ahead': HOUR_S, '1 h back': -HOUR_S, '1 day ahead': 24 * HOUR_S, '1 day back': -24 * HOUR_S };

/** The wall clock of the daemon and of OpenClaw, not that of the Mattermost server; monotonic time stays as it is. */
class WallClock {
  readonly #path: string;
  #offsetMs = 0;

  constructor(path: string, offsetS: number) {
    this.#path = path;
    this.set(offsetS);
  }

  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: FAKETIME ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  set(offsetS: number): void {
    this.#offsetMs = offsetS * 1000;
    writeFileSync(this.#path, `${offsetS < 0 ? '' : '+'}${offsetS}`);
  }

  /** Does something as OpenClaw: what it records has this clock's time, and so have its files. */
  work(write: () => void, dir?: string): void {
    const { now } = Date;
    Date.now = () => now() + this.#offsetMs;
    try {
      write();
      const at = new Date();
      at.setTime(Date.now());
      for (const name of dir === undefined ? [] : readdirSync(dir)) utimesSync(join(dir ?? '', name), at, at);
    } finally {
      Date.now = now;
    }
  }
}

type Source = 'transcripts' | 'gateway';

const isGateway = (source: Source): boolean => source === 'gateway';

const event = (phase: 'start' | 'end', toolCallId: string) =>
  phase === 'start'
    ? { stream: 'tool', data: { phase, name: 'exec', toolCallId } }
    : { stream: 'item', data: { kind: 'tool', phase, name: 'exec', toolCallId, status: 'completed' } };

/** Seconds that the head of a text shows. */
function elapsedS(text: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^[^|]*\| (?:(\d+)h ?)?(?:(\d+)m ?)?(?:(\d+)s)?/.exec(text.split('\n', 1)[0] ?? '') ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/** Work during which the clock is set, and then the daemon dies. */
async function play(stage: DaemonStage, clock: WallClock, { source, jumpS }: { source: Source; jumpS: number }) {
  const session = isGateway(source) ? stage.frameSession() : stage.fileSession();
  const dir = isGateway(source) ? undefined : stage.agent.sessionsDir;
  clock.work(() => void session.begin('go').call('a', 'npm ci'), dir);
  await stage.untilShown(/npm ci/);
  clock.set(jumpS);
  clock.work(() => void session.result('a').call('b', 'npm test'), dir);
  await stage.untilShown(/npm test/);
  if (isGateway(source)) {
    const key = session.key ?? '';
    stage.gateway.rows = [{ key, sessionId: 's1', status: 'running', hasActiveRun: true }];
    clock.work(() =>
      stage.gateway.histories.set(key, inFlight('r1', event('start', 'a'), event('end', 'a'), event('start', 'b'))),
    );
  }
  await stage.daemon.restart('SIGKILL');
  clock.work(() => void session.result('b').call('c', 'npm publish'), dir);
  await stage.untilShown(/npm publish/);
  clock.set(0);
  clock.work(() => void session.result('c').answer('Over.'), dir);
  await stage.untilRest();
}

describe.concurrent('a wall clock that is set', { timeout: 60_000 }, () => {
  const cases = (['transcripts', 'gateway'] as const).flatMap((source) =>
    Object.entries(JUMPS).map(([name, jumpS]) => [source, name, jumpS] as const),
  );

  it.for(cases)(
    'changes no post, neither at work nor at a restart: %s, %s',
    ([source, , jumpS], { expect, signal, skip }) => {
      skip(FAKETIME === undefined, MISSING);
      let clock: WallClock | undefined;
      const env = (stage: { readonly env: Readonly<Record<string, string>> }) => {
        clock = new WallClock(join(stage.env.HOME ?? '', 'clock'), 0);
        return clock.env;
      };
      const startedAt = performance.now();
      return onStage({ signal, followsGateway: isGateway(source), env }, async (stage) => {
        if (clock === undefined) throw new Error('no clock');
        await play(stage, clock, { source, jumpS });
        const tookS = (performance.now() - startedAt) / 1000;
        expect(stage.posts()).toHaveLength(1);
        expect(stage.states()).toEqual(['ACTIVE', 'DONE']);
        expect(stage.message()).toMatch(/npm ci` \[OK\][\s\S]*npm test` \[OK\][\s\S]*npm publish` \[OK\]/);
        const times = stage.versions().map(elapsedS);
        expect(times.filter((time) => time > tookS)).toEqual([]);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(stage.versions().length).toBeLessThanOrEqual(8);
        expect(stage.health.seen.flatMap(({ reasons }) => reasons.map(({ what }) => what))).toEqual([]);
      });
    },
  );
});
