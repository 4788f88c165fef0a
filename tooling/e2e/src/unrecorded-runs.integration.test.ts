import { DEFAULT_RULES } from '@live-status/session-state';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import { playInProcess } from './play-in-process.ts';
import { scriptGateway } from './scripted/gateway.ts';
import { aborts } from './unrecorded/aborts.ts';
import { children } from './unrecorded/children.ts';
import { compactions } from './unrecorded/compactions.ts';
import { failures } from './unrecorded/failures.ts';
import { kinds } from './unrecorded/kinds.ts';
import { lateStarts } from './unrecorded/late-starts.ts';
import { locks } from './unrecorded/locks.ts';
import { messages } from './unrecorded/messages.ts';
import { restarts } from './unrecorded/restarts.ts';

const GROUPS = { restarts, children, aborts, failures, messages, compactions, kinds, locks, 'late starts': lateStarts };

describe.for(Object.entries(GROUPS))('what is not recorded: %s', ([, cases]) => {
  it.for(cases)('$name', async ({ version = '2026.7.1', script, posts, postedBy = [], ...options }) => {
    const gateway = scriptGateway(version);
    script(gateway);
    const { entries, postedAt } = await playInProcess(gateway.recording(), DEFAULT_RULES, options);
    const shown = entries.filter((entry) => entry.worthPost);
    const wrong = posts.flatMap((post, i) => (shown[i] === undefined ? ['no post'] : differences(shown[i], post)));
    const late = postedBy.filter((ms, i) => !((postedAt.get(shown[i]?.boxId ?? '') ?? Number.NaN) <= ms));
    expect(shown.map((entry) => entry.sessionKey)).toEqual(posts.map((post) => post.rootKey));
    expect(wrong).toEqual([]);
    expect(late).toEqual([]);
    expect(shown.every((entry) => entry.settled || entry.box.state === 'interrupted')).toBe(true);
  });
});
