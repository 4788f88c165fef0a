import { OPENCLAW_SETTINGS } from '@live-status/openclaw-config';
import { expect, it } from 'vitest';
import { checkOpenClawSettings } from './openclaw-settings.ts';

it('says what is done with each setting that is set', () => {
  const names = Object.keys(OPENCLAW_SETTINGS);
  const findings = checkOpenClawSettings(names);
  expect(findings.at(-1)).toMatchObject({ state: 'ok', details: names.map((name) => expect.stringContaining(name)) });
});

it('warns of a setting that is not followed, with what to do instead', () => {
  expect(checkOpenClawSettings(['gateway.remote.edgeAuth', 'gateway.port'])).toMatchObject([
    {
      state: 'warn',
      found: 'gateway.remote.edgeAuth is set and not followed',
      fix: expect.stringContaining('use a tunnel'),
    },
    { state: 'ok', details: [expect.any(String), expect.stringContaining('gateway.port: ')] },
  ]);
});
