import fc from 'fast-check';
import { hostileText } from './texts.ts';

const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/health',
    '/events',
    '/events?form=html',
    '/metrics',
    '/livez',
    '/page.js',
    '/page.css',
    '/../../etc/passwd',
    '/page.js/../../package.json',
  ),
  fc.constantFrom(
    '/%2e%2e/%2e%2e/etc/passwd',
    '//health',
    '/health?token=x',
    '/__proto__',
    '/constructor',
    'http://evil.example/health',
    '*',
    '/\\..\\x',
    '/health#',
    '',
  ),
  hostileText.map((text) => `/${text.replace(/[\s\0]/g, '')}`),
);
const host = fc.oneof(
  fc.constantFrom(
    '127.0.0.1',
    'localhost',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '[::1]',
    '',
    '0x7f.1',
    'localhost:99999',
    'LOCALHOST',
  ),
  hostileText.map((text) => text.replace(/[\r\n\0]/g, '')),
);
const authorization = fc.oneof(
  fc.constantFrom(
    'Bearer',
    'Bearer ',
    'Basic',
    'Basic Og==',
    'Bearer undefined',
    'Bearer null',
    'Basic ====',
    'Bearer __proto__',
  ),
  hostileText.map((text) => `Bearer ${text.replace(/[\r\n\0]/g, '')}`),
);

/** A request as it goes over the wire, right or not. No valid token is in it. */
export const hostileRequest: fc.Arbitrary<string> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'X'),
    path,
    host,
    authorization: fc.option(authorization, { nil: undefined }),
    more: fc.constantFrom(
      '',
      'Content-Length: 999999999\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Expect: 100-continue\r\n',
      'Upgrade: websocket\r\nConnection: Upgrade\r\n',
      `X: ${'y'.repeat(20_000)}\r\n`,
    ),
    end: fc.constantFrom('\r\n', '\r\n', '\r\n', '', '\r\nbody', '\r\n5\r\nhello\r\n0\r\n\r\n'),
  })
  .map((parts) => {
    const auth = parts.authorization === undefined ? '' : `Authorization: ${parts.authorization}\r\n`;
    return `${parts.method} ${parts.path} HTTP/1.1\r\nHost: ${parts.host}\r\n${auth}${parts.more}${parts.end}`;
  });
