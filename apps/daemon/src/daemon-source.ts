import type { SourceChoice } from '@live-status/openclaw-config';
import type { SessionSource, SourceStatus } from '@live-status/session-state';

/** The status of one of the sources that are followed. */
export type NamedStatus = SourceStatus & { readonly name: string };

/** What a daemon follows: one source, or those that `SOURCE=auto` chose. */
export interface DaemonSource extends SessionSource {
  /** Which source is in use, and why; `undefined` before that is known. */
  choice(): SourceChoice | undefined;
  /** All that are followed. */
  parts(): readonly NamedStatus[];
}

/** A source that was chosen by hand. */
export function chosenSource<T extends SessionSource>(source: T, choice: SourceChoice): T & DaemonSource {
  return Object.assign(source, {
    choice: () => choice,
    parts: () => [{ name: source.name, ...source.status() }],
  });
}
