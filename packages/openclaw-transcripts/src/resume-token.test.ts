import { expect, it } from 'vitest';
import { placesIn, toResumeToken } from './resume-token.ts';

const place = { sessionKey: 'agent:main:main', path: '/agents/s1.jsonl', fingerprint: 'f', startOffset: 10 };

it('reads its own tokens back, and leaves out what others made', () => {
  const foreign = ['', 'null', '[]', '7', '{"sessionKey":"k","gatewayRun":"r","startedAt":1}', '{"from":{}}'];
  expect(placesIn([...foreign, toResumeToken(place)])).toEqual([place]);
});

it('reads the places of ledgers from before there were tokens', () => {
  const { sessionKey, ...from } = place;
  expect(placesIn([JSON.stringify({ sessionKey, from })])).toEqual([place]);
});
