import { matchesOf } from './finder.ts';
import type { Range } from './range.ts';
import { mixes } from './secret-name.ts';

/** Runs of the characters of keys, not in a path or an address. */
const RUN = /(?<![\w./@+\\-])[A-Za-z][\w.~-]{22,}/g;
/** `sk-lf-`, `tvly-dev-`, `lsv2_pt_`: one to three short words before what is random. */
const PREFIX = /^(?:(?:[A-Za-z][a-z0-9]{0,9}|[A-Z]{2,8})[-_.]){1,4}/;
/** Short names of services before a number of 32 digits or so; a commit has 40 and a hash 64. */
const SHORT_HEX =
  /^(?!(?:sha|md|app|web|img|main|dev|pr|run|job|tag|rev|tmp|log|css|js|pod|vpc|eni|ami|vol|sg|id|uid)-)[a-z]{2,4}-(?:[\da-f]{32}|[\da-f]{36}|[\da-f]{48})$/;
/** Words that say what follows is a key, so that less of it is enough. */
const KEY_WORD =
  /(?:^|[-_.])(?:sk|pk|rk|ak|key|keys|api|apikey|tok|token|pat|pt|sec|secret|auth|live|prod|dev|test|access|lf|cli|bot|svc|sa)[-_.]/;
/** Words before the hash or id of something that is not secret. */
const ID_WORD =
  /(?:^|[-_.])(?:sha\d*|md\d|blake\w*|build|cache|commit|rev|image|img|index|main|vendor|chunk|app|assets?|layer|call|toolu|srvtoolu|msg|req|run|thread|file|resp|chatcmpl|cmpl|evt|event|asst|batch|fc|rs|ws|item|step|vs|ft|gen|session|sess|conv|task|job|user|usr|org|team|proj|project|agent|subagent|trace|span|node|pod|web|v\d+|ref|tree|blob|tag|release|snapshot|backup|hash|digest|etag|id|uuid|guid|urn|data|tmp|temp|test-results|module|exports|css|style|jsx|sc|container|volume|network|vol|sg|subnet|vpc|ami|i|eni|igw|rtb|pr|branch|feature|fix|release|docs|com|org|net|io)[-_.]/i;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const FILE = /\.(?:[a-z]{1,5}\d?|[a-z]{1,4}\.[a-z]{1,4})$/;

/** Keys of services nobody has to know: a prefix, a separator and a long random tail. Not hashes, ids or file names. */
export function findRandomKeys(text: string): Range[] {
  const found: Range[] = [];
  for (const match of matchesOf(text, RUN)) {
    const run = match[0].slice(0, 400).replace(/[.~-]+$/, '');
    if (isKey(run)) found.push({ start: match.index, end: match.index + match[0].replace(/[.]+$/, '').length });
  }
  return found;
}

function isKey(run: string): boolean {
  const prefix = prefixOf(run);
  if (prefix === '' || FILE.test(run)) return false;
  if (SHORT_HEX.test(run)) return true;
  const tail = run.slice(prefix.length);
  const isKeyWord = KEY_WORD.test(prefix) || /[a-z\d](?:sk|key|token)[-_]$/.test(prefix);
  if (/(?:cache|sort|primary|partition|group|row|idempotency|dedupe|lookup)[-_.]key[-_.]$/i.test(prefix)) return false;
  if (ID_WORD.test(prefix) && !/(?:^|[-_.])(?:sk|key|token|secret|api)[-_.]/.test(prefix)) return false;
  if (UUID.test(tail)) return isKeyWord;
  const letters = tail.replace(/[^A-Za-z0-9]/g, '');
  if (/^[\da-f]+(?:[-_][\da-f]+)*$/.test(tail))
    return /[\da-f]{32}/.test(tail) && (prefix.endsWith('_') || isKeyWord) && /\d/.test(tail) && /[a-f]/.test(tail);
  // Ids of payment services have 24 characters.
  const needed = isKeyWord ? 20 : /^[A-Za-z0-9]+$/.test(tail) ? 27 : 32;
  if (letters.length < needed) return false;
  const digits = letters.replace(/\D/g, '').length;
  const capitals = letters.replace(/[^A-Z]/g, '').length;
  const small = letters.length - digits - capitals;
  const changes = mixes(letters);
  if (digits >= 2 && capitals >= 3 && small >= 3) return changes >= letters.length / 3;
  // Of one case only: slugs and names of branches are too, but in pieces.
  return /[A-Za-z0-9]{27}/.test(tail) && digits >= letters.length / 8 && changes >= letters.length / 4;
}

/** The words before the random part; a random part may itself begin like one, or two as some UUIDs do. */
function prefixOf(run: string): string {
  const uuid = UUID_END.exec(run);
  if (uuid !== null) return run.slice(0, uuid.index);
  const prefix = PREFIX.exec(run)?.[0] ?? '';
  // The last word belongs to the random part when it has digits among its letters, as in `ab3d9_`.
  const last = /(?:^|[-_.])([A-Za-z0-9]+)[-_.]$/.exec(prefix)?.[1] ?? '';
  const isRandom = last.length > 4 && /\d[a-z]+\d|[a-z]\d[a-z]/.test(last);
  return isRandom ? prefix.slice(0, prefix.length - last.length - 1) : prefix;
}

const UUID_END = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
