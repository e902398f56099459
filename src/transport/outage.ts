/** What every answer of our server extension carries, whatever its status. */
export const MARK = 'X-OpenEO-Artifacts';

/** The header by which a restarted server is told from the one before. */
export const PROCESS = 'X-OpenEO-Artifacts-Process';

/** How the path of a page to log in on ends: a hub's, Jupyter's own, a proxy's. */
const LOGIN = /\/(log-?in|sign-?in|authorize)\/?$/i;

/**
 * Why our server extension has not answered.
 *
 * unanswered  nobody did: the network or the Jupyter server is gone
 * missing     Jupyter has no such place, or so it seems (404)
 * login       Jupyter, or what is before it, wants a log-in
 * stopped     a hub or a proxy has answered in place of the Jupyter server
 */
export type Outage = 'unanswered' | 'missing' | 'login' | 'stopped';

/** What of an answer tells who has given it. */
export interface IAnswered {
  /** 0 where there is no answer. */
  readonly status: number;
  /** Whether it carries our mark. */
  readonly ours: boolean;
  /** The address that a redirect has led to; null where the one that was asked has answered. */
  readonly landed?: string | null;
}

/** Why an answer is none of our server's; null where it is, or where nothing else could answer. */
export function outageOf({
  status,
  ours,
  landed = null
}: IAnswered): Outage | null {
  if (status === 0) {
    return 'unanswered';
  }
  // A proxy that lets only small requests through is there for good.
  if (ours || status === 413) {
    return null;
  }
  if (landed !== null) {
    // A page to log in on; a hub leads to others where it has no server to lead to.
    return status < 400 && LOGIN.test(pathOf(landed)) ? 'login' : 'stopped';
  }
  switch (status) {
    case 401:
    case 403:
      return 'login';
    case 404:
      return 'missing';
    default:
      return 'stopped';
  }
}

function pathOf(address: string): string {
  try {
    return new URL(address, document.baseURI).pathname;
  } catch {
    return '';
  }
}
