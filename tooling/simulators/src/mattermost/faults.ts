import { type Clock, delay } from '@live-status/resilience';
import {
  type Cached,
  CHALLENGE,
  type Ending,
  type FirewallAnswer,
  firewallAnswer,
  METHOD_REFUSED,
  page,
  portalAnswer,
  type Struck,
  withoutDatabase,
} from './trouble.ts';

/** Which requests a fault strikes. */
export interface FaultScope {
  /** One route or several, as `METHOD /path/:param`, for example `PUT /posts/:post_id/patch`. Default: every API route. */
  readonly route?: string | readonly string[];
  /** How many requests it strikes before it is spent. Default 1; `Infinity` until cleared. */
  readonly times?: number;
}

/** A fault that was set. Disposing clears it. */
export interface Fault extends Disposable {
  /** Requests struck so far. */
  readonly hits: number;
  clear(): void;
}

/** A fault that keeps requests waiting. */
export interface Hold extends Fault {
  /** Resolves when the first request waits. */
  readonly reached: Promise<void>;
  /** Lets the waiting requests go on, and stops holding others. */
  release(): void;
}

/** Where a request can be struck: before it is handled, between check and commit of a create, before its answer. */
export type FaultStage = 'request' | 'save' | 'answer';

/** Closes and opens the listening socket. */
export interface Connectivity {
  offline(): Promise<void>;
  online(): Promise<void>;
}

const UNTIL_CLEARED = { times: Number.POSITIVE_INFINITY } as const;
const BAD_GATEWAY: Ending = page(
  502,
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
  { 'Content-Type': 'text/html' },
);

interface Rule extends Disposable {
  readonly stage: FaultStage;
  readonly routes: readonly string[] | undefined;
  /** Further limits what it strikes. */
  readonly matches: ((request: Struck) => boolean) | undefined;
  times: number;
  hits: number;
  /** Delays the request, ends it, or both. */
  strike(request: Struck): Promise<Ending | undefined>;
  clear(): void;
}

/**
 * Switches that make the server misbehave, each for given routes and a given number of requests.
 * Setting one throws a TypeError where a route has a name the server does not know.
 */
export class Faults {
  readonly #rules = new Set<Rule>();
  /** Spent rules that still keep requests waiting. */
  readonly #waiting = new Set<Rule>();
  readonly #closing = new AbortController();
  readonly #clock: Clock;
  readonly #connectivity: Connectivity;
  readonly #knownRoutes: readonly string[];

  /** For the server. `knownRoutes` are the names a scope may give. */
  constructor(clock: Clock, connectivity: Connectivity, knownRoutes: readonly string[]) {
    this.#clock = clock;
    this.#connectivity = connectivity;
    this.#knownRoutes = knownRoutes;
  }

  /**
   * Handles the request `ms` milliseconds late, also when its client has given up by then, as a slow server does.
   * `times` defaults to Infinity.
   */
  latency(ms: number, scope: FaultScope = {}): Fault {
    const wait = async (): Promise<undefined> => {
      await delay(ms, { signal: this.#closing.signal, clock: this.#clock });
    };
    return this.#add('request', { times: Number.POSITIVE_INFINITY, ...scope }, wait);
  }

  /** Cuts the connection before the request is handled. */
  reset(scope?: FaultScope): Fault {
    return this.#end('request', { kind: 'reset' }, scope);
  }

  /** Never handles the request; the connection stays open until the client gives up or the fault is cleared. */
  hang(scope?: FaultScope): Fault {
    const gate = Promise.withResolvers<void>();
    const wait = async ({ signal }: Struck): Promise<undefined> => {
      await Promise.race([gate.promise, aborted(signal)]);
    };
    return this.#add('request', scope, wait, { onClear: gate.resolve });
  }

  /** Answers with an error of the API, before the request is handled. */
  fail(error: { readonly status: number; readonly errorId: string }, scope?: FaultScope): Fault {
    return this.#end('request', { kind: 'fail', ...error }, scope);
  }

  /** Answers 502 with an HTML page, as a proxy does whose server is away. */
  html502(scope?: FaultScope): Fault {
    return this.#end('request', BAD_GATEWAY, scope);
  }

  /**
   * The server's database is away: reads and writes are answered as a real server does, most with refusals, and
   * `/system/ping?get_server_status=true` says so. Until cleared.
   */
  databaseAway(cached: Cached = {}): Fault {
    return this.#add('request', UNTIL_CLEARED, async (request) => withoutDatabase(request, cached));
  }

  /** A firewall or plugin refuses every create and edit whose text matches. `times` defaults to Infinity. */
  firewall(text: RegExp, how: FirewallAnswer, scope: FaultScope = {}): Fault {
    const route = ['POST /posts', 'PUT /posts/:post_id', 'PUT /posts/:post_id/patch'];
    return this.#add('request', { route, ...UNTIL_CLEARED, ...scope }, async () => firewallAnswer(how), {
      matches: (request) => text.test(messageOf(request.text)),
    });
  }

