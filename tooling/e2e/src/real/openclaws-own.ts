/**
 * What OpenClaw itself writes into its HOME. All of it was seen to change from one run of OpenClaw 2026.3.28 and 2026.7.1
 * to the next without Live Status, but for its own copies of `openclaw.json` and the log of its changes: OpenClaw makes
 * those whenever one of its commands changes that file (`openclaw hooks enable` is one) or its gateway reads it anew.
 * The gateway of 2026.9.6 runs `npm root` when it starts, and npm logs.
 */
const OPENCLAWS_OWN = [
  /^\.openclaw\/(agents|identity|state|subagents|workspace-attestations)\//,
  /^\.openclaw\/gateway\.log$/,
  /^\.openclaw\/openclaw\.json\.(bak(\.\d)?|last-good)$/,
  /^\.openclaw\/logs\/config-(audit\.jsonl|health\.json)$/,
  /^\.npm\/_logs\//,
];

/** Whether OpenClaw keeps a path of a HOME for itself. */
export function isOpenClawsOwn(path: string): boolean {
  return OPENCLAWS_OWN.some((own) => own.test(path));
}
