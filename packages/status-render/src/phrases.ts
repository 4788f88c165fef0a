import labels from './labels.json' with { type: 'json' };

/** The places of a template that stand together. */
const PLACES = /(?:\{[^{}]*\})+/;

/** What a template says, whatever its arguments are called: `Reading {}`. */
export function toPhrase(template: string): string {
  return template.replace(PLACES, '{}');
}

/** The template that says a phrase in other words, about the same arguments. */
export function fromPhrase(words: string, template: string): string {
  const [places = ''] = PLACES.exec(template) ?? [];
  return words.replace('{}', () => places);
}

/** The phrases of the built-in labels, in English. A label that begins with a name (`exec: ...`) is none: it stays in all languages. */
export const LABEL_PHRASES: readonly string[] = [
  ...new Set(
    Object.values(labels)
      .filter((label) => /^[A-Z]/.test(label))
      .map(toPhrase),
  ),
].sort();
