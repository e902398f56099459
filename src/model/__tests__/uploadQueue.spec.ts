import { UploadQueue } from '../uploadQueue';

describe('UploadQueue', () => {
  let begun: string[];
  let queue: UploadQueue;

  beforeEach(() => {
    begun = [];
    queue = new UploadQueue(2);
  });

  const enter = (name: string) => queue.enter(() => begun.push(name));

  it('lets two have their turn, and the next when one leaves', () => {
    // Given
    const places = ['a', 'b', 'c', 'd'].map(enter);
    expect(begun).toEqual(['a', 'b']);

    // When
    places[1]?.leave();
    places[1]?.leave();

    // Then
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('never begins one that left while it waited', () => {
    const [first, , third] = ['a', 'b', 'c', 'd'].map(enter);
    third?.leave();
    first?.leave();
    expect(begun).toEqual(['a', 'b', 'd']);
  });

  it('lets one enter whose predecessor leaves while it begins', () => {
    queue.enter(() => begun.push('a'));
    const place = queue.enter(() => begun.push('b'));
    queue.enter(() => {
      begun.push('c');
      enter('d');
    });
    place.leave();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('lets short ones pass long ones, which never have all turns while some wait', () => {
    // Given
    const places = ['A', 'B'].map(name =>
      queue.enter(() => begun.push(name), { long: true })
    );
    expect(begun).toEqual(['A', 'B']);
    ['C', 'D'].forEach(name =>
      queue.enter(() => begun.push(name), { long: true })
    );
    const short = ['x', 'y'].map(enter);

    // When turns become free
    places[0]?.leave();
    expect(begun).toEqual(['A', 'B', 'x']);
    short[0]?.leave();
    expect(begun).toEqual(['A', 'B', 'x', 'y']);
    places[1]?.leave();

    // Then
    expect(begun).toEqual(['A', 'B', 'x', 'y', 'C']);
    short[1]?.leave();
    expect(begun).toEqual(['A', 'B', 'x', 'y', 'C', 'D']);
  });

  it('lets short ones have turns one after the other where there is one turn', () => {
    queue.limit = 1;
    const first = queue.enter(() => begun.push('A'), { long: true });
    queue.enter(() => begun.push('B'), { long: true });
    const short = enter('x');
    first.leave();
    short.leave();
    expect(begun).toEqual(['A', 'x', 'B']);
  });

  it('begins more at once where its limit grows, and fewer where it sinks', () => {
    const places = ['a', 'b', 'c', 'd', 'e'].map(enter);
    queue.limit = 3;
    expect(begun).toEqual(['a', 'b', 'c']);
    queue.limit = 2;
    places[0]?.leave();
    expect(begun).toEqual(['a', 'b', 'c']);
    places[1]?.leave();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('begins only what goes on while it is held', () => {
    // Given
    const [first, second] = ['a', 'b', 'c'].map(enter);
    queue.held = true;
    first?.leave();
    second?.leave();
    expect(begun).toEqual(['a', 'b']);

    // When
    queue.enter(() => begun.push('a again'), { goesOn: true });

    // Then
    expect(begun).toEqual(['a', 'b', 'a again']);
    queue.held = false;
    expect(begun).toEqual(['a', 'b', 'a again', 'c']);
  });

  it('begins what goes on before what has not begun', () => {
    const [first] = ['a', 'b', 'c'].map(enter);
    queue.enter(() => begun.push('a again'), { goesOn: true });
    first?.leave();
    expect(begun).toEqual(['a', 'b', 'a again']);
  });

  it('begins nothing once it is closed', () => {
    const [first] = ['a', 'b', 'c'].map(enter);
    queue.close();
    first?.leave();
    enter('d');
    expect(begun).toEqual(['a', 'b']);
  });

  describe('of two tabs', () => {
    let locks: Locks;
    let other: UploadQueue;

    beforeEach(() => {
      locks = new Locks();
      queue = new UploadQueue(2, locks as unknown as LockManager);
      other = new UploadQueue(2, locks as unknown as LockManager);
    });

    it('lets two have their turn in all', async () => {
      // Given
      const [first] = ['a', 'b', 'c'].map(enter);
      other.enter(() => begun.push('other'));
      await settled();
      expect(begun).toEqual(['a', 'b']);

      // When
      first?.leave();
      await settled();

      // Then: it is the other tab's turn, which has waited longer than the third here
      expect(begun).toEqual(['a', 'b', 'other']);
    });

    it('lets each have one', async () => {
      enter('a');
      await settled();
      other.enter(() => begun.push('other'));
      await settled();
      expect(begun).toEqual(['a', 'other']);
    });

    it('never begins one that left while another tab had its turn', async () => {
      const [first] = ['a', 'b'].map(enter);
      await settled();
      other.enter(() => begun.push('gone')).leave();
      first?.leave();
      await settled();
      expect(begun).toEqual(['a', 'b']);
    });

    it('leaves its turns to the other when it is closed', async () => {
      ['a', 'b', 'c'].map(enter);
      other.enter(() => begun.push('other'));
      await settled();
      queue.close();
      await settled();
      expect(begun).toEqual(['a', 'b', 'other']);
    });

    it('counts for itself where the browser refuses its locks', async () => {
      locks.refused = true;
      ['a', 'b', 'c'].map(enter);
      await settled();
      expect(begun).toEqual(['a', 'b']);
    });
  });
});

/** The part of the Web Locks API that is used: exclusive locks, in the order of their requests. */
class Locks {
  refused = false;

  async request(
    name: string,
    { signal }: { signal: AbortSignal },
    held: () => Promise<void>
  ): Promise<void> {
    if (this.refused) {
      throw new DOMException('The request was denied.', 'SecurityError');
    }
    const before = this._last.get(name) ?? Promise.resolve();
    const holding = before.then(() => {
      if (signal.aborted) {
        throw new DOMException('The request was aborted.', 'AbortError');
      }
      return held();
    });
    this._last.set(
      name,
      holding.catch(() => undefined)
    );
    return holding;
  }

  private readonly _last = new Map<string, Promise<void>>();
}

const settled = () => new Promise(resolve => setTimeout(resolve));
