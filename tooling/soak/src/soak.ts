import { delay, LifecycleScope } from '@live-status/resilience';
import { between, pick, type Random, seededRandom } from '@live-status/simulators/random';
import { gatewayEnv, openStage, type Stage, startDaemon } from '@live-status/stage';
import type { Agents, Conversation, Place } from './conversation.ts';
import { FileAgents } from './file-agents.ts';
import { GatewayAgents } from './gateway-agents.ts';
import { PLAYS } from './plays.ts';
import { PostWatch } from './post-watch.ts';
import type { SoakReport } from './report.ts';
import { type Sample, Sampler } from './sampler.ts';
import { type TroublePace, Troubles } from './troubles.ts';
import { judge } from './verdict.ts';
import { Work } from './work.ts';

/** How a soak is run. */
export interface SoakOptions {
  /** Interface of OpenClaw that the daemon follows. */
  readonly source: 'jsonl' | 'gateway';
  /** Until no new work begins; what was begun is finished. */
  readonly minutes: number;
  /** Not judged. */
  readonly warmUpMinutes: number;
  /** Busy at the same time. */
  readonly sessions: number;
  readonly seed: number;
  readonly sampleS: number;
  readonly troubles: TroublePace;
  /** How many archived transcripts stay on disk. */
  readonly keepFiles: number;
  readonly onSample: (sample: Sample) => void;
  /** Ends the soak early and properly. */
  readonly signal: AbortSignal;
}

const REPORT = new URL('./report-process.mjs', import.meta.url).href;
/** A share of the sessions that go on in the same conversation; others begin anew. */
const STAYS = 0.7;
const THREADS = 0.5;
const PAUSE_MS = [200, 2_000] as const;
/** What Mattermost's simulator keeps. */
const KEPT_MS = 10 * 60_000;
const KEPT_ERRORS = 20;
/** In which every post must be right after the last work. */
const DRAIN_MS = 150_000;

const SETTINGS = {
  // More than the changes: latency is then the daemon's own and not the wait for a share of the default 4 a second.
  MAX_UPDATES_PER_S: '40',
  MAX_ACTIVE_SESSIONS: '100',
  // Whatever is kept as long as this comes and goes many times in half an hour.
  MAX_SESSION_DURATION_S: '240',
  // A result that a dead gateway will never bring back is awaited this long: less than a post has to become right.
  OWED_TIMEOUT_S: '20',
};

