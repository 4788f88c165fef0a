import { expect, it } from 'vitest';
import { hideSecret } from './secret.ts';

it.for([
  ['set it in /home/op, the token is tok-123x', 'tok-123x', 'set it in /home/op, the token is ***'],
  ['beforetok-123xafter', 'tok-123x', 'before***after'],
  ['set the gateway token: t', 't', 'set the gateway token: ***'],
  ['wss://gate.example.com/?t=a.b', 'a.b', 'wss://gate.example.com/?t=***'],
  ['axb and a+b', 'a+b', 'axb and ***'],
  ['a text', '', 'a text'],
] as const)('%j without %j is %j', ([text, secret, hidden]) => {
  expect(hideSecret(text, secret)).toBe(hidden);
});
