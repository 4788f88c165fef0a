import type { Post } from '../model.ts';
import type { EmptySimulator } from '../simulator.ts';

/** What a plain HTTP client sees. */
export interface Reply<T = { readonly id: string }> {
  readonly status: number;
  readonly headers: Headers;
  readonly json: T;
}

/** Sends one request as `token` and reads the JSON answer. `call` is `METHOD /path` below /api/v4. */
export async function ask<T = { readonly id: string }>(
  simulator: EmptySimulator,
  call: string,
  options: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Reply<T>> {
  const [method = 'GET', path = '/'] = call.split(' ');
  const { token, body } = options;
  const response = await fetch(`${simulator.url}/api/v4${path}`, {
    method,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, json: (await response.json()) as T };
}

/** A list of posts as the server answers it. */
export interface PostList {
  readonly order: readonly string[];
  readonly posts: Readonly<Record<string, Post>>;
  readonly next_post_id: string;
  readonly prev_post_id: string;
}
