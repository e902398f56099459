import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { FakeServer } from '../../__tests__/fakeServer';
import type { Resource } from '../../transport';
import { CHANGE_SCHEMA, ServerTransport } from '../../transport/server';
import { Follower } from '../follow';

describe('Follower', () => {
  const sender = {};
  let stream: Signal<object, Event.Emission>;
  let reads: Resource[][];
  let busy: boolean;
  const times: number[] = [];
  let answering: boolean;
  let sign: Signal<object, unknown>;
  let doubt: Signal<object, unknown>;
  let woken: number;
  let follower: Follower;

  beforeEach(() => {
    jest.useFakeTimers();
    stream = new Signal(sender);
    reads = [];
    busy = false;
    answering = true;
    sign = new Signal(sender);
    doubt = new Signal(sender);
    woken = 0;
    follower = new Follower({
      transport: new ServerTransport({
        settings: new FakeServer().settings,
        events: stream as unknown as Event.Stream,
        signs: [sign],
        doubts: [doubt]
      }),
      read: async resources => {
        reads.push([...resources].sort());
        times.push(Date.now());
        await Promise.resolve();
        follower.note(
          answering
            ? {
                type: 'answered',
                at: Date.now(),
                process: null,
                everything: resources.size === 3
              }
            : { type: 'unanswered', outage: 'stopped' }
        );
      },
      busy: () => busy,
      wake: () => {
        woken += 1;
      }
    });
  });

  afterEach(() => {
    follower.dispose();
    jest.useRealTimers();
  });

  function announce(
    resource: string,
    schema_id = CHANGE_SCHEMA,
    state = 'uploading'
  ): void {
    stream.emit({ schema_id, resource, state } as Event.Emission);
  }

  it('reads at once, then once for all that is announced meanwhile', async () => {
    announce('uploads');
    expect(reads).toEqual([['uploads']]);
    announce('uploads');
    announce('artifacts');
    announce('uploads');
    expect(reads).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(reads).toEqual([['uploads'], ['artifacts', 'uploads']]);

    announce('artifacts');
    expect(reads).toHaveLength(3);
  });

  it('reads no more often than it gathers, however much is announced', async () => {
    for (let ms = 0; ms < 1500; ms += 10) {
      announce('uploads');
      await jest.advanceTimersByTimeAsync(10);
    }
    expect(reads.length).toBeGreaterThanOrEqual(9);
    expect(reads.length).toBeLessThanOrEqual(11);
  });

  it('lets nobody wait for an end, not even behind what came just before', async () => {
    announce('uploads', CHANGE_SCHEMA, 'verifying');
    announce('uploads', CHANGE_SCHEMA, 'staged');
    expect(reads).toEqual([['uploads'], ['uploads']]);
    for (let ms = 0; ms < 1500; ms += 10) {
      announce('uploads', CHANGE_SCHEMA, 'verifying');
      announce('uploads', CHANGE_SCHEMA, 'staged');
      await jest.advanceTimersByTimeAsync(10);
    }
    expect(reads.length).toBeLessThanOrEqual(13);
  });

  it('does not listen to others', async () => {
    announce('uploads', 'https://events.jupyter.org/other/v1');
    announce('something new');
    await jest.advanceTimersByTimeAsync(1000);
    expect(reads).toEqual([]);
  });

  it('reads everything when it comes into sight', () => {
    follower.visible = true;
    follower.visible = true;
    expect(reads).toEqual([['artifacts', 'connections', 'uploads']]);
  });

  it('asks again and again only while something runs and somebody looks', async () => {
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([]);

    follower.visible = true;
    reads.length = 0;
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([]);

    busy = true;
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads.length).toBeGreaterThanOrEqual(4);

    busy = false;
    reads.length = 0;
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads.length).toBeLessThanOrEqual(1);
  });

  it('follows what runs out of sight where somebody is told of its end', async () => {
    busy = true;
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([]);
    follower.watched = true;
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads.length).toBeGreaterThanOrEqual(4);
  });

  it('reads whether somebody is signed in when the window is come back to', () => {
    window.dispatchEvent(new Event('focus'));
    expect(reads).toEqual([]);
    follower.visible = true;
    reads.length = 0;
    window.dispatchEvent(new Event('focus'));
    expect(reads).toEqual([['connections']]);
    sign.emit(undefined);
    expect(reads).toHaveLength(1);
  });

  const doubts: [string, () => void][] = [
    ['the network is gone', () => window.dispatchEvent(new Event('offline'))],
    ['Jupyter’s own requests fail', () => doubt.emit(undefined)]
  ];
  it.each(doubts)('asks whether the server is there when %s', (_, happens) => {
    follower.visible = true;
    follower.note({ type: 'answered', at: 1, process: null, everything: true });
    reads.length = 0;
    happens();
    expect(reads).toEqual([['connections', 'uploads']]);
  });

  it.each(doubts)(
    'wakes nobody once the server is lost and %s',
    (_, happens) => {
      follower.visible = true;
      follower.note({ type: 'unanswered', outage: 'stopped' });
      [woken, reads.length] = [0, 0];
      happens();
      expect([woken, reads.length]).toEqual([0, 0]);
      sign.emit(undefined);
      expect(woken).toBe(1);
    }
  );

  it('reads everything once after a part of it was answered', async () => {
    follower.note({ type: 'unanswered', outage: 'unanswered' });
    follower.note({
      type: 'answered',
      at: 1,
      process: null,
      everything: false
    });
    follower.note({ type: 'hope' });
    await jest.advanceTimersByTimeAsync(0);
    expect(reads).toEqual([['artifacts', 'connections', 'uploads']]);
    expect(follower.connectivity.state).toBe('connected');
  });

  it('is silent once disposed, twice too', async () => {
    announce('uploads');
    announce('artifacts');
    follower.dispose();
    follower.dispose();
    announce('uploads');
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([['uploads']]);
  });

  describe('while the server does not answer', () => {
    /** The seconds between the reads of the next `hours`. */
    async function gaps(hours: number): Promise<number[]> {
      times.length = 0;
      const begin = Date.now();
      await jest.advanceTimersByTimeAsync(hours * 3_600_000);
      return times.map((time, index) =>
        Math.round((time - (times[index - 1] ?? begin)) / 1000)
      );
    }

    beforeEach(async () => {
      busy = true;
      follower.visible = true;
      answering = false;
      await jest.advanceTimersByTimeAsync(1000);
      reads.length = 0;
    });

    it('asks ever less often, up to five minutes', async () => {
      const found = await gaps(1);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      expect(found.at(-1)).toBe(300);
      expect(found.length).toBeLessThan(25);
    });

    it('goes on asking with nothing under way, until it is answered', async () => {
      busy = false;
      expect((await gaps(1)).length).toBeGreaterThan(5);
      answering = true;
      await jest.advanceTimersByTimeAsync(300_000);
      expect(await gaps(0.1)).toEqual([]);
    });

    const signs: [string, () => void][] = [
      [
        'the window is come back to',
        () => window.dispatchEvent(new Event('focus'))
      ],
      ['the network is back', () => window.dispatchEvent(new Event('online'))],
      ['Jupyter tells of its kernels', () => sign.emit(undefined)],
      [
        'Jupyter announces something',
        () => announce('other', 'https://other/v1')
      ]
    ];
    it.each(signs)('asks at once when %s', async (_, happens) => {
      // Given
      await gaps(1);
      reads.length = 0;
      answering = true;

      // When
      happens();
      await jest.advanceTimersByTimeAsync(0);

      // Then it is read at once, and every second from then on
      expect(reads).toEqual([['artifacts', 'connections', 'uploads']]);
      expect(woken).toBeGreaterThanOrEqual(1);
      await jest.advanceTimersByTimeAsync(5000);
      expect(reads.length).toBeGreaterThanOrEqual(4);
    });

    it('takes no sign for one once it is disposed', async () => {
      follower.dispose();
      window.dispatchEvent(new Event('focus'));
      sign.emit(undefined);
      expect(reads).toEqual([]);
    });
  });
});
