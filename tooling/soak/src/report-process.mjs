// @ts-check
/**
 * Loaded into a daemon that soaks: on SIGUSR2, writes one line of JSON to file descriptor 3, about the heap after the
 * latest full garbage collection and about what keeps the event loop alive. It never starts a collection itself, so the
 * daemon's memory is what it is without it.
 */
import { writeSync } from 'node:fs';
import { GCProfiler } from 'node:v8';

const MEGABYTE = 2 ** 20;
let profiler = new GCProfiler();
profiler.start();
/** @type {number | null} */
let heapMb = null;
let fullCollections = 0;

process.on('SIGUSR2', () => {
  const { statistics } = profiler.stop();
  profiler = new GCProfiler();
  profiler.start();
  for (const { gcType, afterGC } of statistics) {
    if (gcType !== 'MarkSweepCompact') continue;
    fullCollections += 1;
    heapMb = afterGC.heapStatistics.usedHeapSize / MEGABYTE;
  }
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length;
  const externalMb = process.memoryUsage().external / MEGABYTE;
  writeSync(3, `${JSON.stringify({ heapMb, fullCollections, externalMb, timers, resources: resources.length })}\n`);
});
