import { outageOf } from '../outage';
import { LONGEST, Patience } from '../patience';

describe('outageOf', () => {
  const rows: [string, number, boolean, string | null, string | null][] = [
    ['nobody', 0, false, null, 'unanswered'],
    ['our own success', 200, true, null, null],
    ['our own refusal', 403, true, null, null],
    ['our own fault', 500, true, null, null],
    ['our own refusal of a method', 405, true, null, null],
    ['a page with 200', 200, false, null, 'stopped'],
    ['a hub’s log-in page', 200, false, '/hub/login?next=%2Flab', 'login'],
    ['Jupyter’s log-in page', 200, false, 'http://x/user/a/login', 'login'],
    ['a proxy’s log-in', 200, false, '/oauth2/authorize?a=/b', 'login'],
    [
      'a hub that starts a server',
      200,
      false,
      '/hub/spawn-pending/a',
      'stopped'
    ],
    ['a hub that is asked for /login', 503, false, '/hub/login', 'stopped'],
    ['an address that is none', 200, false, 'http://[', 'stopped'],
    ['a hub, redirected, that forbids', 403, false, '/hub/a', 'stopped'],
    ['a hub that forbids', 403, false, null, 'login'],
    ['somebody who wants a log-in', 401, false, null, 'login'],
    ['no such place', 404, false, null, 'missing'],
    ['no such place, redirected', 404, false, '/hub/a', 'stopped'],
    ['a hub that takes no HEAD', 405, false, null, 'stopped'],
    ['a proxy for which it is too large', 413, false, null, null],
    ['a hub whose server is stopped', 424, false, null, 'stopped'],
    ['a proxy that is asked too often', 429, false, null, 'stopped'],
    ['a proxy', 502, false, null, 'stopped'],
    ['a hub whose server is starting', 503, false, null, 'stopped'],
    ['a proxy that waited', 504, false, null, 'stopped']
  ];
  it.each(rows)('%s', (_, status, ours, landed, expected) => {
    expect(outageOf({ status, ours, landed })).toBe(expected);
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
