import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Faults } from '@live-status/simulators/mattermost';
import { channelSession, type FileSession } from '@live-status/simulators/openclaw-files';
import type { DaemonStage, Stage } from '@live-status/stage';
import type { FaultScenario, PlayedFault } from './play-fault.ts';

/** How long things go wrong in the scenarios that last, milliseconds. */
export interface FaultTimes {
  /** Server down. Default 8000. */
  readonly downMs?: number;
  /** Token refused: more than a minute, the time between two attempts with it. Default: until a restart. */
  readonly revokedMs?: number;
}

const STEP_MS = 300;

/** Everything that can go wrong between the daemon and its readers, by name. */
export interface FaultScenarios {
  readonly serverDown: FaultScenario;
  readonly stoppedWhileDown: FaultScenario;
  readonly flapping: FaultScenario;
  readonly hanging: FaultScenario;
  readonly html502: FaultScenario;
  readonly busyBesideLimiter: FaultScenario;
  readonly limited: FaultScenario;
  readonly tokenRevoked: FaultScenario;
  readonly postDeleted: FaultScenario;
  readonly rootDeletedBefore: FaultScenario;
  readonly rootDeletedAfter: FaultScenario;
  readonly channelArchived: FaultScenario;
  readonly removedFromChannel: FaultScenario;
  readonly editTimeLimit: FaultScenario;
}

/** The scenarios, in the order in which a table shows them. */
export function faultScenarios({ downMs = 8_000, revokedMs }: FaultTimes = {}): FaultScenarios {
  return {
    serverDown: serverDown(downMs),
    stoppedWhileDown,
    flapping,
    hanging,
    html502,
    busyBesideLimiter,
    limited,
    tokenRevoked: revokedMs === undefined ? tokenReplaced : tokenRestored(revokedMs),
    postDeleted,
    rootDeletedBefore,
    rootDeletedAfter,
    channelArchived,
    removedFromChannel,
    editTimeLimit,
  };
}

/** Works in steps for a while and does not answer yet. */
async function work(stage: DaemonStage, session: FileSession, ms: number, name = 'step'): Promise<void> {
  const steps = Math.round(ms / STEP_MS);
  for (let step = 1; step <= steps; step += 1) {
    session.call(`${name}-${step}`, `${name} ${step}`);
    await stage.wait(STEP_MS);
    session.result(`${name}-${step}`);
  }
}

/** A session in a new channel that has begun to work, and its post is there. */
async function shownSession(stage: DaemonStage): Promise<FileSession> {
  const channelId = stage.channel();
  const session = channelSession(stage.agent, channelId).begin('please').call('first', 'first step').result('first');
  await stage.until(() => stage.posts().some((post) => post.channel_id === channelId));
  return session;
}

/** A fault that is cleared after a while. */
async function lasting(stage: DaemonStage, forMs: number, begin: (faults: Faults) => Fault): Promise<void> {
  const fault = begin(stage.simulator.faults);
  await stage.wait(forMs);
  fault.clear();
}

/** Three agents: one ends meanwhile, one begins and ends meanwhile, one goes on. */
async function workThrough(stage: DaemonStage, fault: () => Promise<void>): Promise<void> {
  const ends = await shownSession(stage);
  const goesOn = await shownSession(stage);
  const over = fault();
  const whole = channelSession(stage.agent, stage.channel()).begin('please');
  await Promise.all([work(stage, whole, 900), work(stage, ends, 900), work(stage, goesOn, 900)]);
  whole.answer('The whole run.');
  ends.answer('Ended meanwhile.');
  await over;
  await work(stage, goesOn, 600, 'later');
  goesOn.answer('Went on.');
}

const serverDown = (downMs: number): FaultScenario => ({
  name: `server down ${downMs / 1_000} s`,
  play: (stage) =>
    workThrough(stage, async () => {
      await stage.simulator.faults.offline();
      await stage.wait(downMs);
      await stage.simulator.faults.online();
    }),
});

const stoppedWhileDown: FaultScenario = {
  name: 'daemon stopped while the server is down',
  env: { SHUTDOWN_TIMEOUT_S: '1' },
  async play(stage) {
    const session = await shownSession(stage);
    await stage.simulator.faults.offline();
    session.call('offline', 'step offline');
    await stage.wait(500);
    await stage.daemon.stop();
    session.result('offline').answer('Ended unseen.');
    await stage.simulator.faults.online();
    await stage.daemon.start();
  },
};

