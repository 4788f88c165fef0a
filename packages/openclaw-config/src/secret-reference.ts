import { objectOf } from '@live-status/basics';
import { nonEmptyText } from './values.ts';

/** `$${NAME}` is the text `${NAME}`. */
const VARIABLE = /\$?\$\{([A-Z_][A-Z0-9_]*)\}/g;

/** What a configured value refers to: itself, or something stored elsewhere. */
export type Reference =
  /** Text in which `${NAME}` stands for a variable; usually there is none. */
  | { readonly kind: 'text'; readonly template: string }
  | { readonly kind: 'file'; readonly provider: string; readonly id: string }
  | { readonly kind: 'exec' | 'store'; readonly provider: string; readonly id: string };

/**
 * Reads a secret of openclaw.json: text, `$NAME`, `${NAME}`, or `{ source: 'env' | 'file' | 'exec' | 'store', provider,
 * id }` (docs/gateway/secrets.md of OpenClaw). `undefined` for anything else.
 *
 * @param defaults `secrets.defaults`: the provider of each source where a reference names none
 */
export function parseReference(value: unknown, defaults?: unknown): Reference | undefined {
  if (typeof value === 'string') {
    const shorthand = /^\$([A-Z_][A-Z0-9_]*)$/.exec(value);
    if (shorthand) return { kind: 'text', template: `\${${shorthand[1]}}` };
    return value === '' ? undefined : { kind: 'text', template: value };
  }
  const reference = objectOf(value);
  const id = nonEmptyText(reference?.id);
  if (id === undefined) return undefined;
  const source = nonEmptyText(reference?.source) ?? '';
  const provider = nonEmptyText(reference?.provider) ?? nonEmptyText(objectOf(defaults)?.[source]) ?? 'default';
  if (source === 'env') return { kind: 'text', template: `\${${id}}` };
  return source === 'file' || source === 'exec' || source === 'store' ? { kind: source, provider, id } : undefined;
}

/** The variables a text names. */
export function namesIn(template: string): readonly string[] {
  return [...template.matchAll(VARIABLE)].flatMap(([text, name = '']) => (text.startsWith('$$') ? [] : [name]));
}

/** The text with its variables filled in, `undefined` if one of them is missing. */
export function fillIn(template: string, lookup: (name: string) => string | undefined): string | undefined {
  if (namesIn(template).some((name) => lookup(name) === undefined)) return undefined;
  return template.replace(VARIABLE, (text, name: string) =>
    text.startsWith('$$') ? text.slice(1) : (lookup(name) ?? ''),
  );
}

/** The value at a JSON pointer (RFC 6901), `undefined` if there is none. */
export function atPointer(root: unknown, pointer: string): unknown {
  const segments = pointer.split('/').slice(1);
  return segments.reduce<unknown>(
    (node, segment) => objectOf(node)?.[segment.replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  );
}
