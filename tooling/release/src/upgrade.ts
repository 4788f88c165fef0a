import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay } from '@live-status/resilience';
import { FakeGateway, FrameSession, inFlight } from '@live-status/simulators/gateway';

import type { Post } from '@live-status/simulators/mattermost';
import { channelSession, createScriptedAgent, type LiveSession } from '@live-status/simulators/openclaw-files';
import { gatewayEnv, openStage, type Stage } from '@live-status/stage';
import { InstalledPrograms, type ProgramsOptions } from './installed-programs.ts';

/** Two releases; the newer one writes the ledger in a newer format. */
export interface Releases {
  readonly earlier: string;
  readonly newer: string;
}

/** What OpenClaw tells of its work. */
export type Source = 'transcripts' | 'gateway';

const POLL_MS = 50;
const TIMEOUT_MS = 120_000;

/** The work of an agent while its daemon is replaced. */
interface Work {
  /** A session in a channel of its own, with one open call. */
  begin(channelId: string, call: string): LiveSession;
  /** What a daemon that starts now must find of sessions with these calls open. */
  goOn(sessions: readonly LiveSession[], calls: readonly string[]): void;
  /** The session ended, also for a daemon that starts later. */
  end(session: LiveSession, call: string): void;
}

/**
 * Upgrades a daemon that has open posts from npm, then goes back to the earlier release and forward again. One session
 * goes on over all of it, one ends while no daemon runs, one has ended before. Gives what is wrong, one text each.
 */
