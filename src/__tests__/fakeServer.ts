import { ServerConnection } from '@jupyterlab/services';

import {
  type Artifact,
  type Connection,
  type ISender,
  type ISenderOptions,
  type ITransport,
  type Upload,
  MARK,
  PROCESS,
  type Problem,
  type Status
} from '../transport';
import { ServerTransport } from '../transport/server';

/** What a route of the fake answers: a value, or a value with its status. */
export type Answer = unknown | ((query: URLSearchParams) => unknown);

const ROOT = 'jupyter-openeo-artifacts';

/** Answers that do not carry our server's mark. */
const STRANGERS = new WeakSet<Response>();

export const BACKEND = 'https://openeo.example';

/** A server extension's REST side for unit tests: routes are "METHOD path", answers are JSON. */
export class FakeServer {
  readonly routes: Record<string, Answer> = {
    'GET api': () => between(200, '{"version": "2.21.1"}'),
    'GET status': status(),
    'GET connections': { connections: [] },
    'GET uploads': { uploads: [] },
    'GET artifacts': { artifacts: [], next: null }
  };

  /** Which process answers; another one after a restart. */
  process = 'first';

  /** Every request, in order: "METHOD path", and its body. */
  readonly requests: { route: string; body: unknown }[] = [];

  readonly settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/user/a%40b/',
    token: 'jupyter-token',
    Request,
    Headers,
    fetch: (input: RequestInfo) => this._answer(input as Request)
  });

  /** The way to it; files are sent as the test says. */
  transport(send?: (options: ISenderOptions) => ISender): ITransport {
    const transport = new ServerTransport({ settings: this.settings });
    return send ? Object.assign(transport, { send }) : transport;
  }

  private async _answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const query = url.searchParams;
    const path = url.pathname.split('/user/a%40b/')[1]?.split(`${ROOT}/`).pop();
    const route = `${request.method} ${path}`;
    const text = await request.text();
    this.requests.push({ route, body: text ? JSON.parse(text) : undefined });
    const known = this.routes[route];
    if (known === undefined) {
      return between(404);
    }
    const value: unknown =
      typeof known === 'function'
        ? await (known as (query: URLSearchParams) => unknown)(query)
        : known;
    const response =
      value instanceof Response
        ? value
        : new Response(
            JSON.stringify(LISTS.has(route) ? wholeList(value) : value),
            { status: 200 }
          );
    if (!STRANGERS.has(response)) {
      response.headers.set(MARK, '1');
      response.headers.set(PROCESS, this.process);
    }
    return response;
  }
}

const LISTS: ReadonlySet<string> = new Set(['GET uploads', 'GET artifacts']);

/** A list as a whole, where a test does not say what of it has changed. */
export function wholeList(value: unknown): object {
  return { removed: [], since: null, mark: null, ...(value as object) };
}

/** An answer of something else than our server: Jupyter, a hub or a proxy. */
export function between(
  code: number,
  body = '<html>not for you</html>'
): Response {
  const response = new Response(body, { status: code });
  STRANGERS.add(response);
  return response;
}

/** An error answer as the server extension gives it. */
export function refusal(code: number, told: Partial<Problem> = {}): Response {
  return new Response(
    JSON.stringify({
      message: told.message ?? 'no',
      reason: null,
      problem: problem(told)
    }),
    { status: code }
  );
}

export function problem(told: Partial<Problem> = {}): Problem {
  return {
    code: 'some_code',
    message: 'It did not work.',
    who: 'you',
    todo: 'Do it again.',
    request_id: null,
    ...told
  };
}

export function status(told: Partial<Status> = {}): Status {
  return {
    version: '0.1.0',
    backends: [
      { url: BACKEND, title: 'Example' },
      { url: 'https://other.example', title: 'Other' }
    ],
    allow_other_backends: true,
    max_upload_bytes: 0,
    last_backend: null,
    ...told
  };
}

export function connection(told: Partial<Connection> = {}): Connection {
  return {
    id: '0123456789abcdef',
    backend: BACKEND,
    title: 'Example',
    state: 'signed_in',
    user: 'alice',
    account: 'a11ce',
    storage: { state: 'ready', provider: 's3', s3_uri: null },
    problem: null,
    destination: {
      backend: BACKEND,
      issuer: 'https://login.example',
      client_id: 'openeo',
      sts: ['https://sts.example'],
      s3: ['https://s3.example'],
      service: false
    },
    approved: 'device_login',
    until: null,
    ...told
  };
}

export function upload(told: Partial<Upload> = {}): Upload {
  return {
    id: 'a'.repeat(26),
    connection: '0123456789abcdef',
    name: 'a.bin',
    origin: 'browser',
    state: 'uploading',
    size: 100,
    bytes_received: 100,
    bytes_stored: 50,
    speed: 12_400_000,
    seconds_left: 40,
    created_at: '2026-11-22T10:00:00Z',
    artifact: null,
    problem: null,
    can_retry: false,
    reused: false,
    awaits_confirmation: false,
    advice: null,
    ...told
  };
}

export function artifact(told: Partial<Artifact> = {}): Artifact {
  return {
    id: 'b'.repeat(26),
    connection: '0123456789abcdef',
    backend: BACKEND,
    name: 'aoi.geojson',
    uri: 's3://bucket/key/aoi.geojson',
    size: 12_345,
    sha256: '0'.repeat(64),
    content_type: 'application/geo+json',
    origin: 'browser',
    staged_at: '2026-11-22T10:00:00.000Z',
    verified: 'etag',
    account: 'alice',
    link_until: null,
    ...told
  };
}
