import { Upload } from 'tus-js-client';

import { APIError } from '../../error';
import {
  BYTES,
  DIGEST,
  SIZE,
  TusBench,
  isCreation,
  makeFile
} from './tusBench';
import { type IReceived, TusServer } from './tusServer';

/** Wait until so many timers of that length (ms) were set; the last one of them still runs then. */
function timersSet(delay: number, count: number): Promise<void> {
  const set = globalThis.setTimeout;
  let left = count;
  return new Promise(resolve => {
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((
      ...given: Parameters<typeof setTimeout>
    ) => {
      const timer = set(...given);
      if (given[1] === delay && --left === 0) {
        resolve();
      }
      return timer;
    }) as typeof setTimeout);
  });
}

describe('TusSender', () => {
  let bench: TusBench;
  let server: TusServer;

  beforeEach(async () => {
    bench = await TusBench.open();
    ({ server } = bench);
  });

  afterEach(() => bench.close());

  it('sends a file in one long PATCH, with its name and our credentials', async () => {
    // Given
    document.cookie = '_xsrf=older';
    document.cookie = '_xsrf=xsrf-token';
    const { sender: sent, uploads } = bench.makeSender();

    // When
    sent.start();
    await sent.done;

    // Then
    expect(server.content.equals(BYTES)).toBe(true);
    expect(uploads).toEqual([TusServer.UPLOAD]);
    expect(server.received.map(({ method }) => method)).toEqual([
      'POST',
      'PATCH',
      'POST'
    ]);
    expect(server.confirmed).toEqual([{ unchanged: true, digest: DIGEST }]);
    const [created] = server.received;
    expect(created?.path).toBe('/base/jupyter-openeo-artifacts/tus');
    const metadata = Object.fromEntries(
      String(created?.headers['upload-metadata'])
        .split(',')
        .map(pair => pair.split(' '))
        .map(([key, value = '']) => [
          key,
          Buffer.from(value, 'base64').toString('utf8')
        ])
    );
    expect(metadata).toEqual({
      filename: 'naïve "name" 😀.bin',
      confirm: 'true',
      connection: '0123456789abcdef',
      filetype: 'a/b'
    });
    for (const { headers } of server.received) {
      expect(headers.authorization).toBe('token jupyter-token');
      expect(headers['x-xsrftoken']).toBe('xsrf-token');
    }
  });

  it('sends the File itself where all of it goes at once', async () => {
    // Given a browser, where a slice of a file is read through one more process
    const file = makeFile([BYTES], 'whole.bin');
    const send = jest.spyOn(XMLHttpRequest.prototype, 'send');
    const { sender: sent } = bench.makeSender({ file });

    // When
    sent.start();
    await sent.done;

    // Then
    expect(send.mock.calls.map(([body]) => body)).toContain(file);
  });

  it('leaves nothing in localStorage', async () => {
    const { sender: sent } = bench.makeSender();
    sent.start();
    await sent.done;
    expect(localStorage.length).toBe(0);
  });

  it('goes on with halved chunks where a proxy answers 413', async () => {
    // Given
    server.limit = 300_000;
    const { sender: sent, uploads } = bench.makeSender();

    // When
    sent.start();
    await sent.done;

    // Then
    expect(server.content.equals(BYTES)).toBe(true);
    expect(uploads[0]).toBe(TusServer.UPLOAD);
    const patches = server.received.filter(({ method }) => method === 'PATCH');
    const half = Math.ceil(SIZE / 2);
    const quarter = Math.ceil(half / 2);
    expect(patches.map(({ bytes }) => bytes)).toEqual([
      SIZE,
      half,
      quarter,
      quarter,
      quarter,
      SIZE - 3 * quarter
    ]);
    expect(server.received.filter(isCreation)).toHaveLength(1);
  });

  it('meets the limit that nginx has as it comes by one 413', async () => {
    // Given a file of which halves would be refused as well
    server.limit = 1024 * 1024;
    const file = makeFile([Buffer.alloc(2_500_000, 1)], 'long.bin');
    const { sender: sent } = bench.makeSender({ file });

    // When
    sent.start();
    await sent.done;

    // Then
    const patches = server.received.filter(({ method }) => method === 'PATCH');
    expect(patches.map(({ bytes }) => bytes)).toEqual([
      2_500_000,
      1024 * 1024,
      1024 * 1024,
      2_500_000 - 2 * 1024 * 1024
    ]);
  });

  it('learns from a 413 for all files of a page', async () => {
    // Given a proxy whose limit one file has met
    server.limit = 300_000;
    const limit = { bytes: Infinity };
    const { sender: first } = bench.makeSender({ limit });
    first.start();
    await first.done;

    // When
    server.received.length = 0;
    const { sender: second } = bench.makeSender({ limit });
    second.start();
    await second.done;

    // Then no body of the next one is refused
    const patches = server.received.filter(({ method }) => method === 'PATCH');
    expect(Math.max(...patches.map(({ bytes }) => bytes))).toBeLessThan(
      server.limit
    );
  });

  it('gives up where not even small chunks get through', async () => {
    server.limit = 10;
    const { sender: sent } = bench.makeSender();
    sent.start();
    const error: unknown = await sent.done.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(APIError);
    expect((error as APIError).status).toBe(413);
  });

  it('tries again where the line breaks, and says that it waits', async () => {
    server.cuts = 1;
    const { sender: sent, waits } = bench.makeSender();
    sent.start();
    await sent.done;
    expect(server.content.equals(BYTES)).toBe(true);
    expect(waits[0]).toBe(true);
  });

  it('waits as long as the disk of the server is full', async () => {
    // Given: for longer than any row of attempts
    server.full = 9;
    const { sender: sent, waits } = bench.makeSender();

    // When
    sent.start();
    await sent.done;

    // Then
    expect(server.content.equals(BYTES)).toBe(true);
    expect(waits).toEqual([true, false]);
    expect(server.received.filter(isCreation)).toHaveLength(1);
  });

  it.each([
    ['for its next attempt', 1],
    ['for room on the disk', 4]
  ])('waits no longer %s once it is aborted', async (_, waits) => {
    // Given: it has begun to wait
    const delay = 17;
    server.full = Infinity;
    const starts = jest.spyOn(Upload.prototype, 'start');
    const { sender: sent } = bench.makeSender({ retryDelays: [delay] });
    const waiting = timersSet(delay, waits);
    sent.start();
    await waiting;
    const before = starts.mock.calls.length;

    // When
    sent.abort();
    await sent.done;

    // Then: timers of one length end in the order in which they were set
    await new Promise(resolve => setTimeout(resolve, delay));
    expect(before).toBe(waits);
    expect(starts).toHaveBeenCalledTimes(before);
  });

  it('goes on with an upload where its bytes stand, and never makes a second upload', async () => {
    // Given
    server.length = SIZE;
    server.content = BYTES.subarray(0, 600_000);
    const { sender: sent } = bench.makeSender({ upload: TusServer.UPLOAD });

    // When
    sent.start();
    await sent.done;

    // Then
    expect(server.content.equals(BYTES)).toBe(true);
    expect(server.received.map(({ method, bytes }) => [method, bytes])).toEqual(
      [
        ['HEAD', 0],
        ['PATCH', SIZE - 600_000],
        ['POST', `{"unchanged":true,"digest":"${DIGEST}"}`.length]
      ]
    );
  });

  it('sends bytes and token to its own server only, whatever Location says', async () => {
    server.location = `https://evil.example/tus/${TusServer.UPLOAD}`;
    const { sender: sent } = bench.makeSender();
    sent.start();
    await sent.done;
    expect(server.content.equals(BYTES)).toBe(true);
  });

  it('refuses a Location that names no upload', async () => {
    server.location = 'tus/../../etc';
    const { sender: sent } = bench.makeSender();
    sent.start();
    await expect(sent.done).rejects.toBeInstanceOf(APIError);
    expect(server.received.map(({ method }) => method)).toEqual(['POST']);
  });

  it('stages an empty file', async () => {
    const { sender: sent, uploads } = bench.makeSender({
      file: makeFile([], 'empty.txt')
    });
    sent.start();
    await sent.done;
    expect(uploads).toEqual([TusServer.UPLOAD]);
    expect(server.received[0]?.headers['upload-length']).toBe('0');
  });

  it('sends nothing any more once it is aborted', async () => {
    const send = jest.spyOn(XMLHttpRequest.prototype, 'send');
    const { sender: sent } = bench.makeSender();
    sent.start();
    sent.abort();
    await sent.done;
    // A start that was under way has come to its request.
    await new Promise(resolve => setTimeout(resolve));
    expect(send).not.toHaveBeenCalled();
    expect(server.received).toEqual([]);
  });

  it.each([SIZE, 0])(
    'takes off the server what was being made for %d bytes when it was aborted',
    async size => {
      // Given: the server makes an upload, and has not answered yet
      const asked = (wanted: string): Promise<IReceived> =>
        new Promise(resolve => {
          server.onRequest = each => each.method === wanted && resolve(each);
        });
      let answer = (): void => undefined;
      server.gate = new Promise(resolve => (answer = resolve));
      const made = asked('POST');
      const { sender: sent, uploads } = bench.makeSender({
        file: makeFile([BYTES.subarray(0, size)], 'a.bin')
      });
      sent.start();
      await made;
      const removed = asked('DELETE');

      // When
      sent.abort();
      await sent.done;
      answer();

      // Then
      expect((await removed).path).toMatch(
        new RegExp(`/uploads/${TusServer.UPLOAD}(\\?.*)?$`)
      );
      expect(server.received.map(({ method }) => method)).toEqual([
        'POST',
        'DELETE'
      ]);
      expect(uploads).toEqual([]);
    }
  );
});
