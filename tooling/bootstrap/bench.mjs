// @ts-check
import { prepareAndRun } from './src/main.mjs';

const bench = ['--conditions=@live-status/source', 'tooling/bench/src/main.ts'];
void prepareAndRun({ build: true, args: [...bench, ...process.argv.slice(2)] });
