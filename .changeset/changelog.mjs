// @ts-check
// What `changeset version` writes into changelogs. All packages are released together with one version, so a line for
// every dependency would say nothing; and readers of npm have no use for commits of changesets.

/**
 * @param {{ readonly summary: string }} changeset
 * @returns {string} its text as one item of a list
 */
export function getReleaseLine({ summary }) {
  return `- ${summary.trim().replaceAll('\n', '\n  ')}`;
}

/** @returns {string} nothing */
export function getDependencyReleaseLine() {
  return '';
}
