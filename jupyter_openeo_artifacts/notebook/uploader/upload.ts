import { isUnchanged } from '../../../src/transport/unchanged';
import type { Kernel } from './kernel';
import { Late } from './kernel';
import type { IUpload, IProblem } from './protocol';
import { ended } from './protocol';
import { type Hearing, Sending } from './sending';
import { TEXT } from './text';

/** After so long without a word of the kernel it is asked whether it is there (ms). */
const ASK = 10_000;
/** After so long the person is told (ms). */
export const SILENCE = 20_000;
/** How long to wait where the kernel has no room for bytes (ms). */
const STALL = 10_000;

/**
 * What is known of one file that was dropped.
 *
 * waiting   other files go first
 * opening   the kernel was asked for a place
 * going     the kernel has an upload for it
 * stopping  the person cancelled, the kernel has not confirmed it
 * over      nothing more happens; `text` says why
 */
export type UploadState =
  | { readonly is: 'waiting' }
  | { readonly is: 'opening' }
  | {
      readonly is: 'going';
      readonly upload: string;
      readonly view: IUpload | null;
      readonly stalled: IProblem | null;
    }
  | { readonly is: 'stopping'; readonly upload: string | null }
  | { readonly is: 'over'; readonly text: string; readonly wrong: boolean };

let made = 0;

/** One file on its way from the page to the kernel, and from there to storage. */
export class Upload {
  readonly key = ++made;

  constructor(
    readonly file: File,
    private readonly _kernel: Kernel,
    private readonly _changed: () => void
  ) {
    this._sending = new Sending(file, {
      post: (offset, bytes) => this._post(offset, bytes),
      unreadable: () => this._giveUp(TEXT.unreadable)
    });
  }

  get name(): string {
    return this.file.name;
  }

  get state(): UploadState {
    return this._state;
  }

  /** How many of its bytes the kernel has. */
  get received(): number {
    return this._sending.received;
  }

  /** The id of the upload it became. */
  get upload(): string | null {
    const { _state: state } = this;
    return state.is === 'going' || state.is === 'stopping'
      ? state.upload
      : null;
  }

  /** Whether its bytes are being sent: only a few are at a time. */
  get occupies(): boolean {
    const { _state: state } = this;
    return (
      state.is === 'opening' ||
      (state.is === 'going' &&
        !this._sending.complete &&
        !(state.view && ended(state.view.state)))
    );
  }

  /** For how long the kernel has owed an answer (ms), where that is worth saying. */
  get silence(): number {
    const silence = this._owed();
    return silence >= SILENCE ? silence : 0;
  }

  /** Ask the kernel for a place, then send. */
  async begin(): Promise<void> {
    this._heard();
    this._set({ is: 'opening' });
    let upload: string;
    try {
      upload = await this._kernel.open(this.name, this.file.size);
    } catch (error) {
      if (this._state.is !== 'over') {
        this._end(
          error instanceof Late ? TEXT.unreachable : (error as Error).message,
          true
        );
      }
      return;
    }
    if (this._state.is !== 'opening') {
      this._kernel.send({ do: 'cancel', upload }); // the person was quicker
      if (this._state.is === 'stopping') {
        this._set({ is: 'stopping', upload });
      }
      return;
    }
    this._heard();
    this._set({ is: 'going', upload, view: null, stalled: null });
    this._sending.start();
    void this._confirm();
  }

  /** Never send it. */
  refuse(text: string): void {
    this._end(text, true);
  }

  cancel(): void {
    const { _state: state } = this;
    this._sending.stop();
    switch (state.is) {
      case 'waiting':
        this._end(TEXT.given, false);
        return;
      case 'opening':
        this._heard();
        this._set({ is: 'stopping', upload: null });
        return;
      case 'going':
        this._heard();
        this._set({ is: 'stopping', upload: state.upload });
        if (!this._kernel.send({ do: 'cancel', upload: state.upload })) {
          this._end(TEXT.restarted, true);
        }
        return;
      case 'stopping':
      case 'over':
        return;
    }
  }

  retry(): void {
    const { _state: state } = this;
    if (state.is === 'going') {
      this._heard();
      this._kernel.send({ do: 'retry', upload: state.upload });
      this._sending.start();
    }
  }

  /** Whether it ended because storage had the same file already. */
  get reused(): boolean {
    return this._reused;
  }

