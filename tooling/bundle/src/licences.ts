import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/** The file with the licences, beside the program. */
export const LICENCES_FILE = 'THIRD-PARTY-LICENSES.txt';

const LICENCE = /^(licen[cs]e|copying|notice)([-_.]\w+)?(\.(md|txt|markdown))?$/i;
const RULE = '-'.repeat(80);

/** Texts of licences, for packages that have none of their own. */
const STANDARD_TEXTS = new URL('../texts/', import.meta.url);

/** A plugin that writes the licences of all packages of npm whose code is in the output, which each of them asks for. */
export function thirdPartyLicences(): Plugin {
  return {
    name: 'third-party-licences',
    generateBundle(_options, output) {
      const files = Object.values(output).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const folders = new Set(files.flatMap((file) => packageFolderOf(file) ?? []));
      this.emitFile({ type: 'asset', fileName: LICENCES_FILE, source: licencesOf([...folders]) });
    },
  };
}

/** The folder of the npm package a module belongs to; `undefined` for our own code. */
export function packageFolderOf(file: string): string | undefined {
  return /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(file)?.[0];
}

/**
 * Name, version and licence of the packages in these folders, as text.
 *
 * @throws {Error} for a package that names no licence
 */
function licencesOf(folders: readonly string[]): string {
  const entries = folders.map((folder) => {
    const { name, version, license, homepage, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence in its package.json`);
    const texts = readdirSync(folder)
      .filter((file) => LICENCE.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    const text = texts.join('\n\n') || standardText({ name, license, homepage, author });
    return { title: `${name} ${version} (${license})`, text };
  });
  return entries
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, text }) => `${RULE}\n${title}\n\n${text}`)
    .join('\n\n')
    .concat('\n');
}

/** What a package.json says of a package without a licence file. */
interface Unlicensed {
  readonly name: string;
  readonly license: string;
  readonly homepage?: string;
  readonly author?: string | { readonly name?: string };
}

/** The text of the licence as its authors published it, because a copy of the package needs one. */
function standardText({ name, license, homepage, author }: Unlicensed): string {
  const file = new URL(`${license}.txt`, STANDARD_TEXTS);
  const where = `The package has no licence file; see ${homepage ?? `npmjs.com/package/${name}`}`;
  if (!existsSync(file)) return where;
  const holder = typeof author === 'string' ? author : (author?.name ?? `the authors of ${name}`);
  return `${where}\n\nCopyright (c) ${holder}\n\n${readFileSync(file, 'utf8').trim()}`;
}
