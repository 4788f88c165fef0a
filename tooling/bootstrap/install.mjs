// @ts-check
import { prepareAndRun } from './src/main.mjs';

const program = ['--conditions=@live-status/source', 'tooling/install/src/main.ts'];
await prepareAndRun({ build: true, args: [...program, ...process.argv.slice(2)] });
