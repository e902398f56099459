import { APIError } from '../../error';
import { BYTES, DIGEST, TusBench, isCreation, makeFile } from './tusBench';
import { type TusServer } from './tusServer';

describe('TusSender in trouble', () => {
  let bench: TusBench;
  let server: TusServer;

  beforeEach(async () => {
    bench = await TusBench.open();
    ({ server } = bench);
  });

  afterEach(() => bench.close());

  describe('where something else answers in the place of the server', () => {
    const answers = [
      200, 302, 400, 401, 403, 404, 405, 424, 429, 502, 503, 504
    ];
    it.each(answers)('waits and goes on after HTTP %d', async status => {
      // Given: to the creation, to the bytes, to the question how far they are, and to the last word
      server.between.push(status, status);
      const later = [status, status, status];
      const { sender: sent, waits } = bench.makeSender({
        onUpload: () => server.between.push(...later.splice(0))
      });

      // When
      sent.start();
      await sent.done;

      // Then
      expect(server.content.equals(BYTES)).toBe(true);
      expect(server.confirmed).toEqual([{ unchanged: true, digest: DIGEST }]);
      expect(server.received.filter(isCreation)).toHaveLength(3);
      expect(waits[0]).toBe(true);
      expect(waits.at(-1)).toBe(false);
    });

    it('tries at once when it is woken', async () => {
      // Given an upload that would not try again for an hour
      server.between.push(503);
      let waiting: () => void = () => undefined;
      const waits = new Promise<void>(resolve => (waiting = resolve));
      const { sender: sent } = bench.makeSender({
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
      const { sender: sent } = bench.makeSender();
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
      const { sender: sent } = bench.makeSender({
        file: changed('NotReadableError')
      });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: false }]);
    });

    it('is told to the server where the browser breaks the line for it', async () => {
      server.cuts = 99;
      const { sender: sent } = bench.makeSender({
        file: changed('NotReadableError')
      });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: false }]);
      expect(server.cuts).toBe(98);
    });

    it('is not spoken of any more by who was stopped while looking at it', async () => {
      // Given a broken line, and a file that is being looked at for it
      server.cuts = 1;
      let answer = (): void => undefined;
      let look = (): void => undefined;
      const looked = new Promise<void>(resolve => (look = resolve));
      const file = Object.assign(makeFile([BYTES], 'a.bin'), {
        slice: () => ({
          arrayBuffer: () => {
            look();
            return new Promise<ArrayBuffer>(resolve => {
              answer = () => resolve(new ArrayBuffer(1));
            });
          }
        })
      });
      const { sender: sent, waits } = bench.makeSender({
        file: file as unknown as File
      });
      sent.start();
      await looked;
      // When
      sent.abort();
      const told = waits.length;
      answer();
      await new Promise(resolve => setTimeout(resolve));
      // Then
      expect(waits).toHaveLength(told);
    });

    it('is refused where it is gone: nothing proves what arrived', async () => {
      const { sender: sent } = bench.makeSender({
        file: changed('NotFoundError')
      });
      sent.start();
      await sent.done;
      expect(server.confirmed).toEqual([{ unchanged: false }]);
    });
  });
});
