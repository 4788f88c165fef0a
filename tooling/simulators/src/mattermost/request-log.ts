import type { RequestRecord } from './model.ts';

/** A record that is still being filled. */
export type OpenRecord = { -readonly [K in keyof RequestRecord]: RequestRecord[K] };

/** Fields of a body that are never kept. */
const SECRET_FIELDS = new Set(['password', 'token']);

/** Every request the API saw, in order of arrival. */
export class RequestLog {
  readonly #records: OpenRecord[] = [];

  /** Opens a record; the server fills it while it answers. */
  open(record: RequestRecord): OpenRecord {
    const open = { ...record };
    this.#records.push(open);
    return open;
  }

  all(): readonly RequestRecord[] {
    return this.#records;
  }
}

/** A body without its secrets. */
export function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([key]) => !SECRET_FIELDS.has(key)));
}
