import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { installPaths, withAbsolutePaths } from './paths.ts';

const at = (env: Record<string, string>, prefix?: string) =>
  installPaths(withAbsolutePaths({ PWD: '/where/i/am', ...env }), { prefix });

it.for([
  ['~/state', join(homedir(), 'state')],
  ['~', homedir()],
  ['state', '/where/i/am/state'],
  ['../state', '/where/i/state'],
  ['/state', '/state'],
  ['', join(homedir(), '.openclaw', 'live-status')],
] as const)('takes the STATE_DIR %j for %j', ([STATE_DIR, stateDir]) => {
  expect(at({ STATE_DIR }).stateDir).toBe(stateDir);
});

it.for([
  ['~/opt', join(homedir(), 'opt')],
  ['opt', '/where/i/am/opt'],
  ['/opt', '/opt'],
] as const)('takes the prefix %j for %j', ([named, prefix]) => {
  expect(at({}, named).prefix).toBe(prefix);
});

it('expands what OpenClaw expands, and takes the rest from where the person is', () => {
  expect(at({ OPENCLAW_STATE_DIR: 'oc' }).openclawDir).toBe('/where/i/am/oc');
  expect(at({ OPENCLAW_HOME: 'home', OPENCLAW_STATE_DIR: '~/oc' }).openclawDir).toBe('/where/i/am/home/oc');
  expect(at({ OPENCLAW_CONFIG_PATH: 'my.json' }).configPath).toBe('/where/i/am/my.json');
});

it('hands absolute paths on to the programs it runs, and nothing that is not set', () => {
  const env = { PWD: '/where/i/am', PID_FILE: 'pid', STATE_DIR: '', OTHER: 'relative' };
  expect(withAbsolutePaths(env)).toEqual({ ...env, PID_FILE: '/where/i/am/pid' });
  expect(withAbsolutePaths({ PWD: '/where', STATUS_LANGUAGE: 'words.json' }).STATUS_LANGUAGE).toBe('/where/words.json');
  expect(withAbsolutePaths({ PWD: '/where', STATUS_LANGUAGE: 'de' }).STATUS_LANGUAGE).toBe('de');
});
