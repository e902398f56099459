import type { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

import { FileUpload, type IUploadOptions, type Problem } from '../api';
import { problemOf } from './problem';
import type { LocalUpload, Sending } from './state';
import { type IPlace, UploadQueue } from './uploadQueue';

/** How many files are sent at a time: each holds one of the browser's six connections. */
export const AT_ONCE = 2;

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

  /** Send files to new jobs of a connection, each when its turn comes. */
  send(files: readonly File[], connection: string): void {
    const added = files.map(file => ({ file, key: UUID.uuid4() }));
    for (const { file, key } of added) {
      this._pending.set(key, { file, connection });
    }
    this._set({
      uploads: Object.freeze([
        ...this._state.uploads,
        ...added.map(({ file, key }) => ({
          state: 'queued' as const,
          key,
          name: file.name
        }))
      ])
    });
    for (const { key } of added) {
      this._places.set(
        key,
        this._queue.enter(() => this._begin(key))
      );
    }
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
      this.send([pending.file], pending.connection);
    }
  }

  /** Take a row off the list; a file that has no job yet is not sent any more. */
  dismiss(key: string): void {
    this._starting.get(key)?.abort();
    this._leave(key);
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
    this._uploads.delete(job);
    this._leave(job);
    this._putSending(job, { state: 'queued' });
    const place = this._queue.enter(() => this._goOn(job, file));
    this._places.set(job, place);
    return true;
  }

  /** Try at once what waits for the server to answer: it may be back. */
  wake(): void {
    for (const upload of [
      ...this._uploads.values(),
      ...this._starting.values()
    ]) {
      upload.wake();
    }
  }

  /** Stop sending for a job and let go of its file. */
  forget(job: string): void {
    if (!this._files.has(job)) {
      return;
    }
    this._uploads.get(job)?.abort();
    this._leave(job);
    this._uploads.delete(job);
    this._files.delete(job);
    this._dropSending(job);
  }

  dispose(): void {
    this._queue.close();
    for (const upload of [
      ...this._uploads.values(),
      ...this._starting.values()
    ]) {
      upload.abort();
    }
    this._uploads.clear();
    this._starting.clear();
    this._places.clear();
    this._files.clear();
    this._pending.clear();
    Signal.clearData(this);
  }

  /** Ask for a job for a file whose turn has come, and send its bytes. */
  private _begin(key: string): void {
    const pending = this._pending.get(key);
    if (!pending) {
      return;
    }
    const { file, connection } = pending;
    let started: string | null = null;
    this._putLocal({ state: 'starting', key, name: file.name });
    const upload = this._makeUpload({
      settings: this._settings,
      file,
      connection,
      onJob: job => {
        const place = this._places.get(key);
        this._places.delete(key);
        if (place) {
          this._places.set(job, place);
        }
        this._pending.delete(key);
        this._starting.delete(key);
        this._files.set(job, file);
        this._uploads.set(job, upload);
        started = job;
        this._set({
          uploads: withoutKey(this._state.uploads, key),
          sending: new Map(this._state.sending).set(job, { state: 'sending' })
        });
        this._progressed.emit();
      },
      onWaiting: waiting => {
        if (started !== null) {
          this._putSending(started, {
            state: waiting ? 'waiting' : 'sending'
          });
        } else if (this._pending.has(key)) {
          const state = waiting ? 'waiting' : 'starting';
          this._putLocal({ state, key, name: file.name });
        }
      }
    });
    this._starting.set(key, upload);
    upload.start();
    upload.done
      .then(() => this._finish(started, upload))
      .catch((error: unknown) => {
        if (started !== null) {
          this._break(started, upload, error);
        } else if (this._pending.has(key)) {
          this._leave(key);
          this.refuse(file.name, problemOf(error), key);
        }
      })
      .finally(() => this._starting.delete(key));
  }

  /** Send on what a job has not got yet. */
  private _goOn(job: string, file: File): void {
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
      .then(() => this._finish(job, upload))
      .catch((error: unknown) => this._break(job, upload, error));
  }

  private _finish(job: string | null, upload: FileUpload): void {
    // An upload that was replaced by a later one says nothing about the job any more.
    if (job !== null && this._uploads.get(job) === upload) {
      this._leave(job);
      this._uploads.delete(job);
      this._dropSending(job);
      this._progressed.emit();
    }
  }

  private _break(job: string, upload: FileUpload, error: unknown): void {
    if (this._uploads.get(job) !== upload) {
      return;
    }
    this._leave(job);
    this._uploads.delete(job);
    this._putSending(job, {
      state: 'broken',
      message: problemOf(error).message
    });
    this._progressed.emit();
  }

  /** Let the next one have its turn. */
  private _leave(id: string): void {
    this._places.get(id)?.leave();
    this._places.delete(id);
  }

  private _putLocal(upload: LocalUpload): void {
    const { uploads } = this._state;
    this._set({
      uploads: Object.freeze(
        uploads.some(({ key }) => key === upload.key)
          ? uploads.map(each => (each.key === upload.key ? upload : each))
          : [upload, ...uploads]
      )
    });
  }

  private _dropLocal(key: string): void {
    this._set({ uploads: withoutKey(this._state.uploads, key) });
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
  private readonly _queue = new UploadQueue(AT_ONCE);
  /** By key of a row that has no job yet, or by job. */
  private readonly _places = new Map<string, IPlace>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _progressed = new Signal<this, void>(this);
}

function withoutKey(
  uploads: readonly LocalUpload[],
  gone: string
): readonly LocalUpload[] {
  return Object.freeze(uploads.filter(({ key }) => key !== gone));
}
