import type { Problem } from './types';

/**
 * What the server answered instead of what was asked for.
 *
 * `status` is 0 where no answer came at all. `problem` is the server's own account of it and is
 * absent where something else answered: a proxy, a login page, or nobody.
 */
export class APIError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problem: Problem | null = null
  ) {
    super(message);
    this.name = 'APIError';
  }

  /** The server's stable word for it, e.g. `not_signed_in`; empty where it gave none. */
  get code(): string {
    return this.problem?.code ?? '';
  }

  /** No answer: the Jupyter server is gone, or the network is. */
  get unanswered(): boolean {
    return this.status === 0;
  }

  /** Something answers at our server's address, and it is not our server extension. */
  get extensionMissing(): boolean {
    return this.status === 404 && this.problem === null;
  }

  /** Nothing can be asked any more: our extension is missing, or its server does not answer. */
  get serverGone(): boolean {
    return this.unanswered || this.extensionMissing;
  }

  /** Read an answer that is not a success. Only text is taken from it, never markup. */
  static fromBody(status: number, body: string): APIError {
    let answer: unknown;
    try {
      answer = JSON.parse(body);
    } catch {
      return new APIError(status, `HTTP ${status}`);
    }
    if (typeof answer !== 'object' || answer === null) {
      return new APIError(status, `HTTP ${status}`);
    }
    const { message, problem } = answer as {
      message?: unknown;
      problem?: unknown;
    };
    const known = isProblem(problem) ? problem : null;
    const text = typeof message === 'string' && message ? message : null;
    return new APIError(
      status,
      known?.message ?? text ?? `HTTP ${status}`,
      known
    );
  }
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Problem).code === 'string' &&
    typeof (value as Problem).message === 'string'
  );
}