  /** A proxy answers 405 to every PUT. Until cleared. */
  refusePut(): Fault {
    const route = this.#knownRoutes.filter((name) => name.startsWith('PUT '));
    return this.#end('request', METHOD_REFUSED, { route, ...UNTIL_CLEARED });
  }

  /** A bot challenge (`cf-mitigated: challenge`) answers instead of the server. `times` defaults to Infinity. */
  challenge(scope: FaultScope = {}): Fault {
    return this.#end('request', CHALLENGE, { ...UNTIL_CLEARED, ...scope });
  }

  /** A portal answers with its login page instead of the server. `times` defaults to Infinity. */
  portal(status: 200 | 302 | 401, scope: FaultScope = {}): Fault {
    return this.#end('request', portalAnswer(status), { ...UNTIL_CLEARED, ...scope });
  }

  /** Handles the request, then sends half of its body and cuts the connection. */
  halfBody(scope?: FaultScope): Fault {
    return this.#end('answer', { kind: 'half-body' }, scope);
  }

  /** Handles the request and commits it, then cuts the connection instead of answering. */
  loseAnswer(scope?: FaultScope): Fault {
    return this.#end('answer', { kind: 'lost-answer' }, scope);
  }

  /** `loseAnswer` of creates: the post exists, its author does not know. */
  loseAnswerAfterCreate(times = 1): Fault {
    return this.loseAnswer({ route: 'POST /posts', times });
  }

  /**
   * Keeps requests waiting at a stage until released, also when their clients give up. `save` is inside a create, after its `pending_post_id` was
   * reserved; `answer` is after the commit.
   */
  hold(stage: FaultStage, scope?: FaultScope): Hold {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const wait = async (): Promise<undefined> => {
      reached.resolve();
      await gate.promise;
    };
    const fault = this.#add(stage, scope, wait, { onClear: gate.resolve });
    return Object.assign(fault, { reached: reached.promise, release: fault.clear });
  }

  /** Up for `upMs`, then every connection is cut for `downMs`, and again; starts up. */
  flapping(times: { readonly upMs: number; readonly downMs: number }): Fault {
    const startedAt = this.#clock.now();
    const isUp = (): boolean => (this.#clock.now() - startedAt) % (times.upMs + times.downMs) < times.upMs;
    return this.#add('request', { times: Number.POSITIVE_INFINITY }, async () =>
      isUp() ? undefined : { kind: 'reset' },
    );
  }

  /** Stops listening and cuts every connection, the page's too: clients get ECONNREFUSED. */
  offline(): Promise<void> {
    return this.#connectivity.offline();
  }

  /** Listens again, on the same port. */
  online(): Promise<void> {
    return this.#connectivity.online();
  }

  /** Clears every fault; requests that wait go on. Does not bring an offline server back. */
  clear(): void {
    for (const rule of [...this.#rules, ...this.#waiting]) rule.clear();
  }

  /** For the server: whether a rule needs the text of a request. */
  get readsText(): boolean {
    return [...this.#rules].some(({ matches }) => matches !== undefined);
  }

  /** For the server: ends every wait for good. */
  close(): void {
    this.clear();
    this.#closing.abort();
  }

  /** For the server: applies what matches, in the order it was set, until something ends the request. */
  async strike(stage: FaultStage, request: Struck): Promise<Ending | undefined> {
    for (const rule of this.#rules) {
      if (rule.stage !== stage || (rule.routes && !rule.routes.includes(request.route))) continue;
      if (rule.matches?.(request) === false) continue;
      rule.hits += 1;
      if (rule.hits >= rule.times) this.#rules.delete(rule);
      this.#waiting.add(rule);
      const ending = await rule.strike(request).finally(() => this.#waiting.delete(rule));
      if (ending) return ending;
    }
    return undefined;
  }

  #end(stage: FaultStage, ending: Ending, scope?: FaultScope): Fault {
    return this.#add(stage, scope, async () => ending);
  }

  #add(
    stage: FaultStage,
    scope: FaultScope | undefined,
    strike: Rule['strike'],
    { onClear, matches }: { readonly onClear?: () => void; readonly matches?: (request: Struck) => boolean } = {},
  ): Fault {
    const { route, times = 1 } = scope ?? {};
    const routes = typeof route === 'string' ? [route] : route;
    const unknown = routes?.find((name) => !this.#knownRoutes.includes(name));
    if (unknown !== undefined) {
      throw new TypeError(`No route is called "${unknown}". Use one of: ${this.#knownRoutes.join(', ')}.`);
    }
    const clear = (): void => {
      this.#rules.delete(rule);
      onClear?.();
    };
    const rule: Rule = { stage, routes, times, hits: 0, strike, matches, clear, [Symbol.dispose]: clear };
    this.#rules.add(rule);
    return rule;
  }
}

/** The message in a body, as a firewall reads it; the whole body where there is none. */
function messageOf(body = ''): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? `${message}\n${body}` : body;
  } catch {
    return body;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
