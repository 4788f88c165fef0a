import { hash } from 'node:crypto';

/** The budget for a server, by any spelling of its address. */
export function budgetName(server: string): string {
  const url = URL.parse(server);
  return shortHash(url === null ? server : `${url.host}${url.pathname}`.replace(/\/+$/, ''));
}

/** A member as Redis knows it. */
export function memberName(member: string): string {
  return shortHash(member);
}

/** Long enough never to meet another one, and says nothing. */
function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 16);
}
