// @ts-check
import { prepareAndRun } from './src/main.mjs';

void prepareAndRun({ build: true });
