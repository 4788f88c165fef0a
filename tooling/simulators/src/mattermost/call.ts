import type { Deduplication } from './deduplication.ts';
import type { Directory } from './directory.ts';
import { invalidBody } from './errors.ts';
import type { Faults } from './faults.ts';
import type { User } from './model.ts';
import type { PostStore } from './post-store.ts';

/** How the simulated server is set up. */
export interface ServerSettings {
  /** Longest message in code points. Default 16383; 4000 on very old schemas. */
  readonly maxMessageRunes: number;
  /** `ServiceSettings.PostEditTimeLimit` in seconds. Default -1: none. */
  readonly editTimeLimitS: number;
  /** Whether `POST /posts?silent=true` is understood; older servers ignore it. Default true. */
  readonly silentSupported: boolean;
  /** Whether a post keeps the type it was created with, as every real server does. Default true. */
  readonly typeKept: boolean;
  /** Largest request body in bytes (`MaximumPayloadSizeBytes`). Default 300 000. */
  readonly maxBodyBytes: number;
  /** Server version, the first part of `X-Version-Id`. Default 11.10.0. */
  readonly version: string;
}

/** The state a route works on. */
export interface World {
  readonly directory: Directory;
  readonly posts: PostStore;
  readonly deduplication: Deduplication;
  readonly faults: Faults;
  /** Changeable while it runs: an admin may do so too. */
  readonly settings: ServerSettings;
  readonly now: () => number;
}

/** One request as a route sees it. */
export interface Call {
  readonly world: World;
  readonly requestId: string;
  readonly route: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string>>;
  /** The JSON body; undefined where none was sent. */
  readonly body: unknown;
  /** Who asks; undefined only on the routes without a session. */
  readonly session: User | undefined;
  /** Aborts when the client hangs up or the simulator closes. */
  readonly signal: AbortSignal;
}

/** What a route answers. The body is sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a call, or throws an AppError. */
export type Route = (call: Call) => Answer | Promise<Answer>;

/** Routes by `METHOD /path/:param` below `/api/v4`. */
export type RouteTable = Readonly<Record<string, Route>>;

/** 200 with a body. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** 201 with a body. */
export function created(body: unknown): Answer {
  return { status: 201, body };
}

/** A JSON object of unknown content. */
export type Fields = Readonly<Record<string, unknown>>;

/** The body as an object. Throws 400 for anything else. */
export function objectBody(body: unknown, name: string): Fields {
  if (!isFields(body)) throw invalidBody(name);
  return body;
}

/** Whether `value` is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that must be a string where given. Throws 400 naming `subject`, as Go's decoder makes the server do. */
export function text(fields: Fields, key: string, subject: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidBody(subject);
  return value;
}

/** A string field that must be there and not empty. Throws 400 naming the field. */
export function requiredText(fields: Fields, key: string): string {
  const value = text(fields, key, key);
  if (!value) throw invalidBody(key);
  return value;
}
