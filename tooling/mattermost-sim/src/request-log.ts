import type { RequestRecord } from './model.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Fields of a body that are never kept. */
const SECRET_FIELDS = new Set(['password', 'token']);

/** Every request the API saw, in order of arrival. */
export class RequestLog {
  readonly #records: Mutable<RequestRecord>[] = [];

  /** Opens a record; the server fills it while it answers. */
  open(record: RequestRecord): Mutable<RequestRecord> {
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