/** Lets a daemon process work for real agents' worth of work, and looks at it all the time. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const scope = new LifecycleScope();
  try {
    return await soakIn(scope, options);
  } finally {
    await scope.close({ deadlineMs: 10_000 });
  }
}

async function soakIn(scope: LifecycleScope, options: SoakOptions): Promise<SoakReport> {
  const stage = await openStage();
  scope.defer(() => stage.close());
  const agents =
    options.source === 'gateway'
      ? await GatewayAgents.start()
      : await FileAgents.start(stage.agentsDir, options.keepFiles);
  scope.defer(() => agents[Symbol.asyncDispose]());
  const sourceEnv = agents instanceof GatewayAgents ? gatewayEnv(agents.gateway) : {};
  const log = new LogWatch();
  const daemon = await startDaemon({
    env: { ...stage.env, ...SETTINGS, ...sourceEnv },
    nodeOptions: [`--import=${REPORT}`],
    onOutput: (text) => log.read(text),
  });
  scope.defer(() => daemon[Symbol.asyncDispose]());
  await daemon.ready({ signal: AbortSignal.any([options.signal, AbortSignal.timeout(30_000)]) });
  const run = new SoakRun({ stage, agents, log, sampler: new Sampler(daemon, stage.env.STATE_DIR ?? '') }, options);
  await Promise.race([
    run.play(),
    daemon.exited.then(() => Promise.reject(new Error(`The daemon ended:\n${daemon.output().slice(-2_000)}`))),
  ]);
  return run.report();
}

interface Parts {
  readonly stage: Stage;
  readonly agents: Agents;
  readonly sampler: Sampler;
  readonly log: LogWatch;
}

class SoakRun {
  readonly #parts: Parts;
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #troubles: Troubles;
  readonly #watch: PostWatch;
  readonly #samples: Sample[] = [];
  readonly #startedAt = performance.now();
  #works = 0;
  #edits = 0;
  #minutes = 0;

  constructor(parts: Parts, options: SoakOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const { agents, stage } = parts;
    this.#troubles = new Troubles({ simulator: stage.simulator, agents }, this.#random, options.troubles);
    this.#watch = new PostWatch(this.#troubles);
  }

  async play(): Promise<void> {
    const { minutes, signal, sessions } = this.#options;
    const { simulator } = this.#parts.stage;
    simulator.onPost((post) => {
      if (post.user_id !== simulator.bot.user.id) return;
      this.#edits += Number(post.edit_at > 0);
      this.#watch.shown(post);
    });
    const isOver = AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
    const sampling = new AbortController();
    const samples = this.#sample(sampling.signal);
    const workers = Array.from({ length: sessions }, (_, i) => this.#work(this.#openChannel(i), isOver));
    await Promise.race([samples, Promise.all([this.#troubles.run(isOver), ...workers])]);
    this.#minutes = (performance.now() - this.#startedAt) / 60_000;
    sampling.abort();
    await samples;
    await this.#drain();
  }

  report(): SoakReport {
    const { source, seed, warmUpMinutes } = this.#options;
    const { agents, log } = this.#parts;
    return {
      ...{ source, seed, warmUpMinutes },
      minutes: this.#minutes,
      samples: this.#samples,
      verdicts: judge(this.#samples, warmUpMinutes),
      latencies: this.#watch.latencies,
      ends: this.#watch.ends,
      troubles: this.#troubles.counts,
      edits: this.#edits,
      oldFiles: agents.oldFiles,
      problems: this.#watch.problems,
      problemCount: this.#watch.problemCount,
      errors: log.errors,
    };
  }

  #openChannel(i: number): string {
    const { simulator } = this.#parts.stage;
    const { id } = simulator.addChannel({ teamId: simulator.team.id, name: `soak-${i}` });
    simulator.join(simulator.bot.user.id, [id]);
    return id;
  }

  /** One channel: piece of work after piece of work, in one conversation after the other. */
  async #work(channelId: string, isOver: AbortSignal): Promise<void> {
    const { agents } = this.#parts;
    let place: Place = { channelId };
    let conversation = agents.converse(place);
    await delay(this.#random() * 1_000);
    for (let hasBegun = false; !isOver.aborted; hasBegun = true) {
      await agents.up();
      if (hasBegun && this.#random() > STAYS) {
        conversation.archive(place.rootId === undefined ? 'reset' : 'deleted');
        place = this.#random() < THREADS ? this.#openThread(channelId) : { channelId };
        conversation = agents.converse(place);
      }
      await this.#act(conversation);
      await delay(between(this.#random, PAUSE_MS));
    }
  }

  #openThread(channelId: string): Place {
    const { simulator } = this.#parts.stage;
    const [person] = simulator.users();
    const { id } = simulator.writePost({ userId: person?.id ?? '', channelId, message: 'Please do it in a thread.' });
    return { channelId, rootId: id };
  }

  /** Plays something until its end, or until the gateway dies. */
  async #act(conversation: Conversation): Promise<void> {
    const { agents } = this.#parts;
    const { died } = agents;
    const play = pick(this.#random, PLAYS, ({ weight }) => weight);
    const works: Work[] = [];
    const work = (): Work => {
      this.#works += 1;
      const begun = new Work(this.#works, play.name, this.#watch);
      works.push(begun);
      return begun;
    };
    try {
      await play.run({ conversation, random: this.#random, work, wait: (ms) => delay(ms, { signal: died }) });
    } catch (error) {
      if (!died.aborted) throw error;
      for (const cut of works) cut.cut();
    }
  }

  async #sample(signal: AbortSignal): Promise<void> {
    const { agents, sampler, stage, log } = this.#parts;
    while (!signal.aborted) {
      const shown = this.#watch.takeLatencies();
      const { isCalm } = this.#troubles;
      const sample = await sampler.take({ shown, edits: this.#edits, logBytes: log.bytes, isCalm });
      this.#samples.push(sample);
      this.#options.onSample(sample);
      this.#watch.check();
      agents.tidy();
      stage.simulator.forget(Date.now() - KEPT_MS);
      await delay(this.#options.sampleS * 1_000, { signal }).catch(() => {});
    }
  }

  /** Everything that was begun has ended: every post must say so. */
  async #drain(): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    while (this.#watch.unsettled > 0 && performance.now() < until) {
      this.#watch.check();
      await delay(500);
    }
    this.#watch.check({ atEnd: true });
  }
}

/** Counts what a daemon prints, and keeps its first errors. */
class LogWatch {
  readonly errors: string[] = [];
  bytes = 0;
  #rest = '';

  read(text: string): void {
    this.bytes += Buffer.byteLength(text);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (/"level":"?(?:error|fatal|50|60)\b/.test(line) && this.errors.length < KEPT_ERRORS) this.errors.push(line);
    }
  }
}
