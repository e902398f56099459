import type { Browser } from '@playwright/test';

import { sha256 } from '../desktop';
import { HubPage } from '../pages/hub';
import { Hub, HubServer, OURS } from '../servers/hub';
import { expect, test } from './fixtures';

interface IListed {
  readonly artifacts: readonly { readonly id: string; readonly name: string }[];
}

/** A token that a person makes on the hub's page, for a script. */
async function tokenOf(hub: Hub, user: string): Promise<string> {
  const { token } = await hub.api<{ token: string }>(
    'POST',
    `users/${user}/tokens`,
    { note: 'for a script' }
  );
  return token;
}

/** One request as a script makes it: no cookie, no XSRF token; a redirect is an answer. */
function ask(
  address: string,
  method: string,
  headers: Record<string, string>,
  body?: string
): Promise<Response> {
  return fetch(address, { method, headers, body, redirect: 'manual' });
}

test('a script stages and signs with a token of the hub’s', async ({
  hub,
  user,
  server,
  hubPage,
  panel
}) => {
  // Given somebody who has signed in by the panel, and a token of theirs
  await hubPage.logIn();
  await panel.open();
  await panel.signIn('alice');
  const headers = { Authorization: `token ${await tokenOf(hub, user)}` };
  const address = (place: string): string => `${server.url}${OURS}/${place}`;

  // When a script sends a file by tus
  const content = 'from a script';
  const { connections } = (await (
    await ask(address('connections'), 'GET', headers)
  ).json()) as { connections: { id: string }[] };
  const encoded = (text: string): string =>
    Buffer.from(text).toString('base64');
  const made = await ask(address('tus'), 'POST', {
    ...headers,
    'Tus-Resumable': '1.0.0',
    'Upload-Length': String(content.length),
    'Upload-Metadata': `filename ${encoded('script.txt')},connection ${encoded(connections[0]!.id)}`
  });
  expect(made.status).toBe(201);
  const sent = await ask(
    new URL(made.headers.get('Location')!, server.url).href,
    'PATCH',
    {
      ...headers,
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': '0',
      'Content-Type': 'application/offset+octet-stream'
    },
    content
  );
  expect(sent.status).toBe(204);

  // Then it is on the list, and the link that the script asks for reads it
  await expect(panel.artifact('script.txt')).toBeVisible();
  const { artifacts } = (await (
    await ask(address('artifacts'), 'GET', headers)
  ).json()) as IListed;
  const signed = await ask(
    address(`artifacts/${artifacts[0]!.id}/sign`),
    'POST',
    { ...headers, 'Content-Type': 'application/json' },
    '{}'
  );
  expect(signed.ok).toBe(true);
  const { url } = (await signed.json()) as { url: string };
  const read = await fetch(url);
  expect(sha256(Buffer.from(await read.arrayBuffer()))).toBe(sha256(content));
});

test('another user, a stranger, and a page without the XSRF token get nothing', async ({
  browser,
  page,
  hub,
  user,
  server,
  hubPage,
  panel,
  desktop
}) => {
  // Given somebody with a staged file, and another user who is logged in
  await hubPage.logIn();
  await panel.open();
  await panel.signIn('alice');
  const file = desktop.file('secret-name.bin', 1_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  const { artifacts } = await server.api<IListed>('GET', `${OURS}/artifacts`);
  const { id } = artifacts[0]!;
  const other = `other-${user}`;
  try {
    const their = await logInElsewhere(browser, hub, other);
    const token = { Authorization: `token ${await tokenOf(hub, other)}` };
    const requests = [
      ['GET', 'status'],
      ['GET', 'artifacts'],
      ['GET', 'uploads'],
      ['GET', 'connections'],
      ['POST', `artifacts/${id}/sign`],
      ['DELETE', `artifacts/${id}`],
      ['POST', 'tus'],
      ['HEAD', 'tus/00000000000000000000000000'],
      ['PATCH', 'tus/00000000000000000000000000']
    ] as const;

    // When they, and somebody who is nobody, ask for each of these
    for (const [method, place] of requests) {
      const address = `${server.url}${OURS}/${place}`;
      for (const [who, headers] of [
        ['another user’s token', token],
        ['another user’s cookies', { Cookie: their.cookies }],
        [
          'another user’s cookies and XSRF token',
          { Cookie: their.cookies, 'X-XSRFToken': their.xsrf }
        ],
        ['nobody', {}]
      ] as [string, Record<string, string>][]) {
        const answer = await ask(address, method, headers);
        // Then they are refused, or sent to the log-in
        expect([302, 403], `${who}: ${method} ${place}`).toContain(
          answer.status
        );
        expect(await answer.text()).not.toContain(file.name);
      }
    }

    // And a page of another origin, which has the cookies and not the XSRF token, is refused, too
    const cookies = cookiesOf(await page.context().cookies(server.url));
    for (const [method, place] of requests.filter(
      ([each]) => each !== 'GET' && each !== 'HEAD'
    )) {
      const address = `${server.url}${OURS}/${place}`;
      const answer = await ask(address, method, { Cookie: cookies });
      expect(answer.status, `${method} ${place}`).toBe(403);
    }

    // And the owner still has it
    await expect(panel.artifact(file.name)).toBeVisible();
    const link = await fetch(await panel.copyLink(file.name));
    expect(sha256(Buffer.from(await link.arrayBuffer()))).toBe(file.sha256);
  } finally {
    await hub.forget(other);
  }
});

/** Log another user in, in a browser of their own; their cookies are those of all of the hub's places. */
async function logInElsewhere(
  browser: Browser,
  hub: Hub,
  user: string
): Promise<{ cookies: string; xsrf: string }> {
  const context = await browser.newContext();
  try {
    await new HubPage(
      await context.newPage(),
      new HubServer(hub, user)
    ).logIn();
    const cookies = await context.cookies();
    const xsrf = cookies.find(({ name }) => name === '_xsrf')?.value ?? '';
    return { cookies: cookiesOf(cookies), xsrf };
  } finally {
    await context.close();
  }
}

function cookiesOf(
  cookies: readonly { name: string; value: string }[]
): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
