/** What a poll is made of, as much as is used of `@lumino/polling`. */
interface IOptions {
  readonly factory: () => Promise<unknown>;
  readonly frequency: { readonly interval: number };
  readonly standby: () => boolean | 'when-hidden';
}

/** What the bundle uses of `@lumino/polling`, which would be a twenty-fifth of it. */
export class Poll {
  constructor(private readonly _options: IOptions) {
    this.frequency = _options.frequency;
    this.schedule({ interval: 0 });
  }

  frequency: IOptions['frequency'];

  /** Poll after so many milliseconds, in the place of the poll that was to come. */
  schedule({ interval }: { interval: number }): void {
    clearTimeout(this._timer);
    this._timer = this._isDisposed
      ? undefined
      : setTimeout(() => void this._poll(), interval);
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
  }

  private async _poll(): Promise<void> {
    const own = this._timer;
    const standby = this._options.standby();
    if (standby !== true && !(standby && document.hidden)) {
      await this._options.factory().catch(() => undefined);
    }
    if (own === this._timer) {
      this.schedule(this.frequency); // unless somebody has meanwhile
    }
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