  /** Hear how the upload is; `when` it was staged where storage had the same file already. */
  hearUpload(view: IUpload, when: string | null = null): void {
    const { _state: state } = this;
    this._heard();
    if (view.reused && (state.is === 'going' || state.is === 'stopping')) {
      this._reused = true;
      this._end(when ? TEXT.reused(when) : TEXT.reusedSometime, false);
      return;
    }
    if (state.is === 'going') {
      if (state.view && isFinal(state.view)) {
        return; // told late: a worker thread was overtaken
      }
      this._set({ ...state, view });
      if (ended(view.state)) {
        this._sending.stop();
      }
    }
    if (
      view.state === 'cancelled' &&
      (state.is === 'going' || state.is === 'stopping')
    ) {
      this._end(TEXT.cancelled, false);
    } else if (state.is === 'stopping' && ended(view.state)) {
      // It ended in another way before the kernel got the request.
      this._set({ is: 'going', upload: view.upload, view, stalled: null });
    }
  }

  /** Hear how far the kernel has the bytes. */
  hearReceived(offset: number, why: Hearing): void {
    this._heard();
    if (this._state.is === 'going') {
      this._sending.heard(offset, why);
      void this._confirm();
      this._changed();
    }
  }

  /** Hear that there is no room for bytes now: they are sent again after a while. */
  hearStalled(offset: number, problem: IProblem): void {
    const { _state: state } = this;
    this._heard();
    if (state.is !== 'going' || state.stalled) {
      return;
    }
    this._sending.stop();
    this._set({ ...state, stalled: problem });
    setTimeout(() => {
      const { _state: later } = this;
      if (later.is === 'going') {
        this._set({ ...later, stalled: null });
        if (!later.view || !ended(later.view.state)) {
          this._sending.start(offset);
        }
      }
    }, STALL);
  }

  /** Hear that the kernel does not know the upload: it is another kernel. */
  hearUnknown(): void {
    this._giveUp(TEXT.restarted);
  }

  /** Look whether the kernel owes an answer for too long; ask it then. */
  look(): void {
    const { _state: state } = this;
    const owed = this._owed();
    if (owed < ASK) {
      return;
    }
    if (state.is === 'stopping' && owed > SILENCE) {
      this._end(TEXT.given, false);
    } else if (state.is === 'going' && performance.now() - this._asked > ASK) {
      this._asked = performance.now();
      this._sending.hold();
      if (!this._kernel.send({ do: 'where', upload: state.upload })) {
        this._giveUp(TEXT.restarted);
      }
    }
    this._changed();
  }

  private _owed(): number {
    const { _state: state } = this;
    switch (state.is) {
      case 'opening':
      case 'stopping':
        return performance.now() - this._heardAt;
      case 'going':
        return state.stalled || (state.view && ended(state.view.state))
          ? 0
          : performance.now() - this._heardAt;
      case 'waiting':
      case 'over':
        return 0;
    }
  }

  private _heard(): void {
    this._heardAt = performance.now();
  }

  /**
   * Tell the kernel whether the file is still the one that was chosen, once it has all bytes; again
   * where it may not have got it.
   */
  private async _confirm(): Promise<void> {
    if (!this._sending.complete) {
      return;
    }
    const unchanged = await isUnchanged(this.file);
    const { _state: state } = this;
    if (state.is === 'going' && !(state.view && ended(state.view.state))) {
      this._kernel.send({ do: 'confirm', upload: state.upload, unchanged });
    }
  }

  private _post(offset: number, bytes: ArrayBuffer): void {
    const { upload } = this;
    if (
      upload !== null &&
      !this._kernel.send({ do: 'chunk', upload, offset }, bytes)
    ) {
      this._giveUp(TEXT.restarted);
    }
  }

  private _giveUp(text: string): void {
    const { upload } = this;
    if (this._state.is === 'over') {
      return;
    }
    this._end(text, true);
    if (upload !== null) {
      this._kernel.send({ do: 'cancel', upload });
    }
  }

  private _end(text: string, wrong: boolean): void {
    this._sending.stop();
    this._set({ is: 'over', text, wrong });
  }

  private _set(state: UploadState): void {
    this._state = state;
    this._changed();
  }

  private readonly _sending: Sending;
  private _state: UploadState = { is: 'waiting' };
  private _heardAt = 0;
  private _asked = 0;
  private _reused = false;
}

function isFinal(view: IUpload): boolean {
  return view.state === 'staged' || view.state === 'cancelled';
}