const flapping: FaultScenario = {
  name: 'connection flaps (0.5 s up, 0.7 s down)',
  play: (stage) =>
    workThrough(stage, () => lasting(stage, 5_000, (faults) => faults.flapping({ upMs: 500, downMs: 700 }))),
};

const hanging: FaultScenario = {
  name: 'server hangs 12 s',
  play: (stage) =>
    workThrough(stage, () => lasting(stage, 12_000, (faults) => faults.hang({ times: Number.POSITIVE_INFINITY }))),
};

const html502: FaultScenario = {
  name: 'proxy answers HTML 502 for 5 s',
  play: (stage) =>
    workThrough(stage, () => lasting(stage, 5_000, (faults) => faults.html502({ times: Number.POSITIVE_INFINITY }))),
};

const BUSY = 20;

/** Twenty agents begin at once and work for the same time. */
async function manyWork(stage: DaemonStage, ms: number): Promise<void> {
  const sessions = Array.from({ length: BUSY }, () => channelSession(stage.agent, stage.channel()).begin('please'));
  await Promise.all(sessions.map((session) => work(stage, session, ms)));
  for (const session of sessions) session.answer('Over.');
}

const busyBesideLimiter: FaultScenario = {
  name: `rate limiter on (10/s, burst 100), ${BUSY} busy sessions`,
  async play(stage) {
    stage.simulator.setLimiter({ enable: true, perSec: 10, burst: 100 });
    await manyWork(stage, 9_000);
  },
};

const limited: FaultScenario = {
  name: `rate limit used up by others, ${BUSY} busy sessions`,
  env: { MAX_UPDATES_PER_S: '50' },
  async play(stage) {
    const { simulator } = stage;
    simulator.setLimiter({ enable: true, perSec: 10, burst: 100 });
    // The gateway beside us: the server counts both as one client.
    const ask = (): Promise<unknown> =>
      fetch(`${simulator.url}/api/v4/users/me`, { signal: AbortSignal.timeout(5_000) }).catch(() => {});
    await Promise.all(Array.from({ length: 150 }, ask));
    let isOver = false;
    const work = manyWork(stage, 3_000).finally(() => {
      isOver = true;
    });
    const isRefused = (): boolean =>
      simulator.requests().some(({ method, status }) => method === 'POST' && status === 429);
    while (!isOver && !isRefused()) await Promise.all(Array.from({ length: 10 }, ask));
    await work;
  },
};

const tokenReplaced: FaultScenario = {
  name: 'token revoked; restored and restarted',
  env: { SHUTDOWN_TIMEOUT_S: '1' },
  async play(stage) {
    const session = await shownSession(stage);
    const { simulator, daemon } = stage;
    simulator.revokeToken(simulator.bot.token);
    session.call('revoked', 'step while revoked');
    await stage.untilHealth(({ status }) => status === 'failing');
    session.result('revoked').answer('Ended unseen.');
    await stage.wait(500);
    await daemon.stop();
    simulator.restoreToken(simulator.bot.token);
    await daemon.start();
  },
};

const tokenRestored = (revokedMs: number): FaultScenario => ({
  name: `token revoked ${revokedMs / 1_000} s, then restored`,
  play: (stage) =>
    workThrough(stage, async () => {
      const { simulator } = stage;
      simulator.revokeToken(simulator.bot.token);
      await stage.wait(revokedMs);
      simulator.restoreToken(simulator.bot.token);
    }),
});

const postDeleted: FaultScenario = {
  name: 'a person deletes the post',
  async play(stage) {
    const session = await shownSession(stage);
    stage.simulator.deletePost(stage.posts()[0]?.id ?? '');
    await work(stage, session, 1_200);
    session.answer('Over.').begin('and now?').call('next', 'next work');
    await stage.until(() => stage.posts().length === 2);
    session.result('next').answer('Over again.');
  },
};

/** A conversation in a thread that a person began. */
function threadSession(stage: DaemonStage): { readonly rootId: string; readonly session: FileSession } {
  const { simulator, agent } = stage;
  const channelId = stage.channel();
  const person = simulator.addUser({ username: 'alice' });
  const { id: rootId } = simulator.writePost({ userId: person.id, channelId, message: 'A question.' });
  const to = `channel:${channelId}`;
  const delivery = { channel: 'mattermost', to, threadId: rootId };
  const entry = {
    chatType: 'channel',
    groupId: channelId,
    lastTo: to,
    lastThreadId: rootId,
    deliveryContext: delivery,
  };
  return { rootId, session: agent.session(`agent:main:mattermost:channel:${channelId}:thread:${rootId}`, entry) };
}

