import { mkdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { packPackage } from './check-packed.ts';
import { readPackages, repositoryRoot, withNeeded } from './repository.ts';

const USAGE = `Usage: npm run pack -- NAME [DIR]

Packs a library of packages/ together with those of the workspace that it needs into DIR (default: packed), and prints
the command that installs them.`;

const [name, out = 'packed'] = process.argv.slice(2);
const packages = readPackages(repositoryRoot).filter(({ manifest }) => !manifest.private);
const wanted = packages.find(({ manifest }) => manifest.name.replace('@live-status/', '') === name);
if (name === undefined || wanted === undefined) {
  const names = packages.filter(({ kind }) => kind === 'packages').map(({ path }) => path.replace('packages/', ''));
  console.error(
    `${name === undefined ? '' : `There is no package ${name}.\n\n`}${USAGE}\n\nNames: ${names.join(', ')}`,
  );
  process.exit(2);
}
// npm runs its scripts at the root of the checkout.
const started = process.env.INIT_CWD ?? process.cwd();
const folder = resolve(started, out);
mkdirSync(folder, { recursive: true });
const files: string[] = [];
for (const pkg of withNeeded(wanted, packages)) files.push((await packPackage(pkg, folder)).file);
const paths = files
  .map((file) => relative(started, file))
  .map((path) => (path.startsWith('..') ? resolve(started, path) : `./${path}`));
console.log(`npm install ${paths.join(' ')}`);
