/** A place in an {@link UploadQueue}. */
export interface IPlace {
  /** Give the place up, whether its turn has come or not; again does no harm. */
  leave(): void;
}

/** What tells when a member's turn comes. */
export interface ITurn {
  /** Whether it will take long. */
  readonly long?: boolean;
  /** Whether it goes on with what it had begun. */
  readonly goesOn?: boolean;
}

/**
 * A queue whose first few members have their turn at the same time; the others wait in order.
 *
 * One turn is kept from long members while short ones wait, which would stand behind them for long
 * otherwise.
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
    private _limit: number,
    private readonly _locks: LockManager | undefined = navigator.locks
  ) {}

  /** How many have their turn at the same time; where it sinks, those that have theirs keep it. */
  set limit(limit: number) {
    this._limit = limit;
    this._advance();
  }

  /** Whether nobody begins for now but who goes on; those that wait keep their order. */
  get held(): boolean {
    return this._held;
  }

  set held(held: boolean) {
    this._held = held;
    this._advance();
  }

  /**
   * Wait for a turn; `begin` is called once, at the latest when all before have left.
   *
   * One that `goesOn` with what it had begun goes before those that have not begun.
   */
  enter(
    begin: () => void,
    { long = false, goesOn = false }: ITurn = {}
  ): IPlace {
    const leaving = new AbortController();
    const member: IMember = { begin, long, goesOn, leaving };
    const fresh = this._waiting.findIndex(other => !other.goesOn);
    const place = goesOn && fresh >= 0 ? fresh : this._waiting.length;
    this._waiting.splice(place, 0, member);
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
      const place = this._nextPlace();
      const [next] = place < 0 ? [] : this._waiting.splice(place, 1);
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

  /** The first that waits, or the first short one where long ones have all turns but one. */
  private _nextPlace(): number {
    if (this._held) {
      return this._waiting.findIndex(member => member.goesOn);
    }
    const long = [...this._active].filter(member => member.long).length;
    return long < this._limit - 1
      ? 0
      : Math.max(
          0,
          this._waiting.findIndex(member => !member.long)
        );
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
  private _held = false;
}

const LOCK = 'jupyter-openeo-artifacts:upload';

interface IMember {
  readonly begin: () => void;
  readonly long: boolean;
  readonly goesOn: boolean;
  readonly leaving: AbortController;
}