export async function findUpgradeProblems(
  source: Source,
  releases: Releases,
  options: Omit<ProgramsOptions, 'env'>,
): Promise<string[]> {
  const stage = await openStage();
  const gateway = await FakeGateway.listen();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const followed = source === 'gateway' ? gatewayEnv(gateway) : {};
  const env = { ...stage.env, ...followed, POST_DELAY_MS: '0', THROTTLE_MS: '100', SETTLE_MS: '300', HEALTH_PORT: '0' };
  const programs = new InstalledPrograms({ ...options, signal, env });
  const work = source === 'gateway' ? gatewayWork(gateway) : fileWork(stage);
  const upgrade = new Upgrade({ stage, programs, work, releases, signal });
  try {
    await programs.install(releases.earlier);
    await upgrade.play();
  } catch (error) {
    return [...upgrade.problems, error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    await programs.stop();
    await gateway.close();
    await stage.close();
  }
  return upgrade.problems;
}

function fileWork({ agentsDir }: Stage): Work {
  const agent = createScriptedAgent(agentsDir);
  return {
    begin: (channelId, call) => channelSession(agent, channelId).begin('go').call(call),
    goOn: () => undefined,
    end: (session, call) => void session.result(call).answer('Over.'),
  };
}

/** The gateway keeps no state of its own: it is told what to answer. */
function gatewayWork(gateway: FakeGateway): Work {
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  const tell = (session: LiveSession, row: object, history: Readonly<Record<string, unknown>>): void => {
    const { key = '' } = session;
    rows.set(key, { key, sessionId: `s-${key}`, ...row });
    gateway.rows = [...rows.values()];
    gateway.histories.set(key, history);
  };
  const runOf = (session: LiveSession): string => `run-${session.key?.split(':').at(-1)}`;
  const started = (call: string) => ({
    stream: 'tool',
    data: { phase: 'start', name: 'exec', toolCallId: call, args: { command: call } },
  });
  return {
    begin: (channelId, call) => {
      const session = new FrameSession(gateway, `agent:main:mattermost:channel:${channelId}`, `run-${channelId}`);
      return session.begin('go').call(call);
    },
    goOn: (sessions, calls) => {
      for (const session of sessions)
        tell(session, { status: 'running', hasActiveRun: true }, inFlight(runOf(session), ...calls.map(started)));
    },
    end: (session, call) => {
      const __openclaw = { runId: runOf(session), id: 'm1' };
      const content = [{ type: 'toolCall', id: call, name: 'exec', arguments: { command: call } }];
      const answered = { role: 'assistant', content, stopReason: 'toolUse', __openclaw };
      tell(session, { status: 'done', endedAt: Date.now() }, { messages: [{ role: 'user', content: 'go' }, answered] });
      session.result(call).answer('Over.');
    },
  };
}

interface UpgradeParts {
  readonly stage: Stage;
  readonly programs: InstalledPrograms;
  readonly work: Work;
  readonly releases: Releases;
  readonly signal: AbortSignal;
}

class Upgrade {
  readonly #parts: UpgradeParts;
  /** What was found so far, one text each. */
  readonly problems: string[] = [];

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  async play(): Promise<void> {
    const { programs, releases, work } = this.#parts;
    const before = await programs.mustDo('start');
    const over = work.begin(this.#channel('over'), 'call-over');
    await this.#shows('call-over', '[ACTIVE]');
    work.end(over, 'call-over');
    await this.#shows('call-over', '[DONE]');
    const going = work.begin(this.#channel('going'), 'call-one');
    const ending = work.begin(this.#channel('ending'), 'call-end');
    for (const call of ['call-one', 'call-end']) await this.#shows(call, '[ACTIVE]');
    const ids = this.#posts().map(({ id }) => id);
    await this.#until('the ledger knows every open post', () =>
      ids.slice(1).every((id) => this.#ledger().includes(id)),
    );
    const finished = this.#edits('call-over');

    // Upgrade: the package is replaced under the running daemon, which is then restarted.
    await programs.install(releases.newer);
    work.goOn([going], ['call-one', 'call-two']);
    await programs.mustDo('stop');
    work.end(ending, 'call-end');
    going.result('call-one').call('call-two');
    const after = await programs.mustDo('start');
    this.#expect(pidIn(after) !== pidIn(before), `no new process was started: ${after}`);
    await this.#shows('call-two', '[ACTIVE]');
    await this.#shows('call-end', '[DONE]');
    this.#sameposts(ids, 'the upgrade');
    this.#shownOnce('call-one');
    this.#expect(this.#edits('call-over') === finished, 'a post that was finished before the upgrade was edited by it');
    await this.#until('the ledger has the newer format', () => this.#ledger().startsWith('{"version":2,'));

    // Downgrade: the earlier release refuses the newer ledger, and changes neither it nor a post.
    await programs.install(releases.earlier);
    await programs.mustDo('stop');
    const [ledger, posts] = [this.#ledger(), this.#posts().map(({ message }) => message)];
    const refused = await programs.daemon('start');
    this.#expect(refused.exitCode === 2, `the earlier release ends with ${refused.exitCode} on a newer ledger`);
    for (const part of [`${this.#ledgerPath} has format 2`, 'up to format 1', 'Install the newer version again']) {
      this.#expect(refused.output.includes(part), `the refusal does not say "${part}": ${refused.output}`);
    }
    this.#expect(this.#ledger() === ledger, 'the earlier release changed the ledger');
    const unchanged = this.#posts().map(({ message }) => message);
    this.#expect(unchanged.join() === posts.join(), 'the earlier release changed posts');

    // And forward again: nothing is lost.
    await programs.install(releases.newer);
    await programs.mustDo('start');
    await this.#shows('call-two', '[ACTIVE]');
    going.result('call-two').answer('Over, too.');
    await this.#shows('call-two', '[DONE]');
    this.#sameposts(ids, 'going back and forward again');
    for (const call of ['call-one', 'call-two']) this.#shownOnce(call);

    // An older ledger gets the newer format before there is anything to write.
    await programs.mustDo('stop');
    writeFileSync(this.#ledgerPath, '{"version":1,"entries":[]}\n');
    await programs.mustDo('start');
    this.#expect(this.#ledger().startsWith('{"version":2,'), `the ledger is left as ${this.#ledger()}`);
  }

  #channel(name: string): string {
    const { simulator } = this.#parts.stage;
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name });
    simulator.join(simulator.bot.user.id, [id]);
    return id;
  }

  #posts(): readonly Post[] {
    const { simulator } = this.#parts.stage;
    return simulator.posts().filter(({ user_id }) => user_id === simulator.bot.user.id);
  }

  #edits(call: string): number {
    const { simulator } = this.#parts.stage;
    return this.#posts()
      .filter(({ message }) => message.includes(call))
      .reduce((sum, { id }) => sum + simulator.edits(id).length, 0);
  }

  get #ledgerPath(): string {
    return join(this.#parts.stage.env.STATE_DIR ?? '', 'ledger.json');
  }

  #ledger(): string {
    try {
      return readFileSync(this.#ledgerPath, 'utf8');
    } catch {
      return '';
    }
  }

  #expect(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(problem);
  }

  #sameposts(ids: readonly string[], after: string): void {
    const now = this.#posts().map(({ id }) => id);
    this.#expect(now.join() === ids.join(), `after ${after} there are the posts ${now} instead of ${ids}`);
  }

  #shownOnce(call: string): void {
    const times = this.#posts().reduce((sum, { message }) => sum + message.split(`\`${call}\``).length - 1, 0);
    this.#expect(times === 1, `${call} is shown ${times} times`);
  }

  #shows(call: string, state: string): Promise<void> {
    return this.#until(`a post shows ${call} as ${state}`, () =>
      this.#posts().some(({ message }) => message.includes(call) && message.includes(state)),
    );
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const { signal } = this.#parts;
    while (!holds()) {
      await delay(POLL_MS, { signal }).catch((cause: unknown) => {
        const shown = this.#posts().map(({ message }) => message);
        throw new Error(`not so in time: ${what}. Posts:\n${shown.join('\n---\n')}`, { cause });
      });
    }
  }
}

function pidIn(output: string): string | undefined {
  return /pid (\d+)/.exec(output)?.[1];
}
