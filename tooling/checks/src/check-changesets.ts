import { readConfig } from '@changesets/config';
import { readChangesets } from '@changesets/read';
import { readPackages } from './repository.ts';

/** What would stop the next release: an invalid configuration, or a changeset without text or with an unknown package. */
export async function findChangesetProblems(root: string): Promise<string[]> {
  const { errors = [], warnings } = await readConfig(root);
  const known = new Set(readPackages(root).map(({ manifest }) => manifest.name));
  const problems = (await readChangesets(root)).flatMap(({ id, releases, summary }) =>
    [
      ...(summary.trim() ? [] : ['says nothing']),
      ...releases
        .filter(({ name }) => !known.has(name))
        .map(({ name }) => `names ${name}, which is not a package here`),
    ].map((problem) => `.changeset/${id}.md: ${problem}`),
  );
  return [...[...errors, ...warnings].map((error) => `.changeset/config.json: ${error}`), ...problems];
}
