import { Poll as LuminoPoll } from '@lumino/polling';
import { Signal as LuminoSignal } from '@lumino/signaling';

import { UUID } from '../lumino';
import { Poll } from '../poll';
import { Signal } from '../signal';

describe('what the bundle uses of Lumino', () => {
  describe.each([
    ['Lumino', LuminoSignal as unknown as typeof Signal],
    ['the bundle', Signal]
  ])('signals, by %s', (_, Made) => {
    let heard: number[] = [];
    const hear = (_: unknown, value: unknown): number =>
      heard.push(Number(value));
    const other = (_: unknown, value: unknown): number =>
      heard.push(-Number(value));

    beforeEach(() => {
      heard = [];
    });

    it('once for each listener, until it is disconnected', () => {
      const signal = new Made({});
      expect(signal.connect(hear)).toBe(true);
      expect(signal.connect(hear)).toBe(false);
      signal.connect(other);
      signal.emit(1);
      expect(signal.disconnect(hear)).toBe(true);
      expect(signal.disconnect(hear)).toBe(false);
      signal.emit(2);
      expect(heard).toEqual([1, -1, -2]);
    });

    it('with its sender, for the object that listens', () => {
      const sender = {};
      const listener = { seen: null as unknown };
      function see(this: { seen: unknown }, from: unknown): void {
        this.seen = from;
      }
      const signal = new Made(sender);
      signal.connect(see as never, listener);
      signal.emit(1);
      expect(listener.seen).toBe(sender);
    });

    it('to the others where one fails, or has taken one away', () => {
      const error = jest.spyOn(console, 'error').mockImplementation();
      const signal = new Made({});
      signal.connect(() => {
        throw new Error('no');
      });
      signal.connect(() => signal.disconnect(other));
      signal.connect(other);
      signal.connect(hear);
      signal.emit(3);
      expect(heard).toEqual([3]);
      expect(error).toHaveBeenCalled();
      error.mockRestore();
    });

    it('no more for an object that is disposed of', () => {
      const [sender, listener] = [{}, {}];
      const [its, anothers] = [new Made(sender), new Made({})];
      its.connect(hear);
      anothers.connect(other, listener);
      anothers.connect(hear);
      Made.clearData(sender);
      Made.clearData(listener);
      its.emit(1);
      anothers.emit(2);
      expect(heard).toEqual([2]);
    });
  });

  describe.each([
    ['Lumino', LuminoPoll as unknown as typeof Poll],
    ['the bundle', Poll]
  ])('polls, by %s', (_, Made) => {
    let asked = 0;
    let standby: boolean | 'when-hidden' = 'when-hidden';
    let answer = (): Promise<unknown> => Promise.resolve();
    let poll: Poll;
    const show = (shown: boolean): void => {
      const state = shown ? 'visible' : 'hidden';
      jest.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
      jest.spyOn(document, 'hidden', 'get').mockReturnValue(!shown);
      document.dispatchEvent(new Event('visibilitychange'));
    };
    const pass = (ms: number): Promise<void> =>
      jest.advanceTimersByTimeAsync(ms);

    beforeEach(async () => {
      jest.useFakeTimers();
      show(true);
      [asked, standby] = [0, 'when-hidden'];
      answer = () => Promise.resolve();
      const frequency = { interval: 1000, backoff: false, max: 9000 };
      poll = new Made({
        factory: () => {
          asked += 1;
          return answer();
        },
        frequency,
        standby: () => standby
      });
      await pass(100);
    });

    afterEach(() => {
      poll.dispose();
      jest.useRealTimers();
    });

    it('at once, and then each time after an answer', async () => {
      expect(asked).toBe(1);
      await pass(1000);
      expect(asked).toBe(2);
      answer = () => Promise.reject(new Error('no'));
      await pass(1000);
      await pass(1000);
      expect(asked).toBe(4);
    });

    it('not in standby, nor while the page is hidden', async () => {
      standby = true;
      await pass(3000);
      expect(asked).toBe(1);
      standby = 'when-hidden';
      show(false);
      await pass(1000); // Lumino polls once more
      const before = asked;
      await pass(3000);
      expect(asked).toBe(before);
      show(true);
      await pass(1000);
      expect(asked).toBe(before + 1);
    });

    it('when it is told to, also by its own answer', async () => {
      const schedule = (interval: number): void =>
        void poll.schedule({ phase: 'started', interval } as never);
      schedule(5000);
      await pass(4000);
      expect(asked).toBe(1);
      answer = () => {
        poll.frequency = { interval: 2000, backoff: false, max: 9000 } as never;
        schedule(2000);
        return Promise.resolve();
      };
      await pass(1100);
      expect(asked).toBe(2);
      await pass(1500);
      expect(asked).toBe(2);
      await pass(500);
      expect(asked).toBe(3);
    });

    it('no more once it is disposed of', async () => {
      poll.dispose();
      await pass(3000);
      expect(asked).toBe(1);
    });
  });

  it('gives each row a key of its own', () => {
    expect(UUID.uuid4()).not.toBe(UUID.uuid4());
  });
});
