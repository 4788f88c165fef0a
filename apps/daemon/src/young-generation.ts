import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it starts. Listing tens of thousands of files would make it grow by tens of
 * megabytes, for a throughput this process never needs, and it does not shrink again. Imported first, before anything
 * is allocated.
 */
setFlagsFromString('--semi-space-growth-factor=1');
