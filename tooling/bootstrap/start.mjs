// @ts-check
import { prepareAndRun } from './src/main.mjs';

const show = ['--conditions=@live-status/source', 'tooling/show/src/main.ts'];
await prepareAndRun({ build: true, args: [...show, ...process.argv.slice(2)] });
