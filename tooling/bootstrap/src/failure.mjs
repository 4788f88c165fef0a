// @ts-check
/** A preparation step that failed: what happened, and what to do about it. */
export class SetupFailure extends Error {
  /** @override */
  name = 'SetupFailure';
  code = 'SETUP_FAILED';

  /**
   * @param {string} message what happened
   * @param {string} fix what to do about it
   * @param {{ cause?: unknown, details?: string }} [more] `details`: the end of a tool's own output
   */
  constructor(message, fix, { cause, details = '' } = {}) {
    super(message, { cause });
    this.fix = fix;
    this.details = details;
  }
}

/** Patterns in a tool's output or an errno, and the fix for each. The first match counts. */
const FIXES = [
  {
    sign: /ENOSPC|EDQUOT|no space left/i,
    fix: 'The disk is full: free about 1 GB where this checkout and the npm cache live, then run the command again.',
  },
  {
    sign: /readonly database|unable to open database file/,
    fix: 'The packages of this checkout belong to another user or place, as in a copy of a prepared checkout: clone it again as this user, then run the command there.',
  },
  {
    sign: /EROFS|EACCES|EPERM|read-only file system|permission denied/i,
    fix: 'A folder cannot be written: use a checkout and a home folder that this user owns (or set npm_config_cache and pnpm_config_store_dir to folders that it may write), then run the command again.',
  },
  {
    sign: /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    fix: 'The certificate of the registry or proxy is not trusted: name its authority with `npm config set cafile FILE` and NODE_EXTRA_CA_CERTS=FILE, then run the command again.',
  },
  {
    sign: /E401|E403|ENEEDAUTH|ERR_PNPM_FETCH_40[13]/,
    fix: 'The configured npm registry refused access: log in with `npm login`, or check the registry in `npm config list`. Then run the command again.',
  },
  {
    sign: /E404|ETARGET|ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION/,
    fix: 'The configured npm registry lacks a package of the lockfile: check the registry in `npm config list`, then run the command again.',
  },
  {
    sign: /EINTEGRITY|ERR_PNPM_TARBALL_INTEGRITY|checksum/i,
    fix: 'A downloaded package is not the one that was pinned: run `npm cache verify` and try again; if it stays, do not trust the configured registry.',
  },
  {
    sign: /ERR_PNPM_OUTDATED_LOCKFILE/,
    fix: 'pnpm-lock.yaml does not fit the package.json files: run `pnpm install --no-frozen-lockfile` and commit the lockfile.',
  },
  {
    sign: /MINIMUM_RELEASE_AGE|TRUST_DOWNGRADE/,
    fix: 'A locked package is younger, or less trustworthy, than pnpm-workspace.yaml allows: choose an older version of it.',
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET|network|socket hang up/i,
    fix: 'npm packages could not be fetched: check the network, and behind a proxy set HTTPS_PROXY or `npm config set https-proxy URL`; `npm ping` must answer. Then run the command again.',
  },
];

/**
 * The fix for a failed tool, found in its output.
 * @param {string} output
 * @returns {string}
 */
export function fixFor(output) {
  return knownFix(output) ?? 'Read the lines above; when they are fixed, run the command again.';
}

/**
 * Any error as a failure: for a file system that refuses there is a fix; an unexpected error is shown with its stack.
 * @param {unknown} error
 * @returns {SetupFailure}
 */
export function toFailure(error) {
  if (error instanceof SetupFailure) return error;
  const fix = error instanceof Error ? knownFix(error.message) : undefined;
  if (fix) return new SetupFailure(String(error), fix, { cause: error });
  const details = error instanceof Error ? (error.stack ?? '') : String(error);
  return new SetupFailure('Unexpected error.', fixFor(''), { cause: error, details });
}

/**
 * @param {string} text
 * @returns {string | undefined}
 */
function knownFix(text) {
  return FIXES.find(({ sign }) => sign.test(text))?.fix;
}

/**
 * Removes web addresses and host names from a tool's output: a registry or proxy may be private, and its address may hold a password.
 * @param {string} text
 * @returns {string}
 */
export function withoutHosts(text) {
  return text
    .replace(/\b[a-z][a-z+]*:\/\/[^\s'")]+/gi, '<address>')
    .replace(
      /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH) [^\s'")]+/g,
      '$1 <host>',
    );
}
