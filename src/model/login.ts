import type { Login } from '../transport';
import { localProblem, problemOf } from './problem';

/** A login that ended on this side, in the form the server's have. */
export function endedLogin(
  state: 'failed' | 'cancelled',
  error?: unknown
): Login {
  return {
    state,
    user_code: null,
    verification_uri: null,
    verification_uri_complete: null,
    expires_at: null,
    problem:
      error === undefined ? localProblem('cancelled', '') : problemOf(error)
  };
}
