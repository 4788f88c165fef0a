import type { PlayedSituation } from './judge-situation.ts';

/** Prints a table of what was played; the posts, too, of what is not as it must be, or of all. */
export function report(title: string, played: readonly PlayedSituation[], isVerbose: boolean = false): void {
  console.log(title);
  console.log('| situation | posts | outcome | edits | latency ms |\n|---|---|---|---|---|');
  for (const { name, posts, outcome, edits, latencyMs, problems, messages } of played) {
    console.log(
      `| ${name} | ${posts} | ${outcome} | ${edits} | ${Number.isNaN(latencyMs) ? '–' : Math.round(latencyMs)} |`,
    );
    for (const problem of problems) console.log(`    !! ${problem}`);
    if (isVerbose || problems.length > 0) for (const message of messages) console.log(message.replace(/^/gm, '    '));
  }
}
