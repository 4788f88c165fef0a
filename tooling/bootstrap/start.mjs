// @ts-check
import { prepareAndRun } from './src/main.mjs';

const demo = ['--conditions=@live-status/source', 'apps/demo/src/main.ts'];
void prepareAndRun({ build: true, args: [...demo, ...process.argv.slice(2)] });
