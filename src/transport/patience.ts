/** The longest wait (ms). */
export const LONGEST = 300_000;

/** Waits that grow: the ones given, then twice the last one, and so on up to five minutes. */
export class Patience {
  constructor(private readonly _delays: readonly number[]) {}

  /** How long the next wait will be (ms). */
  get next(): number {
    const { length } = this._delays;
    const given = this._delays[this._waits];
    const last = this._delays[length - 1] ?? 1;
    return given ?? Math.min(LONGEST, last * 2 ** (this._waits - length + 1));
  }

  /** Whether somebody is waiting. */
  get waiting(): boolean {
    return this._end !== null;
  }

  /** Wait; each time longer. */
  wait(): Promise<void> {
    const delay = this.next;
    this._waits += 1;
    return new Promise(resolve => {
      const timer = setTimeout(() => this.wake(), delay);
      this._end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** End the wait now. */
  wake(): void {
    const end = this._end;
    this._end = null;
    end?.();
  }

  /** Begin with the shortest wait again. */
  reset(): void {
    this._waits = 0;
  }

  private _waits = 0;
  private _end: (() => void) | null = null;
}
