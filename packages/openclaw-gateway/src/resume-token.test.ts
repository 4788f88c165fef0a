import { expect, it } from 'vitest';
import { runsIn, toResumeToken } from './resume-token.ts';

const run = { sessionKey: 'agent:main:main', gatewayId: 'r1', startedAt: 1_000 };

it('reads its own tokens back, and leaves out what others made', () => {
  const foreign = ['', 'null', '[]', '7', '{"sessionKey":"k","from":{"path":"/x"},"startedAt":"soon"}', '{}'];
  expect(runsIn([...foreign, toResumeToken(run)])).toEqual([run]);
});

it('keeps what a run waits for, of which start of the gateway', () => {
  const approvals = [
    { approvalId: 'a1', callId: 'c1', since: 2_000, until: 9_000 },
    { approvalId: 'a2', callId: 'c2', since: 3_000 },
  ];
  const waiting = { ...run, approvals, bootId: 'b1' };
  expect(runsIn([toResumeToken(waiting)])).toEqual([waiting]);
  const damaged = JSON.stringify({
    ...JSON.parse(toResumeToken(waiting)),
    approvals: [7, { approvalId: 'a' }, ...approvals],
  });
  expect(runsIn([damaged])).toEqual([waiting]);
});

it('reads the evidence in ledgers from before there were tokens', () => {
  const box = { sessionKey: run.sessionKey, evidence: ['lock:1', 'run:r1', 'entry:e', 'run:r2'], startedAt: 1_000 };
  expect(runsIn([JSON.stringify(box)])).toEqual([run, { ...run, gatewayId: 'r2' }]);
});
