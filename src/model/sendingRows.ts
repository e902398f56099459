import type { QueuedFile, Sending } from './state';

/** What of the files that this browser is sending is shown. */
export interface ISenderState {
  readonly queuedFiles: readonly QueuedFile[];
  readonly sending: ReadonlyMap<string, Sending>;
  readonly held: boolean;
}

/** Keeps what is shown of the files that this browser is sending; replaced at every change. */
export class SendingRows {
  constructor(private readonly _onChange: () => void) {}

  get state(): ISenderState {
    return this._state;
  }

  /** Whether nothing is left that waits or is sent. */
  get isIdle(): boolean {
    const { queuedFiles, sending } = this._state;
    return (
      sending.size === 0 &&
      queuedFiles.every(({ state }) => state === 'refused')
    );
  }

  /** Add files below those that are there. */
  addQueued(files: readonly QueuedFile[]): void {
    this._set({
      queuedFiles: Object.freeze([...this._state.queuedFiles, ...files])
    });
  }

  /** Put a file in its own place, or above the others. */
  putQueued(file: QueuedFile): void {
    const { queuedFiles } = this._state;
    this._set({
      queuedFiles: Object.freeze(
        queuedFiles.some(({ key }) => key === file.key)
          ? queuedFiles.map(each =>
              each.key === file.key ? { size: each.size, ...file } : each
            )
          : [file, ...queuedFiles]
      )
    });
  }

  dropQueued(key: string): void {
    this._set({ queuedFiles: this._without(key) });
  }

  /** Show a file as its upload from now on. */
  begin(key: string, upload: string): void {
    this._set({
      queuedFiles: this._without(key),
      sending: new Map(this._state.sending).set(upload, { state: 'sending' })
    });
  }

  putSending(upload: string, sending: Sending): void {
    this._set({ sending: new Map(this._state.sending).set(upload, sending) });
  }

  dropSending(upload: string): void {
    const sending = new Map(this._state.sending);
    sending.delete(upload);
    this._set({ sending });
  }

  setHeld(held: boolean): void {
    this._set({ held });
  }

  private _without(gone: string): readonly QueuedFile[] {
    return Object.freeze(
      this._state.queuedFiles.filter(({ key }) => key !== gone)
    );
  }

  private _set(change: Partial<ISenderState>): void {
    this._state = Object.freeze({ ...this._state, ...change });
    this._onChange();
  }

  private _state: ISenderState = Object.freeze({
    queuedFiles: Object.freeze([]),
    sending: new Map<string, Sending>(),
    held: false
  });
}
