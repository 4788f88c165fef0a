// @ts-check
import { prepareAndRun } from './src/main.mjs';

await prepareAndRun({ build: true });
