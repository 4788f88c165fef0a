// @ts-check
/** Loaded into a daemon that is measured: on SIGUSR2, writes the bytes of live objects to file descriptor 3. Needs --expose-gc. */
import { writeSync } from 'node:fs';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeSync(3, String(heapUsed + external));
});
