import type { SourceChoice } from '@live-status/openclaw-config';
import type { SessionSource, SourceStatus } from '@live-status/session-state';

/** The status of a source that is followed, with its name, and whether it is the one in use. */
export type NamedStatus = SourceStatus & { readonly name: string; readonly inUse: boolean };

/** What a daemon follows: one source, or those that `SOURCE=auto` chose. */
export interface DaemonSource extends SessionSource {
  /** Which source is in use, and why; `undefined` before that is known. */
  choice(): SourceChoice | undefined;
  /** The status of every source that is followed. */
  parts(): readonly NamedStatus[];
}

/** Makes a single source, chosen by a setting, the source of a daemon. */
export function chosenSource<T extends SessionSource>(source: T, choice: SourceChoice): T & DaemonSource {
  return Object.assign(source, {
    choice: () => choice,
    parts: () => [{ name: source.name, inUse: true, ...source.status() }],
  });
}
