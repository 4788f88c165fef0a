import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPackages } from './repository.ts';

/** A package of somebody else that people get with ours. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** As its package.json says it: an SPDX expression. */
  readonly licence: string;
}

/** They ask for no more than that their text and names are passed on with a copy. */
const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
]);

/** Where a bundled program lists what is in it. */
const LICENCES_FILE = 'dist/THIRD-PARTY-LICENSES.txt';

/** What people get with our packages under a licence that is not allowed, one line each. Needs the build. */
export async function findLicenceProblems(root: string): Promise<string[]> {
  return (await listThirdParty(root))
    .filter(({ licence }) => !isAllowed(licence))
    .map(
      ({ name, version, licence }) =>
        `${name} ${version} has the licence "${licence}": replace it, or allow it in tooling/checks/src/check-licences.ts`,
    );
}

/**
 * Everything that npm installs with what we publish, over all levels, and what is bundled into it; sorted by name. Needs
 * the build.
 * @throws {Error} when pnpm fails, or a program does not list what is in it
 */
export async function listThirdParty(root: string): Promise<readonly ThirdParty[]> {
  const published = readPackages(root).filter(({ manifest }) => !manifest.private);
  const bundled = published
    .filter(({ manifest }) => manifest.bin !== undefined)
    .flatMap(({ dir }) => readLicencesFile(readFileSync(join(dir, LICENCES_FILE), 'utf8')));
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  const all = new Map(
    [...bundled, ...(await listInstalled(root, filters))].map((each) => [`${each.name} ${each.version}`, each]),
  );
  return [...all.keys()].sort().flatMap((key) => all.get(key) ?? []);
}

async function listInstalled(root: string, filters: readonly string[]): Promise<readonly ThirdParty[]> {
  const { stdout } = await promisify(execFile)('pnpm', [...filters, 'licenses', 'list', '--prod', '--json'], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  const byLicence: Readonly<
    Record<string, readonly { readonly name: string; readonly versions: readonly string[] }[]>
  > = JSON.parse(stdout);
  return Object.entries(byLicence).flatMap(([licence, packages]) =>
    packages.flatMap(({ name, versions }) => versions.map((version) => ({ name, version, licence }))),
  );
}

/**
 * What a program lists: a line `name version (licence)` for each package.
 * @throws {Error} when it lists nothing
 */
export function readLicencesFile(text: string): readonly ThirdParty[] {
  const listed = [...text.matchAll(/^-{80}\n(\S+) (\S+) \((.+)\)$/gm)].map(
    ([, name = '', version = '', licence = '']) => ({
      name,
      version,
      licence,
    }),
  );
  if (listed.length === 0) throw new Error(`${LICENCES_FILE} lists nothing: build again`);
  return listed;
}

/** Whether an SPDX expression leaves a choice that is allowed. */
export function isAllowed(expression: string): boolean {
  const text = expression.replace(/[()]/g, '').trim();
  return text.split(' OR ').some((choice) => choice.split(' AND ').every((id) => ALLOWED.has(id.trim())));
}
