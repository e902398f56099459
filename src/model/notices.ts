import { type ISignal, Signal } from '@lumino/signaling';

/** One sentence for the person, with how it is meant. */
export interface INotice {
  readonly kind: 'info' | 'error';
  readonly text: string;
}

/**
 * Sentences that answer what a person just did: shown in the panel's status line, or as Jupyter's
 * own notification where the panel is not in sight.
 */
export class Notices {
  get last(): INotice | null {
    return this._last;
  }

  get said(): ISignal<this, INotice> {
    return this._said;
  }

  say(text: string): void {
    this._put({ kind: 'info', text });
  }

  fail(text: string): void {
    this._put({ kind: 'error', text });
  }

  clear(): void {
    this._last = null;
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private _put(notice: INotice): void {
    this._last = Object.freeze(notice);
    this._said.emit(this._last);
  }

  private _last: INotice | null = null;
  private readonly _said = new Signal<this, INotice>(this);
}
