#!/usr/bin/env node
import { bundleProgram } from './bundle-program.ts';

// The build script of a program calls this in the folder of its package.
await bundleProgram(process.cwd());
