/**
 * Reads something at most once in a while, however often that is asked for.
 *
 * The first who ask are served at once; all who ask while it is read, or soon after, are served
 * together by one more read.
 */
export class GatheredRead {
  /**
   * @param read - Reads it.
   * @param gap - The least time from the begin of a read to that of the next (ms).
   */
  constructor(
    private readonly _read: () => Promise<void>,
    private readonly _gap: number
  ) {}

  /** Resolves when a read is over that began after this call. */
  ask(): Promise<void> {
    this._next ??= this._run();
    return this._next;
  }

  private async _run(): Promise<void> {
    await this._current?.catch(() => undefined);
    const wait = this._begun + this._gap - performance.now();
    if (wait > 0) {
      await new Promise(resolve => setTimeout(resolve, wait));
    }
    this._begun = performance.now();
    this._next = undefined;
    this._current = this._read();
    return this._current;
  }

  private _begun = -Infinity;
  private _current: Promise<void> | undefined;
  private _next: Promise<void> | undefined;
}
