import { upload } from '../../__tests__/fakeServer';
import type { QueuedFile, Sending } from '../../model';
import type { Upload } from '../../transport';
import { splitRows, stagingRows } from '../rows';
import { NO_BATCH, nextBatch, totalOf } from '../total';

const waiting = (count: number): QueuedFile[] =>
  Array.from({ length: count }, (_, index) => ({
    state: 'queued',
    key: `waits ${index}`,
    name: 'a',
    size: 100
  }));

const lists = (
  uploads: Upload[],
  queuedFiles: QueuedFile[] = [],
  sending = new Map<string, Sending>()
) => ({ uploads, queuedFiles, sending });

describe('the total of all uploads', () => {
  it('counts one go: what waits, what is under way and what it has staged', () => {
    // Given an upload of before
    const before = upload({ id: 'before', state: 'staged' });
    let batch = nextBatch(NO_BATCH, lists([before]));

    // When three files are dropped, and one is staged between two looks
    const first = lists([upload({ id: '1' }), before], waiting(2));
    batch = nextBatch(batch, first);
    expect(nextBatch(batch, first)).toEqual(batch);
    const now = lists(
      [
        upload({ id: '3', bytes_stored: 0, bytes_received: 20, speed: null }),
        upload({ id: '2', state: 'staged', speed: null }),
        upload({ id: '1', speed: 10 }),
        before
      ],
      waiting(1)
    );
    batch = nextBatch(batch, now);

    // Then
    expect(totalOf(batch, now)).toEqual({
      files: 4,
      staged: 1,
      bytes: 400,
      stored: 150,
      received: 220,
      speed: 10,
      failed: 0
    });
  });

  it('begins anew once nothing is under way, and counts nothing that was cancelled', () => {
    let batch = nextBatch(NO_BATCH, lists([upload({ id: '1' })]));
    batch = nextBatch(batch, lists([upload({ id: '1', state: 'staged' })]));
    const now = lists([
      upload({ id: '2' }),
      upload({ id: '3', state: 'cancelled' }),
      upload({ id: '1', state: 'staged' })
    ]);
    batch = nextBatch(batch, now);
    expect(totalOf(batch, now)).toMatchObject({ files: 1, staged: 0 });
  });

  it('is of one go while a file has just become an upload that is not listed', () => {
    // Given one that is staged, while the next one waits
    let batch = nextBatch(NO_BATCH, lists([upload({ id: '1' })], waiting(1)));
    const staged = upload({ id: '1', state: 'staged' });
    // When the next one is listed a moment later
    const sending = new Map<string, Sending>([['2', { state: 'sending' }]]);
    batch = nextBatch(batch, lists([staged], [], sending));
    const now = lists([upload({ id: '2' }), staged], [], sending);
    batch = nextBatch(batch, now);
    // Then
    expect(totalOf(batch, now)).toMatchObject({ files: 2, staged: 1 });
  });

  it('counts what can be tried again', () => {
    const now = lists(
      [
        upload({ id: '1', state: 'failed', can_retry: true }),
        upload({ id: '2', state: 'failed' }),
        upload({ id: '3', state: 'receiving' })
      ],
      [],
      new Map([['3', { state: 'broken', message: 'gone' }]])
    );
    expect(totalOf(nextBatch(NO_BATCH, now), now).failed).toBe(2);
  });
});

describe('what waits', () => {
  it.each([
    [5, [6, 0, 0]],
    [6, [0, 6, 1]]
  ])('is one row where it is many: %s', (count, lengths) => {
    const failed = upload({ state: 'failed' });
    const rows = stagingRows(waiting(count), [failed], new Set());
    expect(splitRows(rows).map(({ length }) => length)).toEqual(lengths);
  });
});
