/** Why Redis cannot be used, in words, and what to do. Neither holds anything that Redis or the network said beyond a code. */
export interface RedisProblem {
  /** `Redis refuses the password (WRONGPASS)`. */
  readonly what: string;
  readonly fix: string;
}

/** No answer came in time. */
export class RedisTimeoutError extends Error {
  override readonly name = 'RedisTimeoutError';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** The answer is none of the script's. */
export class RedisAnswerError extends Error {
  override readonly name = 'RedisAnswerError';

  constructor() {
    super('an answer that the script does not give');
  }
}

const TRUST =
  'put the certificate of its authority into a file and set NODE_EXTRA_CA_CERTS to it (or NODE_USE_SYSTEM_CA=1)';
const CHECK_PASSWORD = 'Correct the user name and password in REDIS_URL, then restart';
const CLUSTER = 'Let REDIS_URL name a Redis that is not a node of a cluster';

/** By the first word of what Redis answers, or the code of a network error. */
const PROBLEMS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ECONNREFUSED: ['Nothing listens at the address of REDIS_URL', 'Start Redis, or correct REDIS_URL'],
  ENOTFOUND: ['There is no host of the name in REDIS_URL', 'Correct REDIS_URL'],
  WRONGPASS: ['Redis refuses the password', CHECK_PASSWORD],
  NOAUTH: ['Redis wants a password', CHECK_PASSWORD],
  NOPERM: [
    'Redis does not let this user do what is needed',
    'Allow it +@connection, +@scripting and the commands of docs/scale.md on ~live-status:*',
  ],
  READONLY: ['Redis is a replica that takes no writes', 'Let REDIS_URL name the primary'],
  OOM: ['Redis has no memory left', 'Raise its maxmemory, or remove what fills it'],
  MISCONF: ['Redis cannot save to its disk and takes no writes', 'See the log of Redis'],
  MOVED: ['Redis is a node of a cluster that has the keys elsewhere', CLUSTER],
  CROSSSLOT: ['Redis is a node of a cluster', CLUSTER],
  CLUSTERDOWN: ['The cluster of Redis is down', CLUSTER],
  LOADING: ['Redis is reading its data', 'Wait; it is asked again by itself'],
  BUSY: ['Redis is busy with the script of another program', 'See who runs it (SCRIPT KILL ends it)'],
  MASTERDOWN: ['Redis is a replica without a primary', 'Let REDIS_URL name the primary'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['The certificate of Redis is self-signed', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['An authority that is not known here signed the certificate of Redis', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['An authority that is not known here signed the certificate of Redis', TRUST],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['An authority that is not known here signed the certificate of Redis', TRUST],
  CERT_HAS_EXPIRED: ['The certificate of Redis has expired', 'Renew it, and check the clock of this machine'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'The certificate of Redis is for another host',
    'Let REDIS_URL name it as the certificate does',
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: ['Redis does not speak TLS on this port', 'Let REDIS_URL begin with redis://'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['Redis does not speak TLS on this port', 'Let REDIS_URL begin with redis://'],
  SocketClosedUnexpectedlyError: [
    'Redis closed the connection',
    'Check Redis, and let REDIS_URL begin with rediss:// if the port speaks TLS; it is tried again by itself',
  ],
  EPROTO: ['Redis does not speak TLS on this port', 'Let REDIS_URL begin with redis://'],
};

const DEFAULT_FIX = 'Check Redis and the network; it is tried again by itself';
const TIMEOUT_FIX =
  'Check Redis, the network, and that the port speaks TLS if REDIS_URL begins with rediss://; it is tried again by itself';

const ANSWER_FIX =
  'Let REDIS_URL name Redis or Valkey itself, and let nothing else write its keys live-status:*; it is tried again by itself';

/** What an error of the library, of Redis or of the network means. */
export function problemOf(error: unknown): RedisProblem {
  if (error instanceof RedisTimeoutError) {
    return { what: `Redis did not answer within ${error.timeoutMs} ms`, fix: TIMEOUT_FIX };
  }
  if (error instanceof RedisAnswerError) {
    return { what: 'What is at the address of REDIS_URL gives answers that Redis does not give', fix: ANSWER_FIX };
  }
  const code = codeOf(error);
  const [what, fix] = PROBLEMS[code] ?? ['Redis cannot be used', DEFAULT_FIX];
  return { what: `${what} (${code})`, fix };
}

/** The code of a network error, the first word of an error that Redis answered, or the name of what the library throws. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Before it wants a password, Redis wants a short command of whoever has none.
  if (/\bunauthenticated\b/.test(error.message)) return 'NOAUTH';
  if (/\bACL failure\b|can't run this command/.test(error.message)) return 'NOPERM';
  const word = /^(?:-)?([A-Z]{2,20})\b/.exec(error.message)?.[1];
  if (word !== undefined && word !== 'ERR') return word;
  if (error.cause instanceof Error) return codeOf(error.cause);
  return word ?? error.constructor.name;
}
