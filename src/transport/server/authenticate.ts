import type { ServerConnection } from '@jupyterlab/services';
import type { HttpRequest } from 'tus-js-client';

/** Put the credentials on a request that ServerConnection would: token, XSRF token, cookies. */
export function authenticate(
  request: HttpRequest,
  settings: ServerConnection.ISettings
): void {
  const xhr = request.getUnderlyingObject() as XMLHttpRequest;
  xhr.withCredentials = settings.init.credentials === 'include';
  if (settings.token) {
    request.setHeader('Authorization', `token ${settings.token}`);
  }
  // Where cookies of several paths meet, the server reads the last one; so does ServerConnection.
  const xsrf = document.cookie
    .split(';')
    .map(part => part.trim())
    .filter(part => part.startsWith('_xsrf='))
    .pop()
    ?.slice('_xsrf='.length);
  if (xsrf) {
    request.setHeader('X-XSRFToken', xsrf);
  }
}
