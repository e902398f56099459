import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { APIError } from '../error';
import { MARK, PROCESS } from '../outage';

/** Said where nobody has answered. */
export const NO_ANSWER = 'Jupyter does not answer.';

export const API_NAMESPACE = 'jupyter-openeo-artifacts';

/** What a request needs beyond its path. */
export interface IRequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'PATCH' | 'OPTIONS';
  body?: Readonly<Record<string, unknown>>;
  /** What follows the path; null leaves out. */
  query?: Readonly<Record<string, string | null>>;
  signal?: AbortSignal;
  /** Our server has answered: told which process of it. */
  heard?: (process: string | null) => void;
}

/** The absolute address of a path of ours; each segment is escaped. */
export function apiURL(
  settings: ServerConnection.ISettings,
  ...segments: readonly string[]
): string {
  return URLExt.join(
    settings.baseUrl,
    API_NAMESPACE,
    ...segments.map(segment => encodeURIComponent(segment))
  );
}

/**
 * Call the server extension; every request but the upload's bytes goes through here.
 *
 * Throws {@link APIError} for any answer that is not a success, where something else than our server
 * has answered, and where no answer comes. An abort throws what `fetch` throws.
 */
export async function requestAPI<T>(
  settings: ServerConnection.ISettings,
  segments: readonly string[],
  options: IRequestOptions = {}
): Promise<T> {
  const init: RequestInit = {
    method: options.method ?? 'GET',
    cache: 'no-store',
    signal: options.signal
  };
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(
      apiURL(settings, ...segments) + queryOf(options.query ?? {}),
      init,
      settings
    );
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw new APIError(0, NO_ANSWER); // a browser's own words tell nobody anything
  }
  const answered = {
    status: response.status,
    ours: response.headers.has(MARK),
    landed: response.redirected ? response.url : null
  };
  if (!answered.ours) {
    throw APIError.between(answered);
  }
  options.heard?.(response.headers.get(PROCESS));
  const body = await response.text();
  if (!response.ok) {
    throw APIError.fromBody(response.status, body);
  }
  return (body ? JSON.parse(body) : undefined) as T;
}

function queryOf(query: Readonly<Record<string, string | null>>): string {
  return URLExt.objectToQueryString(
    Object.fromEntries(
      Object.entries(query).filter(([, value]) => value !== null)
    ) as Record<string, string>
  );
}

/** Whether the Jupyter server itself answers, by a place that needs no log-in. */
export async function isJupyterThere(
  settings: ServerConnection.ISettings
): Promise<boolean> {
  try {
    const response = await ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'api'),
      { cache: 'no-store' },
      settings
    );
    const answer: unknown = await response.json();
    return (
      response.ok &&
      typeof (answer as { version?: unknown } | null)?.version === 'string'
    );
  } catch {
    return false;
  }
}
