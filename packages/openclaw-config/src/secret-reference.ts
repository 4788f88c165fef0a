import { objectOf } from '@live-status/basics';
import { nonEmptyText } from './values.ts';

const VARIABLE = /\$\{([A-Z_][A-Z0-9_]*)\}/g;

/** What a configured value refers to: itself, or something stored elsewhere. */
export type Reference =
  /** Text in which `${NAME}` stands for a variable; usually there is none. */
  | { readonly kind: 'text'; readonly template: string }
  | { readonly kind: 'file'; readonly provider: string; readonly id: string }
  | { readonly kind: 'exec'; readonly provider: string; readonly id: string };

/**
 * Reads a secret of openclaw.json: text, `$NAME`, `${NAME}`, or `{ source: 'env' | 'file' | 'exec', provider, id }`
 * (docs/gateway/secrets.md of OpenClaw). `undefined` for anything else.
 */
export function parseReference(value: unknown): Reference | undefined {
  if (typeof value === 'string') {
    const shorthand = /^\$([A-Z_][A-Z0-9_]*)$/.exec(value);
    if (shorthand) return { kind: 'text', template: `\${${shorthand[1]}}` };
    return value === '' ? undefined : { kind: 'text', template: value };
  }
  const reference = objectOf(value);
  const id = nonEmptyText(reference?.id);
  if (id === undefined) return undefined;
  const provider = nonEmptyText(reference?.provider) ?? 'default';
  if (reference?.source === 'env') return { kind: 'text', template: `\${${id}}` };
  if (reference?.source === 'file') return { kind: 'file', provider, id };
  if (reference?.source === 'exec') return { kind: 'exec', provider, id };
  return undefined;
}

/** The variables a text names. */
export function namesIn(template: string): readonly string[] {
  return [...template.matchAll(VARIABLE)].map((match) => match[1] ?? '');
}

/** The text with its variables filled in, `undefined` if one of them is missing. */
export function fillIn(template: string, lookup: (name: string) => string | undefined): string | undefined {
  if (namesIn(template).some((name) => lookup(name) === undefined)) return undefined;
  return template.replace(VARIABLE, (_, name: string) => lookup(name) ?? '');
}

/** The value at a JSON pointer (RFC 6901), `undefined` if there is none. */
export function atPointer(root: unknown, pointer: string): unknown {
  const segments = pointer.split('/').slice(1);
  return segments.reduce<unknown>(
    (node, segment) => objectOf(node)?.[segment.replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  );
}
