import { GatheredRead } from '../gatheredRead';
import { keepUnchanged, mergeSince } from '../lists';

const item = (id: string, size = 1): { id: string; size: number } => ({
  id,
  size
});

describe('keepUnchanged', () => {
  it('keeps the objects in which nothing has changed', () => {
    const before = [item('a'), item('b')];
    const now = keepUnchanged(before, [item('c'), item('a'), item('b', 2)]);
    expect(now.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(now[1]).toBe(before[0]);
    expect(now[2]).not.toBe(before[1]);
  });

  it('keeps the list itself where nothing has changed at all', () => {
    const before = [item('a'), item('b')];
    expect(keepUnchanged(before, [item('a'), item('b')])).toBe(before);
    expect(keepUnchanged(before, [item('b'), item('a')])).not.toBe(before);
  });

  it('tells an empty list that was read from one that was not', () => {
    const unread: { id: string }[] = [];
    expect(keepUnchanged(unread, [])).not.toBe(unread);
  });
});

describe('mergeSince', () => {
  const cases: [string, string, string, string, string][] = [
    ['nothing has happened meanwhile', 'ab', 'cab', 'ab', 'cab'],
    ['one came here, which the answer lacks', 'ab', 'ab', 'xab', 'xab'],
    ['one came here, which the answer has', 'ab', 'xab', 'xab', 'xab'],
    ['one was forgotten here', 'ab', 'ab', 'b', 'b'],
    ['one was forgotten elsewhere', 'ab', 'b', 'xab', 'xb']
  ];
  it.each(cases)('%s', (_, asked, answer, now, expected) => {
    const all = new Map([...'abcx'].map(id => [id, item(id)]));
    const list = (ids: string) => [...ids].map(id => all.get(id) ?? item(id));
    const before = list(asked);
    const here = asked === now ? before : list(now);
    const merged = mergeSince(before, list(answer), here);
    expect(merged.map(({ id }) => id).join('')).toBe(expected);
  });
});

describe('GatheredRead', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('serves all who ask while it reads by one more read', async () => {
    // Given a read that is held
    const ends: (() => void)[] = [];
    const read = new GatheredRead(
      () => new Promise<void>(resolve => ends.push(resolve)),
      0
    );
    const settled = (): Promise<void> => jest.advanceTimersByTimeAsync(60_000);
    const first = read.ask();
    await settled();

    // When many ask meanwhile
    const others = Array.from({ length: 50 }, () => read.ask());
    await settled();

    // Then they wait for one that begins afterwards
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await first;
    await settled();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await Promise.all(others);
  });

  it('tells who asked that a read failed, and reads again', async () => {
    const answers = [Promise.reject(new Error('cut')), Promise.resolve()];
    const read = new GatheredRead(() => answers.shift() as Promise<void>, 0);
    const failed = expect(read.ask()).rejects.toThrow('cut');
    await jest.runAllTimersAsync();
    await failed;
    const done = expect(read.ask()).resolves.toBeUndefined();
    await jest.runAllTimersAsync();
    await done;
  });
});
