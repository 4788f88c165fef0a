import fc from 'fast-check';
import { hostileName, INHERITED_NAMES } from './texts.ts';

/** JSON as it is written: members may have the same name twice, and numbers and nesting any size. */
export type Json = JsonScalar | Json[] | JsonObject | JsonText;
type JsonScalar = string | number | boolean | null;

/** The members of an object, in the order in which they are written. */
export class JsonObject {
  readonly members: readonly (readonly [name: string, value: Json])[];

  constructor(members: readonly (readonly [name: string, value: Json])[]) {
    this.members = members;
  }
}

/** Text that stands for a value, valid or not. */
class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A plain value as JSON that can be changed. `undefined` members are left out, as `JSON.stringify` does. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof JsonObject || value instanceof JsonText) return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return new JsonObject(members.map(([name, member]) => [name, toJson(member)] as const));
}

/** The text of JSON, on one line. Lone surrogates are written as escapes, as `JSON.stringify` does. */
export function writeJson(json: Json): string {
  if (json instanceof JsonText) return json.text;
  if (Array.isArray(json)) return `[${json.map(writeJson).join(',')}]`;
  if (json instanceof JsonObject) {
    return `{${json.members.map(([name, value]) => `${JSON.stringify(name)}:${writeJson(value)}`).join(',')}}`;
  }
  return JSON.stringify(json);
}

function nested(open: string, close: string, depth: number): JsonText {
  return new JsonText(open.repeat(depth) + close.repeat(depth));
}

const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: hostileName },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Json>(
      ...[null, true, false, '', ' ', 0, -1, 1, 0.1, -0, 2 ** 31, 2 ** 53, 2 ** 64, -(2 ** 63), 1e21, 1e308, -1e308],
      ...[Number.MIN_VALUE, 8.64e15, 8.64e15 + 1, 1_900_000_000_000, 'undefined', 'null', 'NaN', 'Infinity'],
      ...[new JsonText('1e999'), new JsonText('-1e999'), new JsonText('123456789012345678901234567890')],
      ...INHERITED_NAMES,
    ),
  },
);

/** A value that nobody expects: another type, inherited names, deep nesting, many members, hostile words. */
export const oddValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 10, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...INHERITED_NAMES), hostileName), scalar), { maxLength: 3 })
      .map((members) => new JsonObject(members)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Json>(
      ...[
        [],
        new JsonObject([]),
        nested('[', ']', 200),
        nested('[', ']', 20_000),
        new JsonText(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
      ],
      ...[new JsonText(`[${'0,'.repeat(5_000)}0]`), new JsonText(`[${'{},'.repeat(2_000)}{}]`)],
      new JsonObject(Array.from({ length: 500 }, (_, index) => [`k${index}`, index] as const)),
      new JsonObject([['__proto__', new JsonObject([['polluted', true]])]]),
      new JsonObject([['constructor', new JsonObject([['prototype', new JsonObject([['polluted', true]])]])]]),
    ),
  },
);

/** One change of a structure. `at`: which of its values, counted from the first. */
type Change =
  | {
      readonly kind: 'replace' | 'duplicate' | 'add' | 'wrap';
      readonly at: number;
      readonly value: Json;
      readonly name: string;
    }
  | { readonly kind: 'remove'; readonly at: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'replace' as const,
        'replace' as const,
        'replace' as const,
        'duplicate' as const,
        'add' as const,
        'wrap' as const,
      ),
      at: fc.nat({ max: 60 }),
      value: oddValue,
      name: fc.oneof(fc.constantFrom(...INHERITED_NAMES), hostileName),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat({ max: 60 }) }) },
);

/** Structures of a real shape, unchanged or with up to four changes anywhere in them. */
export function mutated(valid: fc.Arbitrary<unknown>): fc.Arbitrary<Json> {
  return fc
    .tuple(valid, fc.array(change, { maxLength: 4 }))
    .map(([value, changes]) => changes.reduce(applyChange, toJson(value)));
}

function applyChange(json: Json, given: Change): Json {
  const count = countValues(json);
  return changeAt(json, given.at % count, given) ?? null;
}

function countValues(json: Json): number {
  if (Array.isArray(json)) return 1 + json.reduce<number>((sum, one) => sum + countValues(one), 0);
  if (json instanceof JsonObject) return 1 + json.members.reduce((sum, [, one]) => sum + countValues(one), 0);
  return 1;
}

/** The structure with the value at a place changed; `undefined`: it was removed. */
function changeAt(json: Json, at: number, given: Change): Json | undefined {
  if (at === 0) return changed(json, given);
  let left = at - 1;
  const inner = (value: Json): Json | undefined => {
    const size = countValues(value);
    const isHere = left >= 0 && left < size;
    const result = isHere ? changeAt(value, left, given) : value;
    left -= size;
    return result;
  };
  if (Array.isArray(json)) return json.flatMap((one) => inner(one) ?? []);
  if (!(json instanceof JsonObject)) return json;
  return new JsonObject(
    json.members.flatMap(([name, value]) => {
      const result = inner(value);
      return result === undefined ? [] : [[name, result] as const];
    }),
  );
}

function changed(json: Json, given: Change): Json | undefined {
  if (given.kind === 'remove') return undefined;
  const { kind, name, value } = given;
  if (kind === 'wrap') return [json];
  if (kind === 'add' && json instanceof JsonObject) return new JsonObject([...json.members, [name, value]]);
  if (kind === 'add' && Array.isArray(json)) return [...json, value];
  if (kind === 'duplicate' && json instanceof JsonObject && json.members.length > 0) {
    const [first = ['', null] as const] = json.members;
    return new JsonObject([...json.members, [first[0], value]]);
  }
  return value;
}
