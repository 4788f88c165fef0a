/** What a request to Mattermost failed with; a `MattermostError` has these fields. */
interface Failure {
  readonly kind?: unknown;
  readonly status?: unknown;
  readonly errorId?: unknown;
  readonly detail?: unknown;
}

/** Why a server cannot be used, and the one thing to do about it. Contains no secret. */
export interface MattermostProblem {
  readonly what: string;
  readonly fix: string;
  /** What has to change: a setting, or something outside of Live Status, after which it goes on by itself. */
  readonly change: 'address' | 'token' | 'server';
}

const ADDRESS = 'MM_URL (or channels.mattermost.baseUrl in openclaw.json)';
const TOKEN = 'MM_TOKEN (or channels.mattermost.botToken in openclaw.json)';

/** What the first answer of a server says about its address and token, if it is not the answer of a Mattermost that accepts the token. */
export function explainMattermostProblem(error: unknown, url: string): MattermostProblem {
  const { kind, status, errorId, detail } = (error ?? {}) as Failure;
  const seen = typeof detail === 'string' ? detail : '';
  if (kind === 'auth') {
    const fix = `set ${TOKEN} to the token of an enabled bot account (in Mattermost: Integrations > Bot Accounts)`;
    return { what: `${url} does not accept the token`, fix, change: 'token' };
  }
  if (typeof errorId === 'string') {
    return { what: `${url} answers ${status} (${errorId})`, fix: 'repair the Mattermost server', change: 'server' };
  }
  if (typeof status === 'number') return explainForeignAnswer({ url, status, seen, isBlocked: kind === 'blocked' });
  return explainNoAnswer(url, seen);
}

/** Something answers that is not Mattermost's API. */
function explainForeignAnswer(answer: {
  readonly url: string;
  readonly status: number;
  readonly seen: string;
  readonly isBlocked: boolean;
}): MattermostProblem {
  const { url, status, seen, isBlocked } = answer;
  const other = /^redirects to (\S+?);/.exec(seen)?.[1];
  if (other !== undefined) {
    return { what: `${url} redirects to ${other}`, fix: `put ${other} into ${ADDRESS}`, change: 'address' };
  }
  if (seen.endsWith('https://')) {
    return { what: `${url} speaks https`, fix: `begin ${ADDRESS} with https://`, change: 'address' };
  }
  if (status >= 500) {
    return { what: `${url} answers ${status}`, fix: 'repair the Mattermost server, or its proxy', change: 'server' };
  }
  const right = `set ${ADDRESS} to the address at which people open Mattermost, with its path if it has one`;
  const pass = 'If that is right, let requests to /api/v4 pass the proxy, firewall or login page in front of it';
  const what = `${url} answers, but not as Mattermost (${[`status ${status}`, seen].filter(Boolean).join(', ')})`;
  return { what, fix: isBlocked ? `${right}. ${pass}` : right, change: 'address' };
}

function explainNoAnswer(url: string, seen: string): MattermostProblem {
  const { hostname, host } = new URL(url);
  const [code = '', why, ...fixes] = seen.split(': ');
  switch (code) {
    case 'ENOTFOUND':
      return {
        what: `there is no host ${hostname} (ENOTFOUND)`,
        fix: `correct the host name in ${ADDRESS}`,
        change: 'address',
      };
    case 'ECONNREFUSED':
      return {
        what: `nothing listens at ${host} (ECONNREFUSED)`,
        fix: `start Mattermost there, or correct ${ADDRESS}`,
        change: 'address',
      };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG': {
      const fix = `begin ${ADDRESS} with http://, or name the port of https`;
      return { what: `${host} does not speak https (${code})`, fix, change: 'address' };
    }
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const fix = `use a name that the certificate has in ${ADDRESS}`;
      return { what: `${hostname} is not in the certificate of ${host}`, fix, change: 'address' };
    }
  }
  // What is wrong with a certificate or proxy, and what helps.
  if (fixes.length > 0) {
    return { what: `${host} cannot be trusted: ${why} (${code})`, fix: fixes.join(': '), change: 'server' };
  }
  const fix = 'check the network, its proxies and firewalls, and the server';
  return { what: `${url} does not answer (${seen || 'no answer'})`, fix, change: 'server' };
}
