import { counted } from '@live-status/basics';
import type { RulesFile } from '@live-status/channel-rules';
import {
  asksForPlace,
  channelOf,
  describeProblem,
  type EffectiveRule,
  findRule,
  type KeyedRule,
  OTHER_CHANNELS,
  type RuleDefaults,
  type RuleProblem,
  showKey,
  type Work,
} from '@live-status/channel-rules';
import { type ChannelName, formatTarget, type Place } from '@live-status/mm-poster';
import { type Clock, delay, type Log } from '@live-status/resilience';
import type { Destination } from './destination.ts';
import type { Reason } from './health.ts';
import { Places, type PlacesOptions } from './places.ts';

/** What {@link ChannelRules} need. */
export interface ChannelRulesOptions {
  /** Default: there are no rules. */
  readonly file?: RulesFile | undefined;
  /** What is in effect without a rule. */
  readonly defaults: RuleDefaults;
  readonly findPlace: PlacesOptions['findPlace'];
  /** Whether a channel is there for any of the accounts; undefined if that is not known now. Never rejects. */
  readonly isThere: (name: ChannelName, signal: AbortSignal) => Promise<boolean | undefined>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when another rule may be in effect for something. */
  readonly onChange: () => void;
}

/** The rule for what is shown at a destination. */
export interface DestinationRule {
  readonly rule: EffectiveRule;
  /**
   * Whether it is final. If not, Mattermost is still being asked what the place is called, and the rule is the strictest of
   * all that may be meant.
   */
  readonly isSettled: boolean;
}

/** How often the file is read, milliseconds. */
const READ_MS = 2_000;
/** How often it is checked whether the channels of the rules are there, milliseconds. */
const CHECK_MS = 300_000;
/** More make a report that nobody reads. */
const MAX_REPORTED = 5;

/** The rules of `CHANNEL_RULES`: which one is in effect where, and what is wrong with them. */
export class ChannelRules {
  readonly #options: ChannelRulesOptions;
  readonly #places: Places;
  #rules: readonly KeyedRule[];
  #version: string | undefined;
  /** A change that cannot be used, seen once: the file may be only half written. */
  #suspect: string | undefined;
  #problems: readonly RuleProblem[] = [];
  #missing: readonly KeyedRule[] = [];
  #checkAt = Number.NEGATIVE_INFINITY;

  constructor(options: ChannelRulesOptions) {
    const { clock, file, findPlace, onChange } = options;
    this.#options = options;
    this.#rules = file?.rules ?? [];
    this.#version = file?.version;
    this.#places = new Places({ findPlace, clock, onChange });
  }

  /** The rule for what is shown at a destination. */
  of(destination: Destination): DestinationRule {
    const { defaults } = this.#options;
    const known = workAt(destination);
    if (!asksForPlace(this.#rules, known)) {
      return { rule: findRule(this.#rules, known, defaults).rule, isSettled: true };
    }
    const place = this.#places.of(destination.target);
    const isKnown = place !== undefined && place !== 'unknown';
    const { rule } = findRule(this.#rules, isKnown ? workAt(destination, place) : known, defaults);
    return { rule, isSettled: place !== undefined };
  }

  /** What is wrong with the file, and which channels it names that are not there. */
  reasons(): readonly Reason[] {
    const path = this.#options.file?.path ?? '';
    const kept = 'the rules before that change stay in effect until then';
    const reported = this.#problems.slice(0, MAX_REPORTED).map(({ fix, ...problem }): Reason => {
      const where = problem.line === undefined ? '' : `line ${problem.line}: `;
      return { level: 'degraded', what: `CHANNEL_RULES is ${path}: ${where}${problem.what}`, fix: `${fix}; ${kept}` };
    });
    const more = this.#problems.length - reported.length;
    const rest: Reason[] =
      more > 0 ? [{ level: 'degraded', what: `CHANNEL_RULES is ${path}: ${counted(more, 'more problem')}` }] : [];
    return [...reported, ...rest, ...this.#missing.map((rule) => missingReason(path, rule))];
  }

  /** Reads the file again and again, and checks whether its channels are there. Rejects only with the reason of `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, file } = this.#options;
    if (file === undefined) return;
    for (;;) {
      if (clock.now() >= this.#checkAt) await this.#check(signal);
      await delay(READ_MS, { clock, signal });
      await this.#readAgain(file);
    }
  }

  async #readAgain(file: RulesFile): Promise<void> {
    const { log, onChange } = this.#options;
    const found = await file.read();
    const { version } = found;
    if (version === this.#version) {
      this.#suspect = undefined;
      return;
    }
    if (!found.ok && version !== this.#suspect) {
      this.#suspect = version;
      return;
    }
    this.#version = version;
    this.#suspect = undefined;
    if (!found.ok) {
      this.#problems = found.problems;
      const problems = found.problems.map(describeProblem);
      log.warn(
        { path: file.path, problems },
        'channel rules changed, but cannot be used: the ones before stay in effect',
      );
      return;
    }
    this.#problems = [];
    this.#missing = [];
    this.#rules = found.rules;
    this.#checkAt = Number.NEGATIVE_INFINITY;
    log.info({ path: file.path, rules: found.rules.map(({ key }) => showKey(key)) }, 'channel rules changed');
    onChange();
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { clock, file, isThere, log } = this.#options;
    this.#checkAt = clock.now() + CHECK_MS;
    const missing: KeyedRule[] = [];
    for (const rule of this.#rules) {
      const name = channelOf(rule.key);
      const answer = name === undefined ? true : await isThere(name, signal);
      const wasMissing = this.#missing.includes(rule);
      if (answer === false && !wasMissing)
        log.warn({ path: file?.path, channel: showKey(rule.key) }, 'a channel rule names nothing');
      if (answer === false || (answer === undefined && wasMissing)) missing.push(rule);
    }
    this.#missing = missing;
  }
}

function missingReason(path: string, { key, line }: KeyedRule): Reason {
  const what =
    key.for === 'name' && key.name.startsWith('@')
      ? `there is nobody called ${key.name}`
      : `there is no channel ${showKey(key)}, or no bot of Live Status may see it`;
  return {
    level: 'degraded',
    what: `CHANNEL_RULES is ${path}: line ${line}: ${what}`,
    fix: 'correct it, or add the bot to the team and the channel; the other rules are in effect',
  };
}

/** What is known of the work at a destination. */
function workAt(destination: Destination, place?: Place): Work {
  const { target } = destination;
  const channelId = place?.channelId ?? ('channelId' in target ? target.channelId : undefined);
  return {
    kinds: kindsAt(destination, place),
    channelId,
    name: nameAt(target, place),
  };
}

/** The kinds that the work may be of. Earlier versions did not write down which kind a post was for. */
function kindsAt({ show, target, workKind }: Destination, place: Place | undefined): readonly string[] {
  if (workKind !== undefined) return [workKind];
  if (show === 'background') return ['cron', 'hook', 'cli'];
  if (show === 'labels') return OTHER_CHANNELS;
  if (place !== undefined) return place.type === 'direct' ? ['direct'] : ['channel'];
  return 'userId' in target || 'username' in target ? ['direct'] : ['direct', 'channel'];
}

function nameAt(target: Destination['target'], place: Place | undefined): Work['name'] {
  if (place !== undefined) return place.name ?? null;
  return 'channel' in target || 'username' in target ? formatTarget(target) : undefined;
}
