import { createMattermostApi, type User } from '@live-status/mm-poster';
import type { Secret, Settings } from '@live-status/operations';

/** Neither a doctor nor a command waits long for a server that does not answer. */
const TIMEOUT_MS = 5_000;

/**
 * Whose OpenClaw's own token is; `undefined` when that cannot be learnt. The token is shown to no server but the one it
 * was made for.
 *
 * @param url of the server when openclaw.json names none
 */
export async function findOpenClawAccount(openclaw: Settings['openclaw'], url: string): Promise<User | undefined> {
  const token = openclaw?.mattermostToken;
  if (token === undefined) return undefined;
  try {
    return await whoIs(token, openclaw?.mattermostUrl ?? url);
  } catch {
    return undefined;
  }
}

async function whoIs(token: Secret, url: string): Promise<User> {
  const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
  try {
    return await api.getMe();
  } finally {
    await api.close();
  }
}
