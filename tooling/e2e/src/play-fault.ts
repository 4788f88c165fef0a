import type { Post, RequestRecord, Simulator } from '@live-status/simulators/mattermost';
import { type DaemonExit, DaemonStage, type Health, type Stage, stateOf } from '@live-status/stage';

/** Something that goes wrong while agents work. */
export interface FaultScenario {
  readonly name: string;
  /** Added to the environment of the daemon. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is there before the daemon starts. */
  readonly prepare?: (stage: Stage) => void;
  /** Lets agents work and things go wrong, and ends when the work is over and nothing is wrong any more. */
  play(stage: DaemonStage): Promise<PlayedFault> | Promise<void>;
  /** What readers may wait at most. Default: nothing is promised. */
  readonly limits?: WaitLimits;
}

/** What a scenario knows about itself. Times in milliseconds since the epoch. */
export interface PlayedFault {
  /** When work began whose first post is waited for, by channel id. */
  readonly began: ReadonlyMap<string, number>;
  /** When nothing was wrong any more; undefined where it does not end. */
  readonly overAt?: number;
}

/** What readers may wait at most, milliseconds. */
export interface WaitLimits {
  /** For a change. */
  readonly unchangedMs?: number;
  /** For a change after nothing was wrong any more. */
  readonly afterMs?: number;
}

/** What readers and operators saw. */
export interface Seen {
  /** Every post of the daemon, oldest first. */
  readonly posts: readonly SeenPost[];
  /** What `/health` said, each once in a row. */
  readonly health: readonly Health[];
  /** Log lines from `warn` on. */
  readonly warnings: readonly LogLine[];
  readonly requests: readonly RequestRecord[];
  /** How each daemon ended; the last one by SIGTERM, after the work. */
  readonly exits: readonly DaemonExit[];
}

export interface SeenPost {
  readonly id: string;
  readonly channelId: string;
  readonly rootId: string;
  /** States in the order in which they were shown, each once in a row. */
  readonly states: readonly string[];
  /** How often it changed after it was made. */
  readonly edits: number;
  /** Longest time in which a reader saw no change, from the first work to the last edit or the next post, milliseconds. */
  readonly longestGapMs: number;
  /** From when nothing was wrong any more to the next change, milliseconds; undefined where nothing changed afterwards. */
  readonly afterMs: number | undefined;
  /** The last text. */
  readonly message: string;
  readonly deleted: boolean;
}

/** A line of the daemon's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly reason?: string;
}

const CONTINUED = /^\W{0,8}\[CONTINUED\]/;

/** Plays a scenario with a daemon process, in real time, until all posts are at rest. */
export async function playFault({ env = {}, prepare, play }: FaultScenario, signal: AbortSignal): Promise<Seen> {
  const stage = await DaemonStage.open({ env: () => env, signal, ...(prepare !== undefined && { prepare }) });
  try {
    const { simulator, daemon, health } = stage;
    const { began, overAt } = (await play(stage)) ?? { began: new Map<string, number>() };
    await stage.untilRest();
    await daemon.stop();
    return {
      posts: stage.posts().map((post, i, all) =>
        seenPost(simulator, post, {
          next: nextPost(all, i),
          began: isFirst(all, i) ? began.get(post.channel_id) : undefined,
          overAt,
        }),
      ),
      health: health.seen,
      warnings: logLines(daemon.output()).filter(({ level }) => level !== 'debug' && level !== 'info'),
      requests: simulator.requests(),
      exits: daemon.exits,
    };
  } finally {
    await stage.close();
  }
}

/** Whether a post is the first one of its channel. */
function isFirst(posts: readonly Post[], index: number): boolean {
  return !posts.slice(0, index).some(({ channel_id: channelId }) => channelId === posts[index]?.channel_id);
}

/** The post that continues this one, in the same channel. */
function nextPost(posts: readonly Post[], index: number): Post | undefined {
  return posts.slice(index + 1).find(({ channel_id: channelId }) => channelId === posts[index]?.channel_id);
}

/** What the times of a post are compared with. */
interface Around {
  readonly next: Post | undefined;
  /** When the work began whose post this is. */
  readonly began: number | undefined;
  readonly overAt: number | undefined;
}

function seenPost(simulator: Simulator, post: Post, { next, began = post.create_at, overAt }: Around): SeenPost {
  const versions = simulator.edits(post.id).filter((version) => version.post.delete_at === 0);
  const states = versions.map(
    ({ post: { message } }) => stateOf(message) ?? (CONTINUED.test(message) ? 'CONTINUED' : 'TEXT'),
  );
  const seenAt = [began, ...versions.map(({ at }) => at), ...(next === undefined ? [] : [next.create_at])];
  const changedAt = overAt === undefined ? undefined : seenAt.slice(1).find((at) => at >= overAt);
  const gaps = seenAt.slice(1).map((at, i) => at - (seenAt[i] ?? at));
  return {
    id: post.id,
    channelId: post.channel_id,
    rootId: post.root_id,
    states: states.filter((state, i) => state !== states[i - 1]),
    edits: versions.length - 1,
    longestGapMs: Math.max(0, ...gaps),
    afterMs: changedAt === undefined || overAt === undefined ? undefined : changedAt - overAt,
    message: versions.at(-1)?.post.message ?? '',
    deleted: post.delete_at !== 0,
  };
}

function logLines(output: string): LogLine[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
}
