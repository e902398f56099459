import { type ISignal, Signal } from '@lumino/signaling';

import type { Session } from './state';

/**
 * How far somebody is signed in, and which step decides it.
 *
 * An answer that comes after a newer step was taken is dropped, so a slow backend cannot undo what
 * the person did since.
 */
export class SessionStore {
  get state(): Session {
    return this._state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The step that decides now. */
  get step(): number {
    return this._step;
  }

  /** Take a step; the answers to those before it count no more. */
  next(): number {
    return ++this._step;
  }

  /** Whether a step is still the one that decides. */
  decides(step: number): boolean {
    return step === this._step;
  }

  put(state: Session): void {
    if (JSON.stringify(state) !== JSON.stringify(this._state)) {
      this._state = Object.freeze(state);
      this._changed.emit();
    }
  }

  dispose(): void {
    this.next();
    Signal.clearData(this);
  }

  private _state: Session = { state: 'loading' };
  private _step = 0;
  private readonly _changed = new Signal<this, void>(this);
}
