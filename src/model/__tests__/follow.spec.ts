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

  function announce(
    resource: string,
    schema_id = CHANGE_SCHEMA,
    state = 'uploading'
  ): void {
    stream.emit({ schema_id, resource, state } as Event.Emission);
  }

  it('reads at once, then once for all that is announced meanwhile', async () => {
    announce('jobs');
    expect(reads).toEqual([['jobs']]);
    announce('jobs');
    announce('artifacts');
    announce('jobs');
    expect(reads).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(reads).toEqual([['jobs'], ['artifacts', 'jobs']]);

    announce('artifacts');
    expect(reads).toHaveLength(3);
  });

  it('reads no more often than it gathers, however much is announced', async () => {
    for (let ms = 0; ms < 1500; ms += 10) {
      announce('jobs');
      await jest.advanceTimersByTimeAsync(10);
    }
    expect(reads.length).toBeGreaterThanOrEqual(9);
    expect(reads.length).toBeLessThanOrEqual(11);
  });

  it('lets nobody wait for an end, not even behind what came just before', async () => {
    announce('jobs', CHANGE_SCHEMA, 'verifying');
    announce('jobs', CHANGE_SCHEMA, 'staged');
    expect(reads).toEqual([['jobs'], ['jobs']]);
    for (let ms = 0; ms < 1500; ms += 10) {
      announce('jobs', CHANGE_SCHEMA, 'verifying');
      announce('jobs', CHANGE_SCHEMA, 'staged');
      await jest.advanceTimersByTimeAsync(10);
    }
    expect(reads.length).toBeLessThanOrEqual(13);
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
    announce('artifacts');
    follower.dispose();
    follower.dispose();
    announce('jobs');
    await jest.advanceTimersByTimeAsync(5000);
    expect(reads).toEqual([['jobs']]);
  });
});
