/**
 * What OpenClaw itself writes into its HOME. All of it was seen to change from one run of OpenClaw 2026.3.28 and 2026.7.1
 * to the next without Live Status, but for the copies of `openclaw.json` and the log of its changes, which every command
 * of OpenClaw that changes it makes; `openclaw hooks enable` is one.
 */
const OPENCLAWS_OWN = [
  /^\.openclaw\/(agents|identity|state|subagents|workspace-attestations)\//,
  /^\.openclaw\/gateway\.log$/,
  /^\.openclaw\/openclaw\.json\.bak(\.\d)?$/,
  /^\.openclaw\/logs\/config-(audit\.jsonl|health\.json)$/,
];

/** Whether OpenClaw keeps a path of a HOME for itself. */
export function isOpenClawsOwn(path: string): boolean {
  return OPENCLAWS_OWN.some((own) => own.test(path));
}