const rootDeletedBefore: FaultScenario = {
  name: 'thread root deleted before the post is made',
  async play(stage) {
    const { rootId, session } = threadSession(stage);
    stage.simulator.deletePost(rootId);
    session.begin('please');
    await work(stage, session, 900);
    session.answer('Over.');
  },
};

const rootDeletedAfter: FaultScenario = {
  name: 'thread root deleted, and the post with it',
  async play(stage) {
    const { rootId, session } = threadSession(stage);
    session.begin('please').call('first', 'first step').result('first');
    await stage.until(() => stage.posts().length > 0);
    stage.simulator.deletePost(rootId);
    await work(stage, session, 900);
    session.answer('Over.');
  },
};

/** The end of the only post was tried, and refused as an edit before it was. */
async function triedToEnd({ simulator }: DaemonStage): Promise<void> {
  await simulator.until(
    () => simulator.requests().filter(({ method, status }) => method === 'PUT' && status !== undefined).length === 2,
  );
}

const channelArchived: FaultScenario = {
  name: 'channel archived; restored, and the daemon restarted',
  async play(stage) {
    const session = await shownSession(stage);
    const { daemon, simulator } = stage;
    const channelId = stage.posts()[0]?.channel_id ?? '';
    simulator.archiveChannel(channelId);
    await work(stage, session, 900);
    await stage.untilHealth(({ status }) => status === 'degraded');
    session.answer('Over.');
    await triedToEnd(stage);
    simulator.unarchiveChannel(channelId);
    await daemon.stop();
    await daemon.start();
  },
};

const removedFromChannel: FaultScenario = {
  name: 'bot removed from the channel; added again, and the daemon restarted',
  async play(stage) {
    const session = await shownSession(stage);
    const { daemon, simulator } = stage;
    const channelId = stage.posts()[0]?.channel_id ?? '';
    simulator.leave(simulator.bot.user.id, channelId);
    await work(stage, session, 900);
    await stage.untilHealth(({ status }) => status === 'degraded');
    session.answer('Over.');
    await triedToEnd(stage);
    simulator.join(simulator.bot.user.id, [channelId]);
    await daemon.stop();
    await daemon.start();
  },
};

const editTimeLimit: FaultScenario = {
  name: 'edit time limit of 2 s',
  async play(stage) {
    stage.simulator.configure({ editTimeLimitS: 2 });
    const session = await shownSession(stage);
    await work(stage, session, 5_000);
    session.answer('Over.');
  },
};

/** The defaults of the daemon, where a stage would hurry. */
const DEFAULTS = { CIRCUIT_BREAKER_THRESHOLD: '5', CIRCUIT_BREAKER_COOLDOWN_S: '30', POST_DELAY_MS: '1500' } as const;
const OLD_WORK = 3;
/** A post that was refused is tried again after a minute. */
const RETRY_MS = 65_000;

/**
 * Old work goes on, and new work begins in the middle of it, while something is wrong; all of it goes on for a while
 * afterwards.
 */
async function oldAndNew(stage: DaemonStage, fault: () => Promise<void>, afterMs: number): Promise<PlayedFault> {
  const old = await Promise.all(Array.from({ length: OLD_WORK }, () => shownSession(stage)));
  let overAt: number | undefined;
  const over = fault().then(() => {
    overAt = Date.now();
  });
  const channelId = stage.channel();
  const began = new Map([[channelId, Date.now()]]);
  const sessions = [...old, channelSession(stage.agent, channelId).begin('please')];
  const goOn = async (session: FileSession): Promise<void> => {
    for (let round = 0; overAt === undefined; round += 1) await work(stage, session, 3 * STEP_MS, `step-${round}`);
    await work(stage, session, afterMs, 'later');
    session.answer('Over.');
  };
  await Promise.all(sessions.map(goOn));
  await over;
  return { began, ...(overAt !== undefined && { overAt }) };
}

const channelOfFirst = (stage: DaemonStage): string => stage.posts()[0]?.channel_id ?? '';

const OPENCLAW = '.openclaw';
/** Puts the bot token where the daemon reads it again. */
function writeToken(home: string, url: string, botToken: string): void {
  mkdirSync(join(home, OPENCLAW), { recursive: true });
  const config = { channels: { mattermost: { baseUrl: url, botToken } } };
  writeFileSync(join(home, OPENCLAW, 'openclaw.json'), JSON.stringify(config));
}

