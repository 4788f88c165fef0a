import { objectOf, textOf } from '@live-status/basics';

/** What a daemon sends to the `start` that waits for it, over the IPC channel between them. */
export type StarterMessage =
  /** Sessions are followed, and Mattermost was asked: there is no more to wait for. */
  | 'ready'
  /** A line for the terminal, at once. */
  | { readonly told: string }
  /** Why the daemon cannot run, which it writes to standard error as well: on a full disk, that file stays empty. */
  | { readonly complaint: string };

/** A message of the channel; `undefined` for what no daemon sends. */
export function readStarterMessage(message: unknown): StarterMessage | undefined {
  if (message === 'ready') return message;
  const fields = objectOf(message);
  const [told, complaint] = [textOf(fields?.told), textOf(fields?.complaint)];
  if (told !== undefined) return { told };
  return complaint === undefined ? undefined : { complaint };
}
