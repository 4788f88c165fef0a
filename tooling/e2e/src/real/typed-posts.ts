import { Conversation } from './conversation.ts';
import type { Finding } from './judge-situation.ts';
import { scene } from './plays.ts';
import type { WatchedStage } from './stage.ts';
import { postsGivenTo } from './traffic.ts';

const STATUS = '**[ACTIVE] main** | 3s | exec: `npm test` 2s';
const WAIT_MS = 60_000;

/**
 * Whether a status post by a bot that is not OpenClaw's own starts no agent because it has a type; and, to see that
 * anything would be noticed, that the same text without a type does.
 */
export async function judgeTypedPosts(stage: WatchedStage, signal: AbortSignal): Promise<Finding> {
  const { simulator, model } = stage;
  const talk = new Conversation(stage, { name: 'typed-posts', signal });
  const watcher = simulator.addBot({ username: 'watcher', memberOf: [simulator.team.id, talk.channelId] });
  const write = async (fields: object): Promise<string> => {
    const response = await fetch(`${simulator.url}/api/v4/posts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${watcher.token}` },
      body: JSON.stringify({ channel_id: talk.channelId, message: STATUS, ...fields }),
      signal,
    });
    return ((await response.json()) as { readonly id: string }).id;
  };
  const typed = await write({ type: 'custom_live_status' });
  // What OpenClaw does with it, it does before it answers this.
  await scene('plain', 'A plain answer.')(talk);
  const untyped = await write({});
  const isGiven = (id: string): boolean => postsGivenTo(model).includes(id);
  const until = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  await simulator.until(() => isGiven(untyped), { signal: until }).catch(() => signal.throwIfAborted());
  const rows = [
    { what: 'with the type of Live Status', isStarted: isGiven(typed), mustStart: false },
    { what: 'without a type', isStarted: isGiven(untyped), mustStart: true },
  ];
  return {
    lines: ['| a status text by another bot | starts an agent |', '|---|---|'].concat(
      rows.map(({ what, isStarted }) => `| ${what} | ${isStarted ? 'yes' : 'no'} |`),
    ),
    problems: rows.flatMap(({ what, isStarted, mustStart }) =>
      isStarted === mustStart
        ? []
        : [`a status text by another bot ${what} ${isStarted ? 'starts' : 'does not start'} an agent`],
    ),
  };
}
