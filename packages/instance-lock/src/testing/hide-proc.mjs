// @ts-check
// For node --import: hides /proc from the process, as on macOS. What ps prints is real.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

for (const name of /** @type {const} */ (['readFileSync', 'readlinkSync', 'existsSync'])) {
  const real = /** @type {(...args: unknown[]) => unknown} */ (fs[name]);
  Object.assign(fs, {
    /** @param {unknown[]} args */
    [name]: (...args) => {
      if (!String(args[0]).startsWith('/proc/')) return real(...args);
      if (name === 'existsSync') return false;
      throw Object.assign(new Error('ENOENT: /proc is hidden'), { code: 'ENOENT' });
    },
  });
}
syncBuiltinESMExports();
