import { describe, expect, it } from 'vitest';
import { problemOf, RedisAnswerError, RedisTimeoutError } from './redis-problem.ts';

const coded = (code: string): Error => Object.assign(new Error('connect 10.0.0.7:6379 hunter2'), { code });

describe('problemOf', () => {
  it.for<readonly [Error, string]>([
    [coded('ECONNREFUSED'), 'Nothing listens at the address of REDIS_URL (ECONNREFUSED)'],
    [coded('CERT_HAS_EXPIRED'), 'The certificate of Redis has expired (CERT_HAS_EXPIRED)'],
    [coded('EHOSTUNREACH'), 'Redis cannot be used (EHOSTUNREACH)'],
    [
      new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
      'Nothing listens at the address of REDIS_URL (ECONNREFUSED)',
    ],
    [new Error('the socket', { cause: coded('ENOTFOUND') }), 'There is no host of the name in REDIS_URL (ENOTFOUND)'],
    [
      new Error('WRONGPASS invalid username-password pair or user is disabled.'),
      'Redis refuses the password (WRONGPASS)',
    ],
    [new Error('NOAUTH Authentication required.'), 'Redis wants a password (NOAUTH)'],
    [new Error('ERR Protocol error: unauthenticated multibulk length'), 'Redis wants a password (NOAUTH)'],
    [
      new Error("NOPERM this user has no permissions to run the 'evalsha' command"),
      'Redis does not let this user do what is needed (NOPERM)',
    ],
    [new Error('ERR ACL failure in script: hunter2'), 'Redis does not let this user do what is needed (NOPERM)'],
    [
      new Error("READONLY You can't write against a read only replica."),
      'Redis is a replica that takes no writes (READONLY)',
    ],
    [new Error('OOM command not allowed'), 'Redis has no memory left (OOM)'],
    [new Error('MOVED 3999 10.0.0.7:6381'), 'Redis is a node of a cluster that has the keys elsewhere (MOVED)'],
    [new Error("ERR unknown command 'EVALSHA' hunter2"), 'Redis cannot be used (ERR)'],
    [new Error('hunter2'), 'Redis cannot be used (Error)'],
    [new RedisAnswerError(), 'What is at the address of REDIS_URL gives answers that Redis does not give'],
    [new RedisTimeoutError(500), 'Redis did not answer within 500 ms'],
  ])('%s', ([error, what]) => {
    const problem = problemOf(error);
    expect(problem.what).toBe(what);
    expect(problem.fix).not.toBe('');
    expect(JSON.stringify(problem)).not.toMatch(/hunter2|10\.0\.0\.7/);
  });

  it('takes anything that was thrown', () => {
    expect(problemOf(undefined).what).toBe('Redis cannot be used (unknown error)');
  });
});
