export type { Ask, BudgetStore, Grant } from './budget-store.ts';
export { probeRedis, type RedisProbe } from './probe-redis.ts';
export { problemOf, type RedisProblem, RedisTimeoutError } from './redis-problem.ts';
export { createRedisStore, type RedisStoreOptions } from './redis-store.ts';
export type { SharedBudget } from './shared-budget.ts';
export {
  type BudgetOptions,
  openSharedBudgets,
  openSharedBudgetsWith,
  type SharedBudgets,
  type SharedBudgetsOptions,
  type SharingStatus,
} from './shared-budgets.ts';
