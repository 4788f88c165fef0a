import { dirname, join } from 'node:path';
import { type LogLevel, type Plugin, type RolldownLog, rolldown } from 'rolldown';
import sbom from 'rollup-plugin-sbom';
import { packageFolderOf, thirdPartyLicences } from './licences.ts';

/**
 * Bundles `src/main.ts` of a program's package, with everything it imports, into its folder `dist`: `main.js`, a file for
 * each part that is loaded on demand, and the licences of what is in them.
 *
 * The output is CommonJS, which Node loads faster: importing a module of Node as ES module calls all its getters, and those
 * of `node:http` load all of undici.
 *
 * @param packageDir the package; its `src/main.ts` must not use top-level `await`
 * @throws {Error} for anything that the bundler would only warn about
 */
export async function bundleProgram(packageDir: string): Promise<void> {
  const bundle = await rolldown({
    cwd: packageDir,
    input: 'src/main.ts',
    platform: 'node',
    resolve: { conditionNames: ['@live-status/source', 'import', 'node', 'default'] },
    plugins: [
      thirdPartyLicences(),
      billOfMaterials(),
      declareCommonJs(),
      keepPaths(packageDir),
      escapeWideCharacters(),
    ],
    // How long the build takes depends on what else the machine does.
    checks: { bundlerTimings: false },
    onLog: failOnWarning,
  });
  await bundle.write({
    dir: join(packageDir, 'dist'),
    cleanDir: true,
    format: 'cjs',
    // All directly in `dist`, so that what is beside `src` is found there, too.
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // V8 keeps the source of what it has loaded in memory.
    comments: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await bundle.close();
}

/**
 * Lists what is in the output as CycloneDX in `dist/bom.json`, which scanners read: they see no dependencies of a program
 * that has none. The same sources give the same list.
 */
function billOfMaterials(): Plugin {
  return sbom({
    outDir: '',
    outFormats: ['json'],
    specVersion: '1.6',
    saveTimestamp: false,
    includeWellKnown: false,
  }) as Plugin;
}

/** The package says that its files are ES modules; those of the bundle are not. */
function declareCommonJs(): Plugin {
  const source = `${JSON.stringify({ type: 'commonjs' })}\n`;
  return {
    name: 'declare-commonjs',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source });
    },
  };
}

/** Modules that find files by their own path are elsewhere in the bundle: it must be at the same depth of the same package. */
function keepPaths(packageDir: string): Plugin {
  return {
    name: 'keep-paths',
    transform(code, id) {
      const isOwn = packageFolderOf(id) === undefined;
      if (!isOwn || dirname(id) === join(packageDir, 'src') || !code.includes('import.meta')) return;
      throw new Error(`${id} uses import.meta, whose paths are others in a bundle: only modules directly in src may`);
    },
  };
}

/** With one of these characters, V8 keeps the whole source of a file in memory with two bytes for each. */
function escapeWideCharacters(): Plugin {
  return {
    name: 'escape-wide-characters',
    generateBundle(_options, output) {
      for (const file of Object.values(output)) {
        if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\xff]/g, toEscape);
      }
    },
  };
}

function toEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function failOnWarning(level: LogLevel, { code, message }: RolldownLog): void {
  // It looks for itself and rolldown beside the program, and does not need to find them.
  if (message.includes('auto-registration of tool')) return;
  if (level === 'warn') throw new Error(`${code}: ${message}`);
}
