import * as http from 'node:http';

import { HubPage } from '../pages/hub';
import { Hub, HubServer, OURS } from '../servers/hub';
import { expect, test } from './fixtures';

/** Of no activity, after which a server is stopped (s); it tells its hub of any every second. */
const IDLE = 20;

/** What arrives every half second, and what the file has of these in all (bytes). */
const STEP = 300_000;
const SIZE = 200 * STEP;

interface IMade {
  readonly id: string;
}

/** A file that comes slowly, with no page open: one long request, which ends when told to. */
class SlowFile {
  constructor(
    hub: Hub,
    place: string,
    private _left: number
  ) {
    this._request = http.request(place, {
      method: 'PATCH',
      headers: {
        Authorization: `token ${hub.token}`,
        'Tus-Resumable': '1.0.0',
        'Upload-Offset': '0',
        'Content-Type': 'application/offset+octet-stream',
        'Content-Length': _left
      }
    });
    this.status = new Promise((resolve, reject) => {
      this._request.on('response', answer => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      this._request.on('error', reject);
    });
    this._timer = setInterval(() => this._send(STEP), 500);
  }

  readonly status: Promise<number>;

  end(): void {
    clearInterval(this._timer);
    this._send(this._left);
    this._request.end();
  }

  private _send(bytes: number): void {
    this._left -= bytes;
    this._request.write(Buffer.alloc(bytes));
  }

  private readonly _request: http.ClientRequest;
  private readonly _timer: NodeJS.Timeout;
}

test('a server with a file on its way is not culled for being idle; one whose file waits for storage is, and the next one stages it', async ({
  page,
  browser,
  hub,
  user,
  server,
  hubPage,
  panel,
  provider
}) => {
  // Given two users without an open page, and a file on its way to one of them
  await hubPage.logIn();
  await panel.open();
  await panel.signIn('alice');
  const { connections } = await server.api<{ connections: IMade[] }>(
    'GET',
    `${OURS}/connections`
  );
  await page.goto('about:blank');
  const place = await make(server, connections[0]!.id, SIZE);
  const file = new SlowFile(hub, place, SIZE);
  const other = `idle-${user}`;
  const context = await browser.newContext();
  await new HubPage(await context.newPage(), new HubServer(hub, other)).logIn();
  await context.close();

  // When idle servers are culled
  const culler = hub.cull(IDLE);
  try {
    // Then the idle one goes, and the other one stays
    await expect.poll(() => hub.running(other)).toEqual([]);
    expect(await hub.running(user)).toEqual(['']);

    // When the file has arrived and waits for storage, then its server goes, too
    await provider.stopStorage();
    file.end();
    expect(await file.status).toBe(204);
    await expect.poll(() => hub.running(user)).toEqual([]);

    // And the next one stages it
    await culler.stop();
    await provider.startStorage();
    await hubPage.start();
    await panel.open();
    await expect(panel.artifact('slow.bin')).toBeVisible();
  } finally {
    await culler.stop();
    await provider.startStorage();
    await hub.forget(other);
  }
});

/** Begin an upload; returns the address that its bytes go to. */
async function make(
  server: HubServer,
  connection: string,
  size: number
): Promise<string> {
  const encoded = (text: string): string =>
    Buffer.from(text).toString('base64');
  const made = await fetch(`${server.url}${OURS}/tus`, {
    method: 'POST',
    headers: {
      Authorization: `token ${server.hub.token}`,
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(size),
      'Upload-Metadata': `filename ${encoded('slow.bin')},connection ${encoded(connection)}`
    }
  });
  expect(made.status).toBe(201);
  return new URL(made.headers.get('Location')!, server.url).href;
}
