import type { HealthReason, PosterStatus } from '@live-status/mm-poster';
import type { SourceChoice } from '@live-status/openclaw-config';
import type { SourceStatus } from '@live-status/session-state';
import type { SharingStatus } from '@live-status/shared-budget';
import type { NamedStatus } from './daemon-source.ts';

/** The health of the daemon: what `GET /health` returns. */
export interface HealthReport {
  /** `failing`: no status reaches a reader; `degraded`: something may be missing or late. */
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly version: string;
  readonly pid: number;
  readonly uptimeS: number;
  /** Which interface of OpenClaw reports sessions, and why. */
  readonly choice?: SourceChoice;
  /** All that are followed. */
  readonly sources: readonly NamedStatus[];
  /** `active`: followed; `waiting`: for a free post; `posted`: with a post that may still change. */
  readonly boxes: { readonly active: number; readonly waiting: number; readonly posted: number };
  /** Absent where nothing is posted. */
  readonly poster?: PosterStatus;
  /** How `MAX_UPDATES_PER_S` is shared with other daemons. Absent without `REDIS_URL`. */
  readonly sharing?: SharingStatus;
  readonly reasons: readonly Reason[];
}

/** What is wrong; the fix may be part of that sentence. */
export type Reason = Omit<HealthReason, 'fix'> & { readonly fix?: string };

/** The worst level among the reasons, `ok` if there are none. */
export function worst(reasons: readonly Reason[]): HealthReport['status'] {
  if (reasons.some(({ level }) => level === 'failing')) return 'failing';
  return reasons.length > 0 ? 'degraded' : 'ok';
}

/** An equal share may be less than what is needed, so posts may be late; without others it is the whole rate. */
export function sharingReasons(status: SharingStatus | undefined): readonly Reason[] {
  if (status?.state !== 'own-share') return [];
  const { members, problem } = status;
  const share = members > 1 ? `1/${members}` : 'the whole';
  const what = `${problem?.what}: this daemon keeps to ${share} of MAX_UPDATES_PER_S by itself`;
  return [{ level: 'degraded', what, ...(problem !== undefined && { fix: problem.fix }) }];
}

/** What a source's own status says about health. */
export function sourceReasons(status: SourceStatus): readonly Reason[] {
  if (status.state === 'closed') {
    return [{ level: 'failing', what: 'Sessions are no longer followed', fix: 'Restart the daemon and see its log' }];
  }
  const level = status.isBlind ? 'failing' : 'degraded';
  return status.reasons.map((what) => ({ level, what }));
}
