export { asksForPlace, type FoundRule, findRule, type RuleDefaults, type Work } from './find-rule.ts';
export { channelOf, KINDS, OTHER_CHANNELS, type RuleKey, showKey } from './key.ts';
export {
  describeProblem,
  type KeyedRule,
  type ReadRulesOptions,
  type RuleProblem,
  type RulesReading,
  readRules,
} from './read-rules.ts';
export { type EffectiveRule, type Rule, ruleFileSchema, ruleSchema } from './rule.ts';
export { type OpenedRules, openRulesFile, type RulesFile, type RulesFileReading, readRulesFile } from './rules-file.ts';
