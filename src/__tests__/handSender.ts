import type { ISender, ISenderOptions } from '../transport';

/** A sender that is moved by hand. */
export class HandSender implements ISender {
  constructor(readonly options: ISenderOptions) {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  readonly done: Promise<void>;
  finish!: () => void;
  fail!: (error: unknown) => void;
  started = false;
  aborted = false;
  woken = 0;

  wake(): void {
    this.woken += 1;
  }

  start(): void {
    this.started = true;
  }

  abort(): void {
    this.aborted = true;
    this.finish();
  }
}
