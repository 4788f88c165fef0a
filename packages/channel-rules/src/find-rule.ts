import { type RuleKey, showKey } from './key.ts';
import type { KeyedRule } from './read-rules.ts';
import { type EffectiveRule, type Rule, stricter } from './rule.ts';

/** A piece of work, as rules see it. */
export interface Work {
  /** `cron`, `hook`, `cli`, `direct`, `channel`, or another channel of OpenClaw: those that it may be of. */
  readonly kinds: readonly string[];
  /** Where its post is; undefined while it is not known. */
  readonly channelId: string | undefined;
  /** `team/name` or `@user`; null for a place without such a name (a group message), undefined while it is not known. */
  readonly name: string | null | undefined;
}

/** What is in effect where no rule says anything else. */
export type RuleDefaults = Pick<EffectiveRule, 'style' | 'notify'>;

/** The rule that is in effect, and where it comes from. */
export interface FoundRule {
  readonly rule: EffectiveRule;
  /** Keys of the rules that it is merged from, the most general first. */
  readonly keys: readonly string[];
  /**
   * Whether nothing more has to be known of the work. If not, the rule is the strictest of all that may be meant: it
   * shows no more than any of them.
   */
  readonly isCertain: boolean;
}

/** Later ones win. */
const ORDER: readonly RuleKey['for'][] = ['all', 'kind', 'name', 'id'];

/**
 * The rule for a piece of work, merged field by field: `*`, then its kind, then the name of its place, then the id of that
 * place.
 */
export function findRule(rules: readonly KeyedRule[], work: Work, defaults: RuleDefaults): FoundRule {
  const ordered = [...rules].sort((a, b) => ORDER.indexOf(a.key.for) - ORDER.indexOf(b.key.for));
  const matching = ordered.filter(({ key }) => isFor(key, work) === true);
  const possible = ordered.filter(({ key }) => isFor(key, work) === undefined);
  const base: EffectiveRule = { show: 'full', arguments: true, finished: 'keep', ...defaults };
  const keys = matching.map(({ key }) => showKey(key));
  if (possible.length === 0) return { rule: merge(base, matching), keys, isCertain: true };
  // Each of them may be the one: alone, or not at all.
  const outcomes = [merge(base, matching)];
  for (const each of possible) {
    const layers = ordered.filter((rule) => rule === each || matching.includes(rule));
    outcomes.push(merge(base, layers));
  }
  return { rule: outcomes.reduce((a, b) => stricter(a, b)), keys, isCertain: false };
}

/** Whether the kind or the name of a place may decide which rule is in effect for a target with this channel id. */
export function asksForPlace(rules: readonly KeyedRule[], work: Work): boolean {
  return rules.some(({ key }) => isFor(key, work) === undefined);
}

/** Undefined while that is not known. */
function isFor(key: RuleKey, { kinds, channelId, name }: Work): boolean | undefined {
  switch (key.for) {
    case 'all':
      return true;
    case 'kind':
      if (!kinds.includes(key.kind)) return false;
      return kinds.length === 1 ? true : undefined;
    case 'name':
      return name === undefined ? undefined : name === key.name;
    case 'id':
      return channelId === undefined ? undefined : channelId === key.channelId;
  }
}

function merge(base: EffectiveRule, layers: readonly { readonly rule: Rule }[]): EffectiveRule {
  const rules = layers.map(({ rule: { notify, ...rule } }) =>
    notify === undefined ? rule : { ...rule, notify: notify === 'off' ? [] : notify },
  );
  return Object.assign({}, base, ...rules);
}
