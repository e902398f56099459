import { APIError, type Problem } from '../api';

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
        error.unanswered ? 'server_unanswered' : `http_${error.status}`,
        error.message,
        '',
        error.unanswered ? 'wait' : 'provider'
      )
    );
  }
  return localProblem(
    'unexpected',
    error instanceof Error ? error.message : String(error)
  );
}

/** A problem in one line: what happened, and what to do. */
export function sentence(problem: Problem): string {
  return problem.todo ? `${problem.message} ${problem.todo}` : problem.message;
}
