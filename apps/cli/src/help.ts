/** Examples, by command and of all together. */
export const EXAMPLES = {
  all: `Examples:
  $ POST=$(live-status create --channel main/builds "Building")
  $ live-status update "$POST" "Building: tests"
  $ live-status complete "$POST" "Built"
  $ live-status doctor
  $ live-status logs -f`,
  create: `Examples:
  $ live-status create "Building"                             in DEFAULT_CHANNEL
  $ live-status create --channel main/builds "Building"
  $ live-status create --channel @anna "Building"             as a direct message
  $ live-status create --reply-to 4xp9fdt77pncbef59f4k1qe83o "Building"
  $ tail -n 5 build.log | live-status create --channel ~builds -
  $ live-status create -- "-one-word-that-begins-with-a-dash-"`,
  update: `Examples:
  $ live-status update 4xp9fdt77pncbef59f4k1qe83o "Building: tests"
  $ tail -n 5 build.log | live-status update 4xp9fdt77pncbef59f4k1qe83o -`,
  complete: `Examples:
  $ live-status complete 4xp9fdt77pncbef59f4k1qe83o "Built"
  $ live-status complete 4xp9fdt77pncbef59f4k1qe83o`,
  logs: `Examples:
  $ live-status logs                  the last 50 lines
  $ live-status logs -f               and what is written from now on
  $ live-status logs --level warn     what needs attention`,
  delete: `Example:
  $ live-status delete 4xp9fdt77pncbef59f4k1qe83o`,
  watch: `Keys: q quits, / filters, arrows or j and k move, enter opens or closes, e opens or closes all, o opens the post.
Piped, it writes a line for each change.`,
  replay: `Examples:
  $ live-status replay session.jsonl                            as it happened, ten times faster
  $ live-status replay --final ~/.openclaw/agents/main/sessions
  $ live-status replay --format html session.jsonl > session.html

A log of gateway frames has one JSON object per line: {"t": <milliseconds>, "type": "event", "event": <name>, "payload": {…}}.`,
} as const;

export const EXIT_CODES = `The server and token are MM_URL and MM_TOKEN, else those in OpenClaw's openclaw.json.
Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 already running or not running.`;
