/** A place in an {@link UploadQueue}. */
export interface IPlace {
  /** Give the place up, whether its turn has come or not; again does no harm. */
  leave(): void;
}

/**
 * A queue whose first few members have their turn at the same time; the others wait in order.
 *
 * A browser gives a host six connections in all (HTTP/1.1), and the body of an upload holds one of
 * them until its last byte: whatever is beyond the limit would block JupyterLab's own requests.
 * All tabs have those six together, so a turn is a lock that one tab has at a time. Over plain
 * http, where browsers have no locks, each tab counts for itself.
 */
export class UploadQueue {
  /**
   * @param limit - How many have their turn at the same time.
   * @param locks - What the browser's tabs share.
   */
  constructor(
    private readonly _limit: number,
    private readonly _locks: LockManager | undefined = navigator.locks
  ) {}

  /** Wait for a turn; `begin` is called once, at the latest when those before have left. */
  enter(begin: () => void): IPlace {
    const member: IMember = { begin, leaving: new AbortController() };
    this._waiting.push(member);
    this._advance();
    return {
      leave: () => {
        const index = this._waiting.indexOf(member);
        if (index >= 0) {
          this._waiting.splice(index, 1);
        } else if (this._active.delete(member)) {
          member.leaving.abort();
          this._advance();
        }
      }
    };
  }

  /** Let nobody begin any more. */
  close(): void {
    this._closed = true;
    this._waiting.length = 0;
    for (const { leaving } of this._active) {
      leaving.abort();
    }
    this._active.clear();
  }

  private _advance(): void {
    while (!this._closed && this._active.size < this._limit) {
      const next = this._waiting.shift();
      if (!next) {
        return;
      }
      this._active.add(next);
      if (this._locks) {
        void this._beginLocked(next, this._locks);
      } else {
        next.begin();
      }
    }
  }

  /** Begin with the first lock that no tab has, and hold it until leaving. */
  private async _beginLocked(
    { begin, leaving: { signal } }: IMember,
    locks: LockManager
  ): Promise<void> {
    const asking = new AbortController();
    const stop = () => asking.abort();
    signal.addEventListener('abort', stop);
    const held = (): Promise<void> | undefined => {
      if (asking.signal.aborted) {
        return undefined; // it has the other one, or has left
      }
      stop();
      return new Promise(resolve => {
        signal.addEventListener('abort', () => resolve());
        begin();
      });
    };
    const requests = Array.from({ length: this._limit }, async (_, turn) =>
      locks.request(`${LOCK}-${turn}`, { signal: asking.signal }, held)
    );
    await Promise.allSettled(requests);
    if (!asking.signal.aborted) {
      begin(); // all were refused, as browsers do to pages in some frames
    }
  }

  private readonly _waiting: IMember[] = [];
  private readonly _active = new Set<IMember>();
  private _closed = false;
}

const LOCK = 'jupyter-openeo-artifacts:upload';

interface IMember {
  readonly begin: () => void;
  readonly leaving: AbortController;
}
