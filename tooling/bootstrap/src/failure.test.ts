import { expect, it } from 'vitest';
import { fixFor, toFailure, withoutHosts } from './failure.mjs';

it.for([
  ['npm error code ENOTFOUND\nnpm error network request to https://packages.example/pnpm failed', 'check the network'],
  ['npm error code ENOSPC', 'disk is full'],
  ["EACCES: permission denied, mkdir '/checkout/.tools'", 'folder cannot be written'],
  ['[ERR_SQLITE_ERROR] attempt to write a readonly database', 'clone it again'],
  ['[ERR_SQLITE_ERROR] unable to open database file', 'clone it again'],
  ['npm error code EINTEGRITY', 'not the one that was pinned'],
  ['npm error code E401', 'npm login'],
  ['npm error code E404 Not Found - GET', 'lacks a package'],
  ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'npm config set cafile'],
  ['[ERR_PNPM_OUTDATED_LOCKFILE] Cannot install', 'pnpm-lock.yaml does not fit'],
  ['src/a.ts(1,1): error TS2304', 'Read the lines above'],
] as const)('names the fix for %s', ([output, fix]) => {
  expect(fixFor(output)).toContain(fix);
});

it('keeps addresses and host names, which may be private or hold a password, out of what it shows', () => {
  const shown = withoutHosts(
    'GET https://user:secret@packages.example:8080/pnpm - reason: getaddrinfo ENOTFOUND packages.example',
  );
  expect(shown).toBe('GET <address> - reason: getaddrinfo ENOTFOUND <host>');
});

it('tells a refusing file system apart from an error of its own, which it shows whole', () => {
  const refused = toFailure(new Error("EROFS: read-only file system, mkdir '/checkout/.tools/lock'"));
  expect([refused.message, refused.fix, refused.details]).toEqual([
    "Error: EROFS: read-only file system, mkdir '/checkout/.tools/lock'",
    expect.stringContaining('folder cannot be written'),
    '',
  ]);
  expect(toFailure(new TypeError('no such method')).details).toContain('no such method');
});
