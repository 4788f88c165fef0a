import { describe, expect, it } from 'vitest';
import { explainMattermostProblem } from './mattermost-problem.ts';

const URL = 'https://chat.example.com';

describe('explainMattermostProblem', () => {
  it.for([
    [{ detail: 'ENOTFOUND' }, 'there is no host chat.example.com', 'correct the host name', 'address'],
    [{ detail: 'ECONNREFUSED' }, 'nothing listens at chat.example.com', 'start Mattermost there', 'address'],
    [
      { detail: 'EPROTO: the server does not speak TLS on this port; configure the address with http://' },
      'does not speak https',
      'with http://, or',
      'address',
    ],
    [{ status: 400, detail: 'is …; configure the address with https://' }, 'speaks https', 'with https://', 'address'],
    [
      { status: 301, detail: 'redirects to https://other.example.com; configure that address' },
      'redirects to https://other.example.com',
      'put https://other.example.com into',
      'address',
    ],
    [
      { kind: 'blocked', status: 200, detail: "is a page, not Mattermost's own answer" },
      'answers, but not as Mattermost',
      'login page in front of it',
      'address',
    ],
    [
      { kind: 'transient', status: 404, detail: "is not Mattermost's own answer" },
      'answers, but not as Mattermost (status 404',
      'with its path if it has one',
      'address',
    ],
    [
      { detail: 'CERT_HAS_EXPIRED: the certificate has expired: renew it on the server' },
      'the certificate has expired (CERT_HAS_EXPIRED)',
      'renew it on the server',
      'server',
    ],
    [
      { detail: 'ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another host: configure the address' },
      'is not in the certificate',
      'use a name that the certificate has',
      'address',
    ],
    [{ status: 502 }, 'answers 502', 'repair the Mattermost server', 'server'],
    [{ status: 500, errorId: 'app.sql' }, 'answers 500 (app.sql)', 'repair the Mattermost server', 'server'],
    [{ kind: 'auth', status: 401, errorId: 'x' }, 'does not accept the token', 'set MM_TOKEN', 'token'],
    [{ detail: 'no answer within 5 s' }, 'does not answer (no answer within 5 s)', 'check the network', 'server'],
    [{}, 'does not answer', 'check the network', 'server'],
    [undefined, 'does not answer', 'check the network', 'server'],
  ] as const)('%j: %s -> %s (%s)', ([error, what, fix, change]) => {
    const problem = explainMattermostProblem(error, URL);
    expect(problem.what).toContain(what);
    expect(problem.fix).toContain(fix);
    expect(problem.change).toBe(change);
    if (change === 'address') expect(problem.fix).toContain('MM_URL (or channels.mattermost.baseUrl');
  });
});
