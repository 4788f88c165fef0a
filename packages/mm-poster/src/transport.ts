/** The one file that knows @mattermost/client and undici: routes and headers from the one, transport from the other. */
import mattermost from '@mattermost/client';
import type { Options } from '@mattermost/types/client4';
import { Agent, request } from 'undici';
import { MattermostError } from './errors.ts';
import type { Answer, CallOptions } from './post-api.ts';
import { type Headers, parseJson, toAnswer, toError } from './wire.ts';

interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the head came and the rest was cut off. */
  readonly body: string | undefined;
}

/** Looks at JSON; undefined when it is not what was asked for. */
export type Parse<T> = (value: unknown) => T | undefined;

/**
 * Client4 with its own `fetch` replaced: that one has no timeout, loses status and headers of errors, and `Retry-After`.
 * (Its named import fails on Node 22: the client is CommonJS whose exports the loader cannot see.)
 */
export class Transport extends mattermost.Client4 {
  readonly agent: Agent;
  readonly listeners: Set<(answer: Answer) => void> = new Set();
  readonly timeoutMs: number;

  constructor(timeoutMs: number, maxSockets: number) {
    super();
    this.timeoutMs = timeoutMs;
    this.agent = new Agent({ connections: maxSockets, keepAliveTimeout: 30_000, connect: { timeout: timeoutMs } });
    this.setIncludeCookies(false);
    this.setUserAgent('live-status');
  }

  /** Sends one request and gives its JSON; every route of Client4 goes through here. */
  protected override doFetch = async <T>(url: string, options: Options): Promise<T> => {
    const method = (options.method ?? 'get').toUpperCase();
    const name = `${method} ${new URL(url).pathname}`;
    const { status, headers, body } = await this.#exchange(name, url, method, options);
    if (status < 200 || status > 299) throw toError(name, status, headers, body ?? '');
    const json = body === undefined ? undefined : parseJson(body);
    if (json === undefined) throw new MattermostError({ kind: 'unreadable', request: name, status });
    return json as T;
  };

  /** One call as the port makes it: JSON in, a checked object out. */
  async call<T>(parse: Parse<T>, method: string, url: string, body?: object, { signal }: CallOptions = {}): Promise<T> {
    signal?.throwIfAborted();
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.doFetch<unknown>(url, { method, signal: signal ?? null, ...json });
    const parsed = parse(answer);
    if (parsed !== undefined) return parsed;
    throw new MattermostError({ kind: 'unreadable', request: `${method} ${new URL(url).pathname}`, status: 200 });
  }

  async #exchange(name: string, url: string, method: string, options: Options): Promise<RawAnswer> {
    const timeout = AbortSignal.timeout(this.timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      return await this.#read(url, method, options, signal);
    } catch (cause) {
      options.signal?.throwIfAborted();
      const detail = timeout.aborted ? `no answer within ${this.timeoutMs / 1000} s` : reasonOf(cause);
      throw new MattermostError({ kind: 'transient', request: name, detail }, { cause });
    }
  }

  async #read(url: string, method: string, options: Options, signal: AbortSignal): Promise<RawAnswer> {
    const { headers: sent } = this.getOptions(options);
    const response = await request(url, {
      dispatcher: this.agent,
      method: method as 'GET',
      headers: sent,
      body: options.body ?? null,
      signal,
    });
    const { statusCode: status, headers } = response;
    for (const listener of this.listeners) listener(toAnswer(status, headers));
    const body = await response.body.text().catch((cause: unknown) => {
      if (options.signal?.aborted) throw cause;
      return undefined;
    });
    return { status, headers, body };
  }
}

/** The code of a network error (`ECONNREFUSED`); its text may hold more than should be shown. */
function reasonOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