/** What lasts: how long readers wait, with the daemon's own defaults. For a table. */
export const LASTING: readonly FaultScenario[] = [
  {
    name: 'server away 5 s',
    limits: { unchangedMs: 10_000 },
    env: DEFAULTS,
    play: (stage) =>
      oldAndNew(
        stage,
        async () => {
          await stage.simulator.faults.offline();
          await stage.wait(5_000);
          await stage.simulator.faults.online();
        },
        12_000,
      ),
  },
  {
    name: 'database away 20 s',
    limits: { unchangedMs: 30_000 },
    env: DEFAULTS,
    play: (stage) => oldAndNew(stage, () => lasting(stage, 20_000, (faults) => faults.databaseAway()), 15_000),
  },
  {
    name: 'token revoked; replaced after 25 s',
    limits: { afterMs: 10_000 },
    env: { ...DEFAULTS, MM_TOKEN: '' },
    prepare: ({ simulator, env }: Stage) => writeToken(env.HOME ?? '', simulator.url, simulator.bot.token),
    play: (stage) =>
      oldAndNew(
        stage,
        async () => {
          const { simulator } = stage;
          simulator.revokeToken(simulator.bot.token);
          await stage.wait(25_000);
          writeToken(join(stage.stateDir, '..'), simulator.url, simulator.addToken(simulator.bot.user.id));
        },
        12_000,
      ),
  },
  {
    name: 'bot removed from a channel for 1 minute',
    limits: { afterMs: RETRY_MS },
    env: DEFAULTS,
    play: (stage) =>
      oldAndNew(
        stage,
        async () => {
          const { bot, ...simulator } = stage.simulator;
          const channelId = channelOfFirst(stage);
          simulator.leave(bot.user.id, channelId);
          await stage.wait(60_000);
          simulator.join(bot.user.id, [channelId]);
        },
        65_000,
      ),
  },
  {
    name: 'channel archived for 30 s, then restored',
    limits: { afterMs: RETRY_MS },
    env: DEFAULTS,
    play: (stage) =>
      oldAndNew(
        stage,
        async () => {
          const channelId = channelOfFirst(stage);
          stage.simulator.archiveChannel(channelId);
          await stage.wait(30_000);
          stage.simulator.unarchiveChannel(channelId);
        },
        35_000,
      ),
  },
  {
    name: 'edit time limit of 10 s, work of 60 s',
    env: DEFAULTS,
    async play(stage) {
      stage.simulator.configure({ editTimeLimitS: 10 });
      const { began } = await oldAndNew(stage, () => stage.wait(60_000), STEP_MS);
      return { began };
    },
  },
  {
    name: 'edit time limit of 10 s that the configuration does not name, work of 60 s',
    env: DEFAULTS,
    async play(stage) {
      stage.simulator.faults.fail(
        { status: 403, errorId: 'api.context.permissions.app_error' },
        { route: 'GET /config/client', times: Number.POSITIVE_INFINITY },
      );
      stage.simulator.configure({ editTimeLimitS: 10 });
      const { began } = await oldAndNew(stage, () => stage.wait(60_000), STEP_MS);
      return { began };
    },
  },
  ...(['html-403', '503'] as const).map(
    (how): FaultScenario => ({
      name: `one text among 20 busy posts refused with ${how}`,
      limits: { unchangedMs: 10_000 },
      env: DEFAULTS,
      async play(stage) {
        stage.simulator.faults.firewall(/\/etc\/passwd/, how);
        const sessions = Array.from({ length: BUSY }, () =>
          channelSession(stage.agent, stage.channel()).begin('please'),
        );
        sessions[0]?.call('bad', 'cat /etc/passwd');
        await Promise.all(sessions.map((session) => work(stage, session, 20_000)));
        for (const session of sessions) session.answer('Over.');
      },
    }),
  ),
  {
    name: 'every PUT answered with 405 for 30 s',
    limits: { afterMs: RETRY_MS },
    env: DEFAULTS,
    play: (stage) => oldAndNew(stage, () => lasting(stage, 30_000, (faults) => faults.refusePut()), 65_000),
  },
  {
    name: 'bot challenge for 20 s',
    limits: { unchangedMs: 30_000 },
    env: DEFAULTS,
    play: (stage) => oldAndNew(stage, () => lasting(stage, 20_000, (faults) => faults.challenge()), 15_000),
  },
  {
    name: 'daemon killed while a call runs, and started again',
    env: DEFAULTS,
    async play(stage) {
      const session = channelSession(stage.agent, stage.channel()).begin('please').call('long', 'a long step');
      await stage.until(() => stage.posts().length > 0);
      await stage.wait(3_000);
      await stage.daemon.restart('SIGKILL');
      await stage.wait(8_000);
      session.result('long').answer('Over.');
    },
  },
];
