const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const ENTRY_ID = /"[0-9a-f]{8}"/g;

/**
 * Gives session ids (UUIDs) and entry ids (eight quoted hex digits) other values, always the same for the same
 * `round`, so that a recording played twice is two pieces of work. Round 0 changes nothing. Keeps the length.
 */
export function renewIds(text: string, round: number): string {
  if (round === 0) return text;
  return text.replace(UUID, (id) => mask(id, round)).replace(ENTRY_ID, (id) => `"${mask(id.slice(1, -1), round)}"`);
}

/** XOR of the first eight hex digits: one to one, so different ids stay different. */
function mask(id: string, round: number): string {
  const head = (Number.parseInt(id.slice(0, 8), 16) ^ Math.imul(round, 0x9e3779b1)) >>> 0;
  return head.toString(16).padStart(8, '0') + id.slice(8);
}
