import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listThirdParty } from '../../checks/src/check-licences.ts';
import { findInstallProblems, type Installable } from '../../checks/src/install-packed.ts';
import { fetchNode, type PinnedNode } from '../../checks/src/node-lines.ts';
import type { WorkspacePackage } from '../../checks/src/repository.ts';
import { auditLockfile } from './audit.ts';
import { LocalRegistry } from './local-registry.ts';
import { findProjectProblems } from './one-project.ts';
import { findPublishedProblems } from './published-packages.ts';
import { ReleaseCheckout } from './release-checkout.ts';
import type { StepLog } from './step-log.ts';
import { findUpgradeProblems, type Releases } from './upgrade.ts';
import { findProgramProblems } from './use-programs.ts';

/** What is rehearsed. */
export interface Rehearsal {
  /** The checkout; what is committed there is released. */
  readonly root: string;
  /** For clones, the registry and projects. */
  readonly folder: string;
  /** On each of these Nodes everything is installed and used; the last one also upgrades. */
  readonly nodes: readonly PinnedNode[];
  /**
   * Publishes with one process and without tags, builds the second release only where it changed, installs all packages
   * into one project instead of one each, and leaves pnpm out.
   */
  readonly quick: boolean;
  readonly log: StepLog;
  readonly signal: AbortSignal;
}

const SECOND_CHANGE = 'Second release of a rehearsal: the ledger has a newer format.';

/**
 * Makes two releases on a registry of this machine, as a maintainer would, and uses them as people do: installs every
 * package, upgrades a daemon with open posts, goes back, and forward again.
 * @throws {StepFailedError} when nothing can follow
 */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const { folder, log, signal } = rehearsal;
  const registry = await log.step('start a registry on loopback, with an empty storage', () =>
    LocalRegistry.start({ folder: join(folder, 'registry'), signal }),
  );
  try {
    const published = await makeReleases(registry, rehearsal);
    for (const pinned of rehearsal.nodes) await useReleases(published, pinned, rehearsal);
    if (!rehearsal.quick) await usePnpm(published, rehearsal);
  } finally {
    await registry.close();
  }
}

/** Two releases in a registry. */
interface Published extends Releases {
  readonly packages: readonly WorkspacePackage[];
  /** Address of the registry. */
  readonly registry: string;
}

async function makeReleases(registry: LocalRegistry, rehearsal: Rehearsal): Promise<Published> {
  const { root, folder, quick, log, signal } = rehearsal;
  const checkout = await log.step('clone what is committed, and install its lockfile', () =>
    ReleaseCheckout.clone({ root, dir: join(folder, 'checkout'), signal }),
  );
  const packages = checkout.packages();
  const home = join(folder, 'maintainer');
  registry.writeHome(home);
  await log.check('publishing needs a login', async () => {
    const status = await registry.publishAsNobody('@live-status/basics');
    return status === 401 || status === 403 ? [] : [`the registry answers ${status} instead of 401`];
  });

  const way = quick ? 'pnpm' : 'changeset';
  const release = async (name: string, changed: readonly string[] = []): Promise<string> => {
    const version = await log.step(`${name}: changeset version`, () => checkout.version());
    await log.step(`${name}: build ${version}`, () => checkout.build(changed));
    await log.check(`${name}: nothing is left uncommitted`, () => checkout.changes());
    const what = `${name}: ${way} publish, ${packages.length} packages`;
    await log.step(what, () => checkout.publish(way, { home, registry }));
    if (!quick) {
      await log.check(`${name}: every package is tagged`, async () => {
        const tags = await checkout.tags();
        const wanted = packages.map(({ manifest }) => `${manifest.name}@${version}`);
        return wanted.filter((tag) => !tags.includes(tag)).map((tag) => `${tag} is missing`);
      });
    }
    const where = { registry, folder: join(folder, 'published'), forbidden: [folder, root] };
    await log.check(`${name}: manifests, contents and changelogs as published`, () =>
      findPublishedProblems(packages, { ...where, version, signal }),
    );
    return version;
  };

  const earlier = await release('first release');
  await auditShipped(checkout, { log, signal });
  // The daemon has the ledger in its bundle, and both programs say their version in what they list.
  const changed = ['@live-status/mm-poster', '@live-status/daemon'];
  checkout.addChangeset('second', changed, SECOND_CHANGE);
  checkout.edit('packages/mm-poster/src/ledger.ts', 'const VERSION = 1;', 'const VERSION = 2;');
  const newer = await release('second release', quick ? [...changed, '@live-status/cli'] : []);
  await log.check('second release: its changelogs keep the first one below it', async () => {
    const wanted = new RegExp(`## ${newer}[^]*${SECOND_CHANGE}[^]*## ${earlier}[^]*First release`);
    const dirs = ['packages/mm-poster', 'apps/daemon'].map((path) => join(checkout.dir, path));
    return dirs.filter((dir) => !wanted.test(readFileSync(join(dir, 'CHANGELOG.md'), 'utf8')));
  });
  return { earlier, newer, packages, registry: registry.url };
}

