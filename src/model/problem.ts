import { APIError, type Outage, type Problem } from '../transport';

/** A problem that this browser itself has met, in the form the server's problems have. */
export function localProblem(
  code: string,
  message: string,
  todo = '',
  who: Problem['who'] = 'you'
): Problem {
  return Object.freeze({ code, message, todo, who, request_id: null });
}

/** What a caught error tells a person; an error without an account of itself keeps its message. */
export function problemOf(error: unknown): Problem {
  if (error instanceof APIError) {
    return (
      error.problem ??
      localProblem(
        error.outage === null ? `http_${error.status}` : 'server_unanswered',
        error.message,
        '',
        error.outage === null ? 'provider' : 'wait'
      )
    );
  }
  return localProblem(
    'unexpected',
    error instanceof Error ? error.message : String(error)
  );
}

/** Why our server did not answer, as far as an error tells; null where it did. */
export function outageOf(error: unknown): Outage | null {
  if (!(error instanceof APIError)) {
    return null;
  }
  // Jupyter's own log-in has ended: whatever is read, the answer is the same.
  return error.code === 'not_allowed' ? 'login' : error.outage;
}

/** A problem in one line: what happened, and what to do. */
export function sentence(problem: Problem): string {
  return problem.todo ? `${problem.message} ${problem.todo}` : problem.message;
}

/** Whether our own server says that what was asked about is no more. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof APIError && error.status === 404 && error.outage === null
  );
}
