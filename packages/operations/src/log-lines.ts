const SHOWN_LINES = 10;

/** The end of a log for people: lines of JSON as their message, error and cure, other lines as they are. */
export function readableLines(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-SHOWN_LINES).map(readableLine);
}

function readableLine(line: string): string {
  try {
    const { msg, err, warning, cure } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const cause = typeof err === 'object' && err !== null && 'message' in err ? err.message : undefined;
    const parts = [msg, warning, cause, cure].filter((part) => typeof part === 'string');
    return parts.length > 0 ? parts.join(': ') : line;
  } catch {
    return line;
  }
}
