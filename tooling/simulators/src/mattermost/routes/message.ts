import type { Call } from '../call.ts';
import { AppError } from '../errors.ts';

const MAX_PROPS_RUNES = 800_000;

/** The server's limits count code points (Go runes), not UTF-16 units. Throws 400 above them. */
export function checkMessage(call: Call, message: string, props: unknown): void {
  const { maxMessageRunes, version } = call.world.settings;
  if (runes(message) > maxMessageRunes) {
    const isOld = Number.parseInt(version, 10) <= 5;
    const id = isOld ? 'model.post.is_valid.msg.app_error' : 'model.post.is_valid.message_length.app_error';
    throw new AppError(400, id, 'Post Message property is longer than the maximum permitted length.');
  }
  if (runes(JSON.stringify(props)) > MAX_PROPS_RUNES) {
    throw new AppError(400, 'model.post.is_valid.props.app_error', 'Invalid props.');
  }
}

function runes(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
