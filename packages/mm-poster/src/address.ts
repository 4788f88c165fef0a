import { MattermostConfigError } from './errors.ts';

/**
 * A token as it goes into a header.
 *
 * @throws MattermostConfigError for text no token can be; without the text.
 */
export function parseToken(token: string): string {
  const trimmed = token.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new MattermostConfigError('The Mattermost token is empty or has characters no token has; copy it again');
}

/**
 * The address of a server.
 *
 * @throws MattermostConfigError for one that no request could use, with the cure.
 */
export function parseBaseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new MattermostConfigError('The Mattermost address is no http(s) URL; use one like https://chat.example.com');
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new MattermostConfigError('The Mattermost address must have no user, password, query or fragment');
  }
  if (/\/api\/v4\/?$/.test(parsed.pathname)) {
    throw new MattermostConfigError(`Remove "/api/v4" from the end of the Mattermost address ${parsed.href}`);
  }
  return parsed;
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** What to tell the operator when the token can be read on its way; undefined when it cannot. */
export function insecureUrlWarning({ protocol, hostname, host }: URL): string | undefined {
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return undefined;
  return `The token goes to ${host} over plain http, readable on the way; use https`;
}
