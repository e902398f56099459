import { ServerConnection } from '@jupyterlab/services';
import { Upload } from 'tus-js-client';

import { APIError } from '../../error';
import { TusSender, type ITusOptions } from '../tusSender';
import { type IReceived, TusServer } from './tusServer';

const SIZE = 1_000_003;
const BYTES = Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => i * 7));

/** A file that jsdom's XMLHttpRequest takes: jest's environment has Node's `File` in its place. */
function makeFile(parts: BlobPart[], name: string, type = ''): File {
  const file = new Blob(parts, { type });
  const slice = (start?: number, end?: number): Blob =>
    // jsdom's Blob cannot be read by a promise.
    Object.assign(Blob.prototype.slice.call(file, start, end), {
      arrayBuffer: () => Promise.resolve(new ArrayBuffer(1))
    });
  return Object.assign(file, { name, slice }) as unknown as File;
}

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

const isCreation = ({ method, path }: IReceived): boolean =>
  method === 'POST' && path.endsWith('/tus');

describe('TusSender', () => {
  let server: TusServer;
  let settings: ServerConnection.ISettings;

  beforeEach(async () => {
    server = new TusServer();
    settings = ServerConnection.makeSettings({
      baseUrl: await server.listen(),
      token: 'jupyter-token'
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
    document.cookie = '_xsrf=; max-age=0';
  });

  function makeSender(told: Partial<ITusOptions> = {}): {
    sender: TusSender;
    uploads: string[];
    waits: boolean[];
  } {
    const uploads: string[] = [];
    const waits: boolean[] = [];
    return {
      uploads,
      waits,
      sender: new TusSender({
        settings,
        file: makeFile([BYTES], 'naïve "name" 😀.bin', 'a/b'),
        connection: '0123456789abcdef',
        onUpload: upload => uploads.push(upload),
        onWaiting: waiting => waits.push(waiting),
        retryDelays: [0, 10, 10],
        ...told
      })
    };
  }

  it('sends a file in one long PATCH, with its name and our credentials', async () => {
    // Given
    document.cookie = '_xsrf=older';
    document.cookie = '_xsrf=xsrf-token';
    const { sender: sent, uploads } = makeSender();

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
    expect(server.confirmed).toEqual([{ unchanged: true }]);
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
    const { sender: sent } = makeSender({ file });

    // When
    sent.start();
    await sent.done;

    // Then
    expect(send.mock.calls.map(([body]) => body)).toContain(file);
  });

  it('leaves nothing in localStorage', async () => {
    const { sender: sent } = makeSender();
    sent.start();
    await sent.done;
    expect(localStorage.length).toBe(0);
  });

  it('goes on with halved chunks where a proxy answers 413', async () => {
    // Given
    server.limit = 300_000;
    const { sender: sent, uploads } = makeSender();

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

  it('gives up where not even small chunks get through', async () => {
    server.limit = 10;
    const { sender: sent } = makeSender();
    sent.start();
    const error: unknown = await sent.done.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(APIError);
    expect((error as APIError).status).toBe(413);
  });

  it('tries again where the line breaks, and says that it waits', async () => {
    server.cuts = 1;
    const { sender: sent, waits } = makeSender();
    sent.start();
    await sent.done;
    expect(server.content.equals(BYTES)).toBe(true);
    expect(waits[0]).toBe(true);
  });

  it('waits as long as the disk of the server is full', async () => {
    // Given: for longer than any row of attempts
    server.full = 9;
    const { sender: sent, waits } = makeSender();

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
    const { sender: sent } = makeSender({ retryDelays: [delay] });
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
    const { sender: sent } = makeSender({ upload: TusServer.UPLOAD });

    // When
    sent.start();
    await sent.done;

    // Then
    expect(server.content.equals(BYTES)).toBe(true);
    expect(server.received.map(({ method, bytes }) => [method, bytes])).toEqual(
      [
        ['HEAD', 0],
        ['PATCH', SIZE - 600_000],
        ['POST', '{"unchanged":true}'.length]
      ]
    );
  });

  it('sends bytes and token to its own server only, whatever Location says', async () => {
    server.location = `https://evil.example/tus/${TusServer.UPLOAD}`;
    const { sender: sent } = makeSender();
    sent.start();
    await sent.done;
    expect(server.content.equals(BYTES)).toBe(true);
  });

  it('refuses a Location that names no upload', async () => {
    server.location = 'tus/../../etc';
    const { sender: sent } = makeSender();
    sent.start();
    await expect(sent.done).rejects.toBeInstanceOf(APIError);
    expect(server.received.map(({ method }) => method)).toEqual(['POST']);
  });

  it('stages an empty file', async () => {
    const { sender: sent, uploads } = makeSender({
      file: makeFile([], 'empty.txt')
    });
    sent.start();
    await sent.done;
    expect(uploads).toEqual([TusServer.UPLOAD]);
    expect(server.received[0]?.headers['upload-length']).toBe('0');
  });

  it('sends nothing any more once it is aborted', async () => {
    const send = jest.spyOn(XMLHttpRequest.prototype, 'send');
    const { sender: sent } = makeSender();
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
      const { sender: sent, uploads } = makeSender({
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

  describe('where something else answers in the place of the server', () => {
    const answers = [
      200, 302, 400, 401, 403, 404, 405, 424, 429, 502, 503, 504
    ];
    it.each(answers)('waits and goes on after HTTP %d', async status => {
      // Given: to the creation, to the bytes, to the question how far they are, and to the last word
      server.between.push(status, status);
      const later = [status, status, status];
      const { sender: sent, waits } = makeSender({
        onUpload: () => server.between.push(...later.splice(0))
      });

      // When
      sent.start();
      await sent.done;

      // Then
      expect(server.content.equals(BYTES)).toBe(true);
      expect(server.confirmed).toEqual([{ unchanged: true }]);
      expect(server.received.filter(isCreation)).toHaveLength(3);
      expect(waits[0]).toBe(true);
      expect(waits.at(-1)).toBe(false);
    });

    it('tries at once when it is woken', async () => {
      // Given an upload that would not try again for an hour
      server.between.push(503);
      let waiting: () => void = () => undefined;
      const waits = new Promise<void>(resolve => (waiting = resolve));
      const { sender: sent } = makeSender({
        retryDelays: [3_600_000],
        onWaiting: () => waiting()
      });
      sent.start();
      await waits;

      // When
      await new Promise(resolve => setTimeout(resolve));
      sent.wake();

      // Then
      await sent.done;
      expect(server.content.equals(BYTES)).toBe(true);
    });

    it('takes a refusal of the server itself for final', async () => {
      server.location = 'tus/none';
      const { sender: sent } = makeSender();
      sent.start();
      await expect(sent.done).rejects.toBeInstanceOf(APIError);
    });
  });

  describe('a file that is written to meanwhile', () => {
    /** A browser does not read a file any more whose size or time has changed. */
    function changed(name: string): File {
      const file = makeFile([BYTES], 'a.bin');
      return Object.assign(file, {
        slice: () => ({
          arrayBuffer: () =>
            Promise.reject(Object.assign(new Error('no'), { name }))
        })
      });
    }

    it('is told to the server after the last byte', async () => {
      const { sender: sent } = makeSender({
        file: changed('NotReadableError')
      });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: false }]);
    });

    it('is told to the server where the browser breaks the line for it', async () => {
      server.cuts = 99;
      const { sender: sent } = makeSender({
        file: changed('NotReadableError')
      });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: false }]);
      expect(server.cuts).toBe(98);
    });

    it('is taken as it was where it is only gone', async () => {
      const { sender: sent } = makeSender({ file: changed('NotFoundError') });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: true }]);
    });
  });
});
