import { distance } from 'fastest-levenshtein';
import { VARIABLES } from './variables.ts';

const KNOWN = Object.keys(VARIABLES);
/** Names of OpenClaw that are read by way of its own rules. */
const ALSO_KNOWN = ['MATTERMOST_BOT_TOKEN', 'MATTERMOST_URL'];
/** Settings of a Mattermost server on the same machine (`MM_SERVICESETTINGS_SITEURL`). */
const SERVER_SETTING = /^MM_[A-Z]+SETTINGS_/;
const MAX_DISTANCE = 2;
/** Shorter names are too often near one of ours by chance. */
const MIN_NEAR_LENGTH = 8;

/**
 * Names among the variables that look like a setting and are none: `MM_…` that Live Status does not know, and names
 * at most two letters away from one it does. One sentence each, values are not shown.
 */
export function findMisspelt(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (KNOWN.includes(name) || ALSO_KNOWN.includes(name) || SERVER_SETTING.test(name)) return [];
    const near = nearest(name);
    // A set neighbour is no misspelling of it.
    const meant = near && !names.includes(near) ? near : undefined;
    if (meant) return [`${name} is not a setting: ${meant} was probably meant`];
    return name.startsWith('MM_') ? [`${name} is not a setting and has no effect`] : [];
  });
}

function nearest(name: string): string | undefined {
  const maximum = name.startsWith('MM_') || name.length >= MIN_NEAR_LENGTH ? MAX_DISTANCE : 0;
  return [...KNOWN, ...ALSO_KNOWN]
    .map((known) => ({ known, away: distance(name, known) }))
    .filter(({ away }) => away <= maximum)
    .sort((a, b) => a.away - b.away)[0]?.known;
}
