export { abortable } from './abortable.ts';
export { AsyncQueue, type AsyncQueueOptions } from './async-queue.ts';
export {
  type Breaker,
  type BreakerOptions,
  type BreakerSnapshot,
  type BreakerState,
  createBreaker,
} from './breaker.ts';
export { type Clock, systemClock, type TimerHandle } from './clock.ts';
export { type Coalescer, type CoalescerOptions, createCoalescer } from './coalescer.ts';
export { DeadlineTimer } from './deadline-timer.ts';
export { type DelayOptions, delay } from './delay.ts';
export { CircuitOpenError, ClosedError } from './errors.ts';
export { LifecycleScope, type LifecycleScopeOptions, type ScopeClosed } from './lifecycle-scope.ts';
export { type Log, silentLog } from './log.ts';
export { replaceFile, replaceFileSync } from './replace-file.ts';
export { type RetryNotice, type RetryOptions, retry } from './retry.ts';
export {
  createTokenBucket,
  type ExternalLimit,
  serveTurns,
  type TokenBucket,
  type TokenBucketOptions,
  TokenLevel,
} from './token-bucket.ts';
export { type TakeOptions, type Turn, TurnQueue } from './turn-queue.ts';
