import { OPENCLAW_SETTINGS } from '@live-status/openclaw-config';
import type { Check } from './check.ts';
import { type About, type Finding, ok, warn } from './finding.ts';

const LAYOUT: About = { id: 'openclaw.settings', name: 'settings' };

/** What OpenClaw's own settings say about where sessions, the gateway and Mattermost are. */
export const OPENCLAW_SETTINGS_CHECKS: readonly Check[] = [
  {
    ...LAYOUT,
    run: async ({ reading, machine }) => {
      const inEnvironment = Object.keys(OPENCLAW_SETTINGS).filter((name) => machine.env[name]);
      return checkOpenClawSettings([...(reading.sound.openclaw?.settings ?? []), ...inEnvironment]);
    },
  },
];

/** Whether everything that is set can be followed. `names`: those of `OPENCLAW_SETTINGS` that are set. */
export function checkOpenClawSettings(names: readonly string[]): readonly Finding[] {
  const used = names.flatMap((name) => {
    const setting = OPENCLAW_SETTINGS[name];
    return setting === undefined ? [] : [{ name, ...setting }];
  });
  const unfollowed = used.filter(({ use }) => use === 'not followed');
  const details = used.map(({ name, how }) => `${name}: ${how.replaceAll('`', '')}`);
  const count = `${used.length} of OpenClaw's settings decide where things are`;
  return [
    ...unfollowed.map(({ name, how }) => warn(LAYOUT, `${name} is set and not followed`, how.replaceAll('`', ''))),
    { ...ok(LAYOUT, count), details },
  ];
}
