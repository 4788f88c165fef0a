import { expect, it } from 'vitest';
import { runsIn, toResumeToken } from './resume-token.ts';

const run = { sessionKey: 'agent:main:main', gatewayId: 'r1', startedAt: 1_000 };

it('reads its own tokens back, and leaves out what others made', () => {
  const foreign = ['', 'null', '[]', '7', '{"sessionKey":"k","from":{"path":"/x"},"startedAt":"soon"}', '{}'];
  expect(runsIn([...foreign, toResumeToken(run)])).toEqual([run]);
});

it('reads the evidence in ledgers from before there were tokens', () => {
  const box = { sessionKey: run.sessionKey, evidence: ['lock:1', 'run:r1', 'entry:e', 'run:r2'], startedAt: 1_000 };
  expect(runsIn([JSON.stringify(box)])).toEqual([run, { ...run, gatewayId: 'r2' }]);
});
