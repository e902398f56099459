import type { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

import { FileUpload, type IUploadOptions, type Problem } from '../api';
import { problemOf } from './problem';
import type { LocalUpload, Sending } from './state';

/** Makes the transport of one file; tests put their own in its place. */
export type UploadFactory = (options: IUploadOptions) => FileUpload;

/** What of {@link Uploads} is shown. */
export interface IUploadsState {
  readonly uploads: readonly LocalUpload[];
  readonly sending: ReadonlyMap<string, Sending>;
}

/**
 * The files that this browser is sending.
 *
 * Files (not their bytes) are kept while their job may still want them: to go on after a broken
 * connection and to try again. They are gone when the page is.
 */
export class Uploads {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _makeUpload: UploadFactory = options =>
      new FileUpload(options)
  ) {}

  /** The state, replaced at every change. */
  get state(): IUploadsState {
    return this._state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A job was made or has all its bytes: its list is worth reading. */
  get progressed(): ISignal<this, void> {
    return this._progressed;
  }

  /** Send a file to a new job of a connection. */
  send(file: File, connection: string): void {
    const key = UUID.uuid4();
    let started: string | null = null;
    this._pending.set(key, { file, connection });
    this._putLocal({ state: 'starting', key, name: file.name });
    const upload = this._makeUpload({
      settings: this._settings,
      file,
      connection,
      onJob: job => {
        this._pending.delete(key);
        this._dropLocal(key);
        this._files.set(job, file);
        this._uploads.set(job, upload);
        started = job;
        this._putSending(job, { state: 'sending' });
        this._progressed.emit();
      },
      onWaiting: waiting => {
        if (started !== null) {
          this._putSending(started, {
            state: waiting ? 'waiting' : 'sending'
          });
        }
      }
    });
    this._starting.set(key, upload);
    upload.start();
    upload.done
      .then(() => this._finish(started))
      .catch((error: unknown) => {
        if (started !== null) {
          this._break(started, error);
        } else if (this._pending.has(key)) {
          this.refuse(file.name, problemOf(error), key);
        }
      })
      .finally(() => this._starting.delete(key));
  }

  /** Show something that was to be sent and cannot be, with why. */
  refuse(name: string, problem: Problem, key: string = UUID.uuid4()): void {
    this._putLocal({
      state: 'refused',
      key,
      name,
      problem,
      again: this._pending.has(key)
    });
  }

  /** Try a refused file once more. */
  again(key: string): void {
    const pending = this._pending.get(key);
    if (pending) {
      this.dismiss(key);
      this.send(pending.file, pending.connection);
    }
  }

  /** Take a row off the list; a file that has no job yet is not sent any more. */
  dismiss(key: string): void {
    this._starting.get(key)?.abort();
    this._pending.delete(key);
    this._dropLocal(key);
  }

  /** Whether this browser has the file of a job. */
  has(job: string): boolean {
    return this._files.has(job);
  }

  /** Go on with a job whose bytes are not all with the server; false where the file is not at hand. */
  resume(job: string): boolean {
    const file = this._files.get(job);
    if (!file) {
      return false;
    }
    this._uploads.get(job)?.abort();
    const upload = this._makeUpload({
      settings: this._settings,
      file,
      job,
      onJob: () => undefined,
      onWaiting: waiting =>
        this._putSending(job, { state: waiting ? 'waiting' : 'sending' })
    });
    this._uploads.set(job, upload);
    this._putSending(job, { state: 'sending' });
    upload.start();
    upload.done
      .then(() => this._uploads.get(job) === upload && this._finish(job))
      .catch((error: unknown) => this._break(job, error));
    return true;
  }

  /** Stop sending for a job and let go of its file. */
  forget(job: string): void {
    if (!this._files.has(job)) {
      return;
    }
    this._uploads.get(job)?.abort();
    this._uploads.delete(job);
    this._files.delete(job);
    this._dropSending(job);
  }

  dispose(): void {
    for (const upload of [
      ...this._uploads.values(),
      ...this._starting.values()
    ]) {
      upload.abort();
    }
    this._uploads.clear();
    this._starting.clear();
    this._files.clear();
    this._pending.clear();
    Signal.clearData(this);
  }

  private _finish(job: string | null): void {
    if (job !== null) {
      this._uploads.delete(job);
      this._dropSending(job);
      this._progressed.emit();
    }
  }

  private _break(job: string, error: unknown): void {
    this._uploads.delete(job);
    this._putSending(job, {
      state: 'broken',
      message: problemOf(error).message
    });
    this._progressed.emit();
  }

  private _putLocal(upload: LocalUpload): void {
    const others = this._state.uploads.filter(({ key }) => key !== upload.key);
    this._set({ uploads: Object.freeze([upload, ...others]) });
  }

  private _dropLocal(key: string): void {
    this._set({
      uploads: Object.freeze(this._state.uploads.filter(u => u.key !== key))
    });
  }

  private _putSending(job: string, sending: Sending): void {
    this._set({ sending: new Map(this._state.sending).set(job, sending) });
  }

  private _dropSending(job: string): void {
    const sending = new Map(this._state.sending);
    sending.delete(job);
    this._set({ sending });
  }

  private _set(change: Partial<IUploadsState>): void {
    this._state = Object.freeze({ ...this._state, ...change });
    this._changed.emit();
  }

  private _state: IUploadsState = Object.freeze({
    uploads: Object.freeze([]),
    sending: new Map<string, Sending>()
  });
  private readonly _files = new Map<string, File>();
  private readonly _pending = new Map<
    string,
    { file: File; connection: string }
  >();
  private readonly _starting = new Map<string, FileUpload>();
  private readonly _uploads = new Map<string, FileUpload>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _progressed = new Signal<this, void>(this);
}
