import type { DetailedError } from 'tus-js-client';

import { type IAnswered, MARK } from '../outage';

/** Who has answered a request of the library's. */
export function answeredBy(error: DetailedError): IAnswered {
  const response = error.originalResponse;
  const xhr = response?.getUnderlyingObject() as XMLHttpRequest | undefined;
  return {
    status: response?.getStatus() ?? 0,
    ours: Boolean(response?.getHeader(MARK)),
    landed:
      xhr?.responseURL && xhr.responseURL !== error.originalRequest.getURL()
        ? xhr.responseURL
        : null
  };
}
