import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { CHANGE_SCHEMA, Follower, type Resource } from '../follow';

describe('Follower', () => {
  const sender = {};
  let stream: Signal<object, Event.Emission>;
  let reads: Resource[][];
  let busy: boolean;
  let follower: Follower;

  beforeEach(() => {
    jest.useFakeTimers();
    stream = new Signal(sender);
    reads = [];
    busy = false;
    follower = new Follower({
      stream: stream as unknown as Event.Stream,
      read: resources => {
        reads.push([...resources].sort());
        return Promise.resolve();
      },
      busy: () => busy
    });
  });

  afterEach(() => {
    follower.dispose();
    jest.useRealTimers();
  });

  function announce(resource: string, schema_id = CHANGE_SCHEMA): void {
    stream.emit({ schema_id, resource } as Event.Emission);
  }

  it('makes one read of announcements that come together', async () => {
    announce('jobs');
    announce('jobs');
    announce('artifacts');
    await jest.advanceTimersByTimeAsync(1000);
    expect(reads).toEqual([['artifacts', 'jobs']]);
  });

  it('does not listen to others', async () => {
    announce('jobs', 'https://events.jupyter.org/other/v1');
    announce('something new');
    await jest.advanceTimersByTimeAsync(1000);
    expect(reads).toEqual([]);
  });

  it('reads everything when it comes into sight', () => {
    follower.visible = true;
    follower.visible = true;
    expect(reads).toEqual([['artifacts', 'connections', 'jobs']]);
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

  it('is silent once disposed, twice too', async () => {
    announce('jobs');
    follower.dispose();
    follower.dispose();
    announce('jobs');
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([]);
  });
});
