import { type ISignal, Signal } from '@lumino/signaling';

import { problemOf, sentence } from './problem';

/** One sentence for the person, with how it is meant. */
export interface INotice {
  readonly kind: 'info' | 'error';
  readonly text: string;
  /** The code of the problem that it tells of, where it tells of one. */
  readonly code?: string;
}

/**
 * Sentences that answer what a person just did: shown in the panel's status line, or as Jupyter's
 * own notification where the panel is not in sight.
 */
export class Notices {
  get last(): INotice | null {
    return this._last;
  }

  /** One was said; null where it is not so any more. */
  get said(): ISignal<this, INotice | null> {
    return this._said;
  }

  say(text: string): void {
    this._put({ kind: 'info', text });
  }

  fail(text: string): void {
    this._put({ kind: 'error', text });
  }

  /** Say what went wrong. */
  failed(error: unknown): void {
    const problem = problemOf(error);
    this._put({ kind: 'error', text: sentence(problem), code: problem.code });
  }

  clear(): void {
    this._last = null;
    this._said.emit(null);
  }

  /** Take back what is no longer so: the last sentence, where it tells of one of these problems. */
  settle(codes: ReadonlySet<string>): void {
    if (codes.has(this._last?.code ?? '')) {
      this.clear();
    }
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private _put(notice: INotice): void {
    this._last = Object.freeze(notice);
    this._said.emit(this._last);
  }

  private _last: INotice | null = null;
  private readonly _said = new Signal<this, INotice | null>(this);
}
