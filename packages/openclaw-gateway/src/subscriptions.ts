import { type Clock, delay } from '@live-status/resilience';
import { type JsonObject, objectOf, textOf } from '@live-status/transcript-parser';
import { tasksIn } from './background-commands.ts';
import { GatewayConnectError } from './connect-error.ts';
import type { Connection } from './connection.ts';
import type { CaughtUp } from './observation.ts';

/** Sessions asked about at once. */
const PARALLEL = 8;
/** Sessions of a gateway that are followed from the start; others when they do something. The last changed come first. */
const LISTED_SESSIONS = 200;
/** Messages of a session's last turn that are read again. */
const HISTORY_MESSAGES = 200;
/** Frames wait for the histories at most this long, milliseconds. */
const HISTORIES_MS = 10_000;

/**
 * What one connection is subscribed to. Runs of channels are reported only to those who subscribed to the messages of their
 * session (measured on OpenClaw 2026.9.6): so every key that turns up is.
 */
export class Subscriptions {
  readonly #connection: Connection;
  readonly #onError: (error: unknown) => void;
  readonly #clock: Clock;
  readonly #keys = new Set<string>();

  constructor(connection: Connection, onError: (error: unknown) => void, clock: Clock) {
    this.#connection = connection;
    this.#onError = onError;
    this.#clock = clock;
  }

  /**
   * Subscribes to the gateway, its sessions and those given; returns the sessions' rows, and what those that run and
   * those given did in their last turn, by key. Rejects when the connection is lost meanwhile: it says nothing about runs.
   */
  async begin(open: readonly string[]): Promise<Pick<CaughtUp, 'rows' | 'histories' | 'tasks'>> {
    await this.#connection.request('sessions.subscribe', {});
    const { sessions } = await this.#connection.request('sessions.list', { limit: LISTED_SESSIONS });
    const rows = (Array.isArray(sessions) ? sessions : []).map(objectOf).filter((row) => row !== undefined);
    const keys = new Set([...open, ...rows.map((row) => textOf(row.key) ?? '')]);
    await eachOf([...keys], (key) => this.#subscribe(key));
    const running = rows.filter((row) => row.hasActiveRun === true || row.status === 'running');
    const [histories, tasks] = await this.#answers(new Set([...open, ...running.map((row) => textOf(row.key) ?? '')]));
    const lost = await Promise.race([this.#connection.closed, undefined]);
    if (lost !== undefined) throw new GatewayConnectError(`OpenClaw gateway: closed (${lost})`, { code: 'CLOSED' });
    return { rows, histories, tasks };
  }

  /** The sessions' histories, and the tasks. Those that are not answered in time are done without. */
  async #answers(keys: ReadonlySet<string>): Promise<[histories: Map<string, JsonObject>, tasks: JsonObject[]]> {
    const histories = new Map<string, JsonObject>();
    let tasks: JsonObject[] = [];
    const done = new AbortController();
    const ask = async (method: string, params: object, take: (answer: JsonObject) => void): Promise<void> => {
      if (done.signal.aborted) return;
      try {
        take(await this.#connection.request(method, params));
      } catch (error) {
        this.#onError(error);
      }
    };
    const all = Promise.all([
      eachOf([...keys], (sessionKey) =>
        ask('chat.history', { sessionKey, limit: HISTORY_MESSAGES }, (answer) => histories.set(sessionKey, answer)),
      ),
      ask('tasks.list', {}, (answer) => {
        tasks = tasksIn(answer);
      }),
    ]);
    const late = delay(HISTORIES_MS, { signal: done.signal, clock: this.#clock }).catch(() => {});
    await Promise.race([all, late]);
    done.abort();
    return [new Map(histories), tasks];
  }

  /** A frame names sessions: those not subscribed yet are. */
  follow(payload: JsonObject): void {
    const task = objectOf(payload.task);
    for (const key of [payload.sessionKey, task?.sessionKey, task?.childSessionKey]) {
      if (payload.reason === 'delete') this.#keys.delete(String(key));
      else if (typeof key === 'string') void this.#subscribe(key);
    }
  }

  async #subscribe(key: string): Promise<void> {
    if (key === '' || this.#keys.has(key)) return;
    this.#keys.add(key);
    try {
      await this.#connection.request('sessions.messages.subscribe', { key });
    } catch (error) {
      this.#keys.delete(key);
      this.#onError(error);
    }
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
