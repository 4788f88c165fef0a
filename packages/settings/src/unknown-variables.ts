import { distance } from 'fastest-levenshtein';
import { SETTINGS, type Setting } from './table.ts';

const KNOWN: readonly string[] = Object.entries(SETTINGS).flatMap(([name, { alias }]: [string, Setting]) =>
  alias === undefined ? [name] : [name, alias],
);
/** Settings of a Mattermost server on the same machine (`MM_SERVICESETTINGS_SITEURL`). */
const SERVER_SETTING = /^MM_[A-Z]+SETTINGS_/;
const MAX_DISTANCE = 2;
/** Shorter names are too often similar to one of ours by chance. */
const MIN_SIMILAR_LENGTH = 8;

/**
 * Names that look like a setting but are not one: an unknown `MM_…`, and names at most two letters away from a
 * setting. One sentence each, values are not shown.
 */
export function findUnknownVariables(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (KNOWN.includes(name) || SERVER_SETTING.test(name)) return [];
    const similar = mostSimilar(name);
    // A name beside a setting that is set is not a misspelling of it.
    if (similar && !names.includes(similar)) return [`${name} is not a setting: did you mean ${similar}?`];
    return name.startsWith('MM_') ? [`${name} is not a setting and has no effect`] : [];
  });
}

function mostSimilar(name: string): string | undefined {
  const maximum = name.startsWith('MM_') || name.length >= MIN_SIMILAR_LENGTH ? MAX_DISTANCE : 0;
  return KNOWN.map((known) => ({ known, away: distance(name, known) }))
    .filter(({ away }) => away <= maximum)
    .sort((a, b) => a.away - b.away)[0]?.known;
}
