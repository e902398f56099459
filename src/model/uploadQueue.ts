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
 */
export class UploadQueue {
  /**
   * @param limit - How many have their turn at the same time.
   */
  constructor(private readonly _limit: number) {}

  /** Wait for a turn; `begin` is called once, at the latest when those before have left. */
  enter(begin: () => void): IPlace {
    const member = { begin };
    this._waiting.push(member);
    this._advance();
    return {
      leave: () => {
        const index = this._waiting.indexOf(member);
        if (index >= 0) {
          this._waiting.splice(index, 1);
        } else if (this._active.delete(member)) {
          this._advance();
        }
      }
    };
  }

  /** Let nobody begin any more. */
  close(): void {
    this._waiting.length = 0;
    this._active.clear();
    this._closed = true;
  }

  private _advance(): void {
    while (!this._closed && this._active.size < this._limit) {
      const next = this._waiting.shift();
      if (!next) {
        return;
      }
      this._active.add(next);
      next.begin();
    }
  }

  private readonly _waiting: { readonly begin: () => void }[] = [];
  private readonly _active = new Set<object>();
  private _closed = false;
}
