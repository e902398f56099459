import { outageOf } from '../outage';
import { LONGEST, Patience } from '../patience';

describe('outageOf', () => {
  const rows: [string, number, boolean, boolean, string | null][] = [
    ['nobody', 0, false, false, 'unanswered'],
    ['our own success', 200, true, false, null],
    ['our own refusal', 403, true, false, null],
    ['our own fault', 500, true, false, null],
    ['our own refusal of a method', 405, true, false, null],
    ['a page with 200', 200, false, false, 'stopped'],
    ['a log-in page that was redirected to', 200, false, true, 'stopped'],
    ['a hub, redirected, that forbids', 403, false, true, 'stopped'],
    ['a hub that forbids', 403, false, false, 'login'],
    ['somebody who wants a log-in', 401, false, false, 'login'],
    ['no such place', 404, false, false, 'missing'],
    [
      'a hub, redirected, that knows no such place',
      404,
      false,
      true,
      'stopped'
    ],
    ['a hub that takes no HEAD', 405, false, false, 'stopped'],
    ['a proxy for which it is too large', 413, false, false, null],
    ['a hub whose server is stopped', 424, false, false, 'stopped'],
    ['a proxy that is asked too often', 429, false, false, 'stopped'],
    ['a proxy', 502, false, false, 'stopped'],
    ['a hub whose server is starting', 503, false, false, 'stopped'],
    ['a proxy that waited', 504, false, false, 'stopped']
  ];
  it.each(rows)('%s', (_, status, ours, redirected, expected) => {
    expect(outageOf({ status, ours, redirected })).toBe(expected);
  });
});

describe('Patience', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('waits ever longer, up to five minutes', async () => {
    const patience = new Patience([0, 1000, 20_000]);
    const waits: number[] = [];
    for (let turn = 0; turn < 9; turn += 1) {
      waits.push(patience.next);
      const over = patience.wait();
      await jest.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
      await over;
    }
    expect(waits).toEqual([
      0,
      1000,
      20_000,
      40_000,
      80_000,
      160_000,
      LONGEST,
      LONGEST,
      LONGEST
    ]);
    patience.reset();
    expect(patience.next).toBe(0);
  });

  it('ends a wait when it is woken, once', async () => {
    const patience = new Patience([3_600_000]);
    patience.wake();
    const over = patience.wait();
    patience.wake();
    patience.wake();
    await over;
    expect(jest.getTimerCount()).toBe(0);
  });
});
