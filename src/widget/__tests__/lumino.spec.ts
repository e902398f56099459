import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';

import { UUID } from '../lumino';

jest.mock('@lumino/algorithm', () => jest.requireActual('../lumino'));
jest.mock('@lumino/coreutils', () => jest.requireActual('../lumino'));

describe('what the bundle uses of Lumino', () => {
  it('is enough for signals', async () => {
    const heard: number[] = [];
    const signal = new Signal<object, number>({});
    const hear = (_: object, value: number): number => heard.push(value);
    const other = (_: object, value: number): number => heard.push(-value);
    signal.connect(hear);
    signal.connect(hear);
    signal.connect(other);
    signal.emit(1);
    signal.disconnect(hear);
    await new Promise(requestAnimationFrame);
    signal.emit(2);
    expect(heard).toEqual([1, -1, -2]);
  });

  it('is enough for polls', async () => {
    let asked = 0;
    const poll = new Poll({
      auto: false,
      factory: () => Promise.resolve((asked += 1)),
      frequency: { interval: 1, backoff: false, max: 9 }
    });
    await poll.start();
    await poll.tick;
    expect(asked).toBe(1);
    poll.frequency = { interval: 2, backoff: false, max: 9 };
    expect(poll.frequency.interval).toBe(2);
    await poll.stop();
    poll.dispose();
  });

  it('gives each row a key of its own', () => {
    expect(UUID.uuid4()).not.toBe(UUID.uuid4());
  });
});
