import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readLicencesFile } from '../../checks/src/check-licences.ts';
import { runProgram } from '../../checks/src/program.ts';
import type { WorkspacePackage } from '../../checks/src/repository.ts';
import type { LocalRegistry, PublishedManifest } from './local-registry.ts';

/** What to look for, and where. */
export interface PublishedOptions {
  readonly registry: Pick<LocalRegistry, 'describe'>;
  readonly version: string;
  /** Gets the unpacked archives. */
  readonly folder: string;
  /** Texts that no published file may hold: paths of this machine. */
  readonly forbidden: readonly string[];
  readonly signal: AbortSignal;
}

const DEPENDENCIES = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'] as const;
/** What npm would run on the machine of whoever installs it. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];
const ALWAYS = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
/** Tests, what tools leave behind, and what may hold secrets. */
const NOT_FOR_USERS = /\.test\.|\.tsbuildinfo$|(^|\/)(node_modules|recordings|\.[^/]+)(\/|$)|\.(log|tgz|env|pem|key)$/;

/** Reads every package from the registry as published and gives what is wrong with it, one text each. */
export async function findPublishedProblems(
  packages: readonly WorkspacePackage[],
  options: PublishedOptions,
): Promise<string[]> {
  const problems = packages.map(async (pkg) => {
    const { name } = pkg.manifest;
    const { registry, version } = options;
    const { versions, 'dist-tags': tags } = await registry.describe(name);
    const manifest = versions[version];
    if (manifest === undefined) return [`${name}: ${version} was not published`];
    const latest = tags.latest === version ? [] : [`latest is ${tags.latest} instead of ${version}`];
    const folder = await unpack(manifest, options);
    const found = [...latest, ...manifestProblems(manifest, version), ...fileProblems(folder, manifest, options)];
    return found.map((problem) => `${name}: ${problem}`);
  });
  return (await Promise.all(problems)).flat();
}

/** Fetches an archive, compares it with its hash and unpacks it. Gives the folder. */
async function unpack({ name, version, dist }: PublishedManifest, options: PublishedOptions): Promise<string> {
  const bytes = Buffer.from(await (await fetch(dist.tarball)).arrayBuffer());
  const hash = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (hash !== dist.integrity)
    throw new Error(`${name}: the archive has the hash ${hash} instead of ${dist.integrity}`);
  const folder = join(options.folder, `${name.replace('/', '-')}-${version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'archive.tgz'), bytes);
  const { exitCode, output } = await runProgram('tar', ['-xzf', 'archive.tgz'], {
    cwd: folder,
    signal: options.signal,
  });
  if (exitCode !== 0) throw new Error(`${name}: the archive cannot be unpacked: ${output}`);
  return join(folder, 'package');
}

function manifestProblems(manifest: PublishedManifest, version: string): string[] {
  const ranges = DEPENDENCIES.flatMap((field) =>
    Object.entries((manifest[field] ?? {}) as Record<string, string>).map(([name, range]) => ({ field, name, range })),
  );
  const scripts = Object.keys((manifest.scripts ?? {}) as object);
  return [
    ...ranges
      .filter(({ range }) => /^(workspace|catalog|file|link|npm|git|https?):/.test(range))
      .map(({ field, name, range }) => `${field} has ${name} as ${range}`),
    ...ranges
      .filter(({ field, name, range }) => field !== 'devDependencies' && isOurs(name) && range !== version)
      .map(({ name, range }) => `needs ${name} ${range} instead of ${version}`),
    ...scripts.filter((name) => INSTALL_SCRIPTS.includes(name)).map((name) => `runs a script at ${name}`),
    ...['license', 'description', 'engines'].filter((field) => !manifest[field]).map((field) => `has no ${field}`),
    ...(manifest.license === 'MIT' ? [] : [`has the licence ${manifest.license}`]),
  ];
}

const isOurs = (name: string): boolean => name.startsWith('@live-status/');

function fileProblems(folder: string, manifest: PublishedManifest, { version, forbidden }: PublishedOptions): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const wanted = (manifest.files ?? []) as readonly string[];
  const belongs = (file: string): boolean =>
    ALWAYS.includes(file) || wanted.some((entry) => file === entry || file.startsWith(`${entry}/`));
  const named = namedFiles(manifest);
  const changelog = files.includes('CHANGELOG.md') ? readFileSync(join(folder, 'CHANGELOG.md'), 'utf8') : '';
  return [
    ...ALWAYS.filter((file) => !files.includes(file)).map((file) => `lacks ${file}`),
    ...files.filter((file) => !belongs(file) || NOT_FOR_USERS.test(file)).map((file) => `should not hold ${file}`),
    ...named.filter((file) => !files.includes(file)).map((file) => `names ${file}, which it does not hold`),
    ...(manifest.bin === undefined ? [] : programProblems(folder, manifest)),
    ...(changelog.includes(`## ${version}`) ? [] : [`its changelog says nothing about ${version}`]),
    ...(/Updated dependencies|\b[0-9a-f]{7}\b:/.test(changelog)
      ? ['its changelog has lines that only tools read']
      : []),
    ...files.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return forbidden.filter((part) => text.includes(part)).map((part) => `${file} holds ${part}`);
    }),
  ];
}

/** A program has all that it needs in it, and so the licences of that, and a list for scanners. */
function programProblems(folder: string, manifest: PublishedManifest): string[] {
  const needed = Object.keys((manifest.dependencies ?? {}) as object);
  const paths = ['dist/THIRD-PARTY-LICENSES.txt', 'dist/bom.json'].map((file) => join(folder, file));
  const [licencesFile = '', billFile = ''] = paths;
  const lacking = paths.filter((path) => !existsSync(path)).map((path) => `lacks ${relative(folder, path)}`);
  if (lacking.length > 0) return lacking;
  const licences = readLicencesFile(readFileSync(licencesFile, 'utf8'));
  const bill: BillOfMaterials = JSON.parse(readFileSync(billFile, 'utf8'));
  const listed = new Set(bill.components.map(nameOf));
  const { component } = bill.metadata;
  return [
    ...needed.map((name) => `needs ${name}, though programs are bundled`),
    ...licences
      .map(({ name, version }) => `${name} ${version}`)
      .filter((each) => !listed.has(each))
      .map((each) => `does not list ${each} in bom.json`),
    ...(listed.size === licences.length ? [] : [`lists ${listed.size} packages, but ${licences.length} licences`]),
    ...(nameOf(component) === `${manifest.name} ${manifest.version}` ? [] : [`calls itself ${nameOf(component)}`]),
  ];
}

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
}

/** What CycloneDX says of a program. */
interface BillOfMaterials {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

function nameOf({ group, name, version }: Component): string {
  return `${group === undefined ? '' : `${group}/`}${name} ${version}`;
}

/** Files that a package.json names: what is imported, its types, and programs. */
function namedFiles({ exports = {}, bin = {} }: Readonly<Record<string, unknown>>): readonly string[] {
  const paths = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : Object.values((value ?? {}) as object).flatMap(paths);
  return [...new Set([...paths(exports), ...paths(bin)].map((path) => path.replace(/^\.\//, '')))];
}
