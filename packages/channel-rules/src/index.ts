export { asksForPlace, type FoundRule, findRule, type RuleDefaults, type Work } from './find-rule.ts';
export { KINDS, type RuleKey, showKey } from './key.ts';
export {
  describeProblem,
  type KeyedRule,
  type ReadRulesOptions,
  type RuleProblem,
  type RulesReading,
  readRules,
} from './read-rules.ts';
export { type EffectiveRule, type Rule, ruleFileSchema, ruleSchema } from './rule.ts';
