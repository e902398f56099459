import { type ISignal, Signal } from '@lumino/signaling';

import { problemOf, sentence } from './problem';
import { Questions } from './questions';

/** One sentence for the person, with how it is meant. */
export interface INotice {
  /** `wait`: it holds until what it tells of has ended. */
  readonly kind: 'info' | 'error' | 'wait';
  readonly text: string;
  /** The code of the problem that it tells of, where it tells of one. */
  readonly code?: string;
}

/** How long something takes before it is said what it waits for (ms). */
const LONG = 1000;

/**
 * Sentences that answer what a person just did: shown in the panel's status line, or as Jupyter's
 * own notification where the panel is not in sight.
 */
export class Notices {
  /** What is asked instead of said. */
  readonly questions = new Questions();

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

  /** Say what `work` waits for where it takes long, until it ends or something else is said. */
  follow(work: Promise<unknown>, words: () => string | null): void {
    let said: INotice | null = null;
    const timer = setInterval(() => {
      const text = said === null ? words() : null;
      if (text !== null) {
        this._put({ kind: 'wait', text });
        said = this._last;
      }
    }, LONG);
    const end = (): void => {
      clearInterval(timer);
      if (said !== null && this._last === said) {
        this.clear();
      }
    };
    work.then(end, end);
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
    this.questions.dispose();
    Signal.clearData(this);
  }

  private _put(notice: INotice): void {
    this._last = Object.freeze(notice);
    this._said.emit(this._last);
  }

  private _last: INotice | null = null;
  private readonly _said = new Signal<this, INotice | null>(this);
}
