/** What the doctor checks, in the order of its report. */
export const GROUPS = {
  installation: 'Installation',
  settings: 'Settings',
  openclaw: 'OpenClaw',
  gateway: 'Gateway',
  mattermost: 'Mattermost',
  state: 'State',
  daemon: 'Daemon',
} as const;

/** Id of a group of findings. */
export type GroupId = keyof typeof GROUPS;

/** Stable name of a finding for scripts, with its group in front: `mattermost.token`. */
export type FindingId = `${GroupId}.${string}`;

/**
 * - `ok`: nothing to do.
 * - `next`: nothing is wrong, but a step of the installation is left.
 * - `warn`: it works, but not as well as it could.
 * - `fail`: it does not work.
 */
export type FindingState = 'ok' | 'next' | 'warn' | 'fail';

/** What one check found. */
export interface Finding {
  readonly id: FindingId;
  /** What was checked, one to three words. */
  readonly name: string;
  readonly state: FindingState;
  /** What was found; never a secret. */
  readonly found: string;
  /** The one thing to do about it; always set unless `ok`. */
  readonly fix?: string;
  /** What the line of the group says about this; nothing if not set. */
  readonly brief?: string;
  /** Facts that nobody judged, one a line; shown with `--verbose`. */
  readonly details?: readonly string[];
}

/** What a finding is about. */
export type About = Pick<Finding, 'id' | 'name'>;

/** Nothing to do. `brief` is shown in the line of the group. */
export function ok({ id, name }: About, found: string, brief?: string): Finding {
  return { id, name, state: 'ok', found, ...(brief !== undefined && { brief }) };
}

/** A step of the installation that is left. */
export function next({ id, name }: About, found: string, fix: string): Finding {
  return { id, name, state: 'next', found, fix };
}

/** It works, but not as well as it could. */
export function warn({ id, name }: About, found: string, fix: string): Finding {
  return { id, name, state: 'warn', found, fix };
}

/** It does not work. */
export function fail({ id, name }: About, found: string, fix: string): Finding {
  return { id, name, state: 'fail', found, fix };
}

/** The group of a finding: the part of its id before the first dot. */
export function groupOf(id: FindingId): GroupId {
  return id.slice(0, id.indexOf('.')) as GroupId;
}
