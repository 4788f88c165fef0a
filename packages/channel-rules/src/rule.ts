import * as v from 'valibot';
import { KINDS } from './key.ts';

const SHOW = ['full', 'quiet', 'off'] as const;
const STYLE = ['list', 'fence', 'card'] as const;
const NOTIFY = ['waiting', 'errors', 'all'] as const;
const FINISHED = ['keep', 'compact', 'delete'] as const;

/** What is in effect for a piece of work. */
export interface EffectiveRule {
  readonly show: (typeof SHOW)[number];
  /** Whether arguments of tools may be shown. */
  readonly arguments: boolean;
  readonly style: (typeof STYLE)[number];
  /** Empty for never. */
  readonly notify: readonly (typeof NOTIFY)[number][];
  readonly finished: (typeof FINISHED)[number];
}

/** What a rule says; what it leaves open is decided by a more general rule, and at last by the settings. */
export type Rule = Partial<Omit<EffectiveRule, 'notify'>> & { readonly notify?: EffectiveRule['notify'] | 'off' };

/** What a field takes. */
interface Field {
  readonly schema: v.GenericSchema;
  /** The values, where it takes one of a few words. */
  readonly choices?: readonly string[];
  /** How to write a value. */
  readonly hint: string;
}

function choice(choices: readonly string[], description: string): Field {
  const hint = `write ${choices.map((each) => `"${each}"`).join(', ')}`;
  return { schema: v.pipe(v.picklist(choices), v.description(description)), choices, hint };
}

/** The fields of a rule. The schema that editors use is made from this. */
export const FIELDS: Readonly<Record<keyof EffectiveRule, Field>> = {
  show: choice(SHOW, 'full: the whole post. quiet: its first line. off: no post, and no reply that notifies.'),
  arguments: {
    schema: v.pipe(
      v.boolean(),
      v.description('false hides commands, paths and all other arguments of tools, and the texts of errors.'),
    ),
    hint: 'write true or false, without quotes',
  },
  style: choice(STYLE, 'How a post looks. Default: STATUS_STYLE.'),
  notify: {
    schema: v.pipe(
      v.union([v.array(v.picklist(NOTIFY)), v.literal('off')]),
      v.description('When a reply notifies people; off for never. Default: NOTIFY.'),
    ),
    hint: 'write a list of "waiting", "errors", "all"; or "off"',
  },
  finished: choice(
    FINISHED,
    'What becomes of a post when its work is over. compact: its first line stays. delete: it is deleted, unless somebody replied to it.',
  ),
};

/** Finds the field of a name. */
export function fieldOf(name: string): Field | undefined {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof EffectiveRule] : undefined;
}

/** One rule. */
export const ruleSchema: v.GenericSchema = v.strictObject(
  Object.fromEntries(Object.entries(FIELDS).map(([name, { schema }]) => [name, v.optional(schema)])),
);

/**
 * A file of rules by their keys; those that everybody has are there for editors to offer. What else a key may be is said by
 * `readRules` alone.
 */
export const ruleFileSchema: v.GenericSchema = v.objectWithRest(
  {
    $schema: v.optional(v.string()),
    ...Object.fromEntries(['*', ...KINDS].map((key) => [key, v.optional(ruleSchema)])),
  },
  ruleSchema,
);

/** What both allow. */
export function stricter(a: EffectiveRule, b: EffectiveRule): EffectiveRule {
  const later = <T>(order: readonly T[], one: T, other: T): T =>
    order.indexOf(one) > order.indexOf(other) ? one : other;
  return {
    show: later(SHOW, a.show, b.show),
    arguments: a.arguments && b.arguments,
    style: a.style,
    notify: withErrors(a.notify).filter((kind) => withErrors(b.notify).includes(kind)),
    finished: later(FINISHED, a.finished, b.finished),
  };
}

/** Whoever is told of every end is told of errors. */
function withErrors(notify: EffectiveRule['notify']): EffectiveRule['notify'] {
  return notify.includes('all') ? [...notify, 'errors'] : notify;
}
