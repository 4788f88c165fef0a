import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Notes every path that this process opens or lists while it is not disposed. */
export class OpenedPaths implements Disposable {
  readonly paths: Set<string> = new Set();
  readonly #restore: (() => void)[] = [];

  constructor() {
    for (const name of [
      'openSync',
      'open',
      'readFileSync',
      'readFile',
      'readdirSync',
      'opendirSync',
      'createReadStream',
    ])
      this.#note(fs, name);
    for (const name of ['open', 'readFile', 'readdir', 'opendir']) this.#note(fs.promises, name);
    syncBuiltinESMExports();
  }

  /** The paths that are neither below one of these folders, nor of this checkout, nor say which process holds a lock. */
  outside(...folders: readonly string[]): string[] {
    const own = [...folders, CHECKOUT];
    return [...this.paths].filter((path) => !own.some((folder) => path.startsWith(folder)) && !OF_PROCESS.test(path));
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore();
    syncBuiltinESMExports();
  }

  #note(module: object, name: string): void {
    const functions = module as Record<string, (...args: readonly unknown[]) => unknown>;
    const original = functions[name];
    if (original === undefined) throw new Error(`node:fs has no ${name}`);
    functions[name] = (...args) => {
      if (typeof args[0] === 'string' || args[0] instanceof URL) this.paths.add(pathOf(args[0]));
      return Reflect.apply(original, module, args);
    };
    this.#restore.push(() => {
      functions[name] = original;
    });
  }
}

const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));
const OF_PROCESS = /^\/proc\/(?:\d+|self)\/(?:stat|ns\/pid)$/;

function pathOf(path: string | URL): string {
  return typeof path === 'string' ? path : fileURLToPath(path);
}
