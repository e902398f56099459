import { type IAnswered, type Outage, outageOf } from './outage';
import type { Problem } from './types';

/** The code of a problem after which nothing goes through this page's line to its kernel. */
export const KERNEL_GONE = 'kernel_gone';

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
    readonly problem: Problem | null = null,
    /** Why it is not our server's answer; null where it is. */
    readonly outage: Outage | null = status === 0 ? 'unanswered' : null
  ) {
    super(message);
    this.name = 'APIError';
  }

  /** The server's stable word for it, e.g. `not_signed_in`; empty where it gave none. */
  get code(): string {
    return this.problem?.code ?? '';
  }

  /** Read an answer that our server has not given; nothing is taken from it. */
  static between(answered: IAnswered): APIError {
    const { status } = answered;
    return new APIError(status, `HTTP ${status}`, null, outageOf(answered));
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
