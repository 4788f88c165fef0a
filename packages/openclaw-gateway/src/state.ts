import type { Route, RunOutcome, SessionEvent } from '@live-status/session-state';
import type { SessionKind, UserLine } from '@live-status/transcript-parser';

/** What the interpreter keeps. */
export interface World {
  readonly graceMs: number;
  /** By the session's own key (cron runs share that of their job). */
  readonly sessions: Map<string, Session>;
  /** By `runKey`. Ended ones stay for a while: what comes late must not start them again. */
  readonly runs: Map<string, Run>;
  /** Children whose result was reported as delivered, by `<childKey>/<childRunId>`. */
  readonly announced: Set<string>;
  /** Keys of children by the ids of their runs at the gateway: of those that were spawned, not only those that were seen. */
  readonly childKeys: Map<string, string>;
  /** Runs of an earlier life that were not looked for yet. */
  readonly resumed: ResumedRun[];
  /** Runs that a history told of, while frames that came before it are read: those of an earlier run do not end them. */
  underWay: ReadonlySet<string | undefined>;
  bootId: string | undefined;
  lost: { readonly at: number; told: boolean } | undefined;
  /** Events of the observation that is being read. */
  readonly events: SessionEvent[];
}

/** A run that was followed in an earlier life of this process. */
export interface ResumedRun {
  readonly sessionKey: string;
  /** Id of the run at the gateway: `run:<id>` of its evidence. */
  readonly runId: string;
  /** When it began, milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Where answers of a session go, as its row says. */
export interface Delivery {
  readonly channel?: string;
  readonly to?: string;
  readonly threadId?: string;
}

export interface Session {
  readonly key: string;
  /** The key it was last heard of under: that of a cron job's run, not of the job. */
  address: string;
  readonly agentId: string;
  readonly kind: SessionKind;
  /** Never a root. */
  readonly child: boolean;
  sessionId: string | undefined;
  parentKey: string | undefined;
  label: string | undefined;
  delivery: Delivery;
  /** `running`, `done`, `failed`, `killed`, `timeout`. */
  status: string | undefined;
  /** When its last run ended, by its row; milliseconds since the epoch. */
  endedAt: number | undefined;
  /** Since when its row says that a run is active which was not seen yet. */
  activeSince: number | undefined;
  lastEndedAt: number;
  /** A message that no run took up yet. */
  pending: PendingUser | undefined;
  /** Its last run was cut by the end of the gateway: the next one resumes it. */
  cut: boolean;
  /** The session as it was reported last. */
  reported: string | undefined;
}

export interface PendingUser {
  readonly line: UserLine;
  readonly origin: UserOrigin;
}

/** Where a message came from, by the gateway's own account. */
export interface UserOrigin {
  readonly channel?: string;
  readonly senderId?: string;
  /** Sent by the command line. */
  readonly cli?: boolean;
  /** Several people sent messages that one run answers. */
  readonly shared?: boolean;
}

export interface Run {
  readonly runId: string;
  /** Id of the run at the gateway. */
  readonly gatewayId: string;
  readonly session: Session;
  /** The life of the gateway in which it runs. */
  bootId: string | undefined;
  readonly startedAt: number;
  identified: boolean;
  origin: UserOrigin | undefined;
  route: Route | undefined;
  readonly calls: Map<string, Call>;
  /** Entries that were read: messages and commentary come again when a connection is taken up. */
  readonly entries: Set<string>;
  /** Commentary that is still being written. */
  preamble: { readonly itemId: string; readonly text: string } | undefined;
  /** What its last answer says about its end. */
  ending: RunOutcome | undefined;
  ended: boolean;
  /** It was cut because its time ran out. */
  timedOut: boolean;
  /** It ended only because the gateway could not be reached. */
  givenUp: boolean;
  /** When it is taken for ended, unless something more is heard of it. */
  endDue: { readonly at: number; readonly outcome: RunOutcome; readonly reason: string | undefined } | undefined;
  compactedAt: number;
  /**
   * The model was given more than it takes. When the run begins again, the session was compacted: runs of channels are
   * not told of it otherwise (OpenClaw 2026.9.6).
   */
  overflowed: boolean;
}

export interface Call {
  readonly entryId: string;
  readonly tool: string;
  args: unknown;
  /** It only carries another call: shown is the one it carries. */
  hidden: boolean;
  ended: boolean;
}
