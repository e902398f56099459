import type { IDisposable } from '@lumino/disposable';

/** A hidden page has no frames; its listeners are then told after this long (ms). */
const HIDDEN = 250;

/**
 * Tells at most once a frame that something has changed: the first time at once, and all that
 * follows within the frame together at its end.
 */
export class FrameGate implements IDisposable {
  constructor(private readonly _tell: () => void) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Something has changed. */
  pass(): void {
    if (this._isDisposed) {
      return;
    }
    if (this._shut) {
      this._missed = true;
      return;
    }
    this._shut = true;
    this._missed = false;
    this._frame = requestAnimationFrame(this._open);
    this._timer = setTimeout(this._open, HIDDEN);
    this._tell();
  }

  dispose(): void {
    this._isDisposed = true;
    this._cancel();
  }

  private _cancel(): void {
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
  }

  private readonly _open = (): void => {
    this._cancel();
    this._shut = false;
    if (this._missed) {
      this.pass();
    }
  };

  private _frame = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _shut = false;
  private _missed = false;
  private _isDisposed = false;
}