/** Asks for known vulnerabilities. One in what people get is a failure; one in a tool of this repository is only mentioned. */
async function auditShipped(
  checkout: ReleaseCheckout,
  { log, signal }: Pick<Rehearsal, 'log' | 'signal'>,
): Promise<void> {
  const audit = await auditLockfile(checkout.dir, { signal });
  if (audit.kind === 'refused') return log.skip('known vulnerabilities of dependencies', audit.reason);
  const shipped = new Set((await listThirdParty(checkout.dir)).map(({ name, version }) => `${name} ${version}`));
  const [ours, tools] = [[], []] as [string[], string[]];
  for (const { name, versions, severity, title, url } of audit.advisories) {
    const isShipped = versions.some((version) => shipped.has(`${name} ${version}`));
    (isShipped ? ours : tools).push(`${name} ${versions.join(', ')}: ${title} (${severity}), ${url}`);
  }
  const inTools = tools.length === 0 ? '' : `; ${tools.length} in tools: ${tools.join(' · ')}`;
  await log.check(
    `known vulnerabilities of the ${shipped.size} dependencies that people get${inTools}`,
    async () => ours,
  );
}

async function useReleases(
  { earlier, newer, packages, registry }: Published,
  pinned: PinnedNode,
  { folder, nodes, quick, log, signal }: Rehearsal,
): Promise<void> {
  const on = `Node ${pinned.version}`;
  const node = await log.step(`${on} from npm`, () => fetchNode(pinned, signal));
  const common = { packages, registry, node, signal };
  const installables = at(newer, packages);
  if (quick) {
    const project = join(folder, `project-${pinned.version}`);
    await log.check(`${on}: npm installs all packages into one folder; imports, types`, () =>
      findProjectProblems(installables, { ...common, manager: 'npm', project }),
    );
  } else {
    await log.check(`${on}: npm installs each package alone; imports, types, examples, programs`, () =>
      findInstallProblems(installables, { ...common, folder }),
    );
  }
  await log.check(`${on}: programs against the Mattermost simulator`, () =>
    findProgramProblems(newer, { ...common, project: join(folder, `programs-${pinned.version}`) }),
  );
  if (pinned !== nodes.at(-1)) return;
  for (const source of ['transcripts', 'gateway'] as const) {
    const project = join(folder, `upgrade-${source}`);
    await log.check(`${on}: upgrade from ${earlier} to ${newer}, back, and forward again; ${source}`, () =>
      findUpgradeProblems(source, { earlier, newer }, { ...common, project }),
    );
  }
}

async function usePnpm(
  { newer, packages, registry }: Published,
  { folder, log, signal }: Pick<Rehearsal, 'folder' | 'log' | 'signal'>,
): Promise<void> {
  const project = { project: join(folder, 'project-pnpm'), node: process.execPath, registry, signal };
  await log.check('pnpm installs all packages into one folder; imports, types', () =>
    findProjectProblems(at(newer, packages), { ...project, manager: 'pnpm' }),
  );
}

function at(version: string, packages: readonly WorkspacePackage[]): readonly Installable[] {
  return packages.map((pkg) => ({ pkg, spec: version }));
}
