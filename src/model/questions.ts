import { type ISignal, Signal } from '@lumino/signaling';

/** Something that goes on only when the person has answered, or that they may stop. */
export interface IQuestion {
  readonly text: string;
  readonly answers: readonly {
    readonly label: string;
    readonly give: () => void;
  }[];
  readonly cancel: () => void;
}

/** Questions to the person, shown where what they ask about was given; one after the other. */
export class Questions {
  /** The one to show. */
  get first(): IQuestion | null {
    return this._open[0] ?? null;
  }

  /** Another one is the first. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask; null where it was cancelled. */
  ask<T>(
    text: string,
    answers: readonly (readonly [label: string, answer: T])[]
  ): Promise<T | null> {
    return new Promise(resolve => {
      const end = (answer: T | null) => (): void => {
        this._close(question);
        resolve(answer);
      };
      const question: IQuestion = {
        text,
        answers: answers.map(([label, answer]) => ({
          label,
          give: end(answer)
        })),
        cancel: end(null)
      };
      this._put([...this._open, question]);
    });
  }

  /** Show what is done until it has ended, with how far it is; `cancel` of it aborts the signal. */
  async during<T>(
    work: (tell: (text: string) => void, signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const stop = new AbortController();
    let shown: IQuestion | null = null;
    const tell = (text: string): void => {
      const now = { text, answers: [], cancel: () => stop.abort() };
      const before = shown;
      this._put(
        before && this._open.includes(before)
          ? this._open.map(each => (each === before ? now : each))
          : [now, ...this._open]
      );
      shown = now;
    };
    try {
      return await work(tell, stop.signal);
    } finally {
      if (shown) {
        this._close(shown);
      }
    }
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private _close(question: IQuestion): void {
    this._put(this._open.filter(each => each !== question));
  }

  private _put(open: readonly IQuestion[]): void {
    this._open = open;
    this._changed.emit();
  }

  private _open: readonly IQuestion[] = [];
  private readonly _changed = new Signal<this, void>(this);
}
