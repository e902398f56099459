import { UUID } from '@lumino/coreutils';
import { type ISignal, Signal } from '@lumino/signaling';

import {
  APIError,
  type ISender,
  type ITransport,
  type Problem
} from '../transport';
import { FilesAtHand } from './filesAtHand';
import { isGone, problemOf } from './problem';
import { type IFileOwner, LOST, movedTo, waysOn } from './refusal';
import { Resumer } from './resume';
import { type ISenderState, SendingRows } from './sendingRows';
import { type IPending, SignInQueue } from './signInQueue';
import { Turns } from './turns';

/**
 * The files that this browser is sending.
 *
 * Files (not their bytes) are kept while their upload may still want them, until the page is gone.
 */
export class FileSender {
  constructor(private readonly _transport: Pick<ITransport, 'send'>) {
    this._rows = new SendingRows(() => this._onRows());
    this.resumer = new Resumer(this._rows, this.files, id => this.resume(id));
    this.waiting = new SignInQueue(
      this._rows,
      this._pending,
      (key, pending, now) => this._goOnAs(key, pending, now)
    );
  }

  /** Which files are sent at a time. */
  readonly turns = new Turns();

  /** The files of uploads. */
  readonly files = new FilesAtHand();

  /** What goes on with files of before a reload. */
  readonly resumer: Resumer;

  /** What waits for a sign-in. */
  readonly waiting: SignInQueue;

  /** The state, replaced at every change. */
  get state(): ISenderState {
    return this._rows.state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** An upload was made or has all its bytes: its list is worth reading. */
  get progressed(): ISignal<this, void> {
    return this._progressed;
  }

  /**
   * Send files to new uploads, each when its turn comes: who is signed in by then may be another.
   */
  send(files: readonly File[], owner: IFileOwner = {}): void {
    const added = files.map(file => ({ file, key: UUID.uuid4() }));
    for (const { file, key } of added) {
      this._pending.set(key, { file, owner });
    }
    this._rows.addQueued(
      added.map(({ file: { name, size }, key }) => ({
        state: 'queued',
        key,
        name,
        size
      }))
    );
    for (const { file, key } of added) {
      this.turns.enter(key, file, () => this._begin(key));
    }
  }

  /** Show something that was to be sent and cannot be, with why. */
  refuse(name: string, problem: Problem, key: string = UUID.uuid4()): void {
    const ways: ReturnType<typeof waysOn> = this._pending.has(key)
      ? waysOn(name, problem.code)
      : { again: false };
    if (!ways.again && !ways.otherName) {
      this._pending.delete(key);
    }
    this._rows.putQueued({ state: 'refused', key, name, problem, ...ways });
  }

  /** Try a refused file once more, perhaps under another name. */
  again(key: string, name?: string): void {
    const pending = this._pending.get(key);
    if (pending) {
      this.dismiss(key);
      const { file, owner } = pending;
      const { type, lastModified } = file;
      this.send(
        [name ? new File([file], name, { type, lastModified }) : file],
        owner
      );
    }
  }

  /** Take a row off the list; a file that has no upload yet is not sent any more. */
  dismiss(key: string): void {
    this._starting.get(key)?.abort();
    this.turns.leave(key);
    this._pending.delete(key);
    this.waiting.drop(key);
    this._rows.dropQueued(key);
  }

  /** Go on with an upload whose bytes are not all with the server; false where the file is not at hand. */
  resume(upload: string): boolean {
    const file = this.files.get(upload);
    if (!file) {
      return false;
    }
    this._stop(upload);
    this._rows.putSending(upload, { state: 'queued' });
    this.turns.enter(upload, file, () => this._goOn(upload, file), true);
    return true;
  }

  /** Stop sending for an upload until somebody resumes it. */
  pause(upload: string): void {
    if (this.files.has(upload)) {
      this._stop(upload);
      this._rows.putSending(upload, { state: 'paused' });
    }
  }

  /** Whether nothing begins for now but what is resumed alone; ends with the last file. */
  set held(held: boolean) {
    this.turns.queue.held = held;
    this._rows.setHeld(held);
  }

  /** Try at once what waits for the server to answer: it may be back. */
  wake(): void {
    this._all.forEach(sender => sender.wake());
  }

  /** Stop sending for an upload and let go of its file. */
  forget(upload: string): void {
    if (this.files.delete(upload) || this.state.sending.has(upload)) {
      this._stop(upload);
      this._rows.dropSending(upload);
    }
  }

  dispose(): void {
    this.turns.queue.close();
    this._all.forEach(sender => sender.abort());
    const { _senders, _starting, files, _pending, waiting } = this;
    [_senders, _starting, files, _pending, waiting].forEach(m => m.clear());
    Signal.clearData(this);
  }

  /** Send a file to a connection that was made since it was added, as whose it was then. */
  private _goOnAs(
    key: string,
    { file, owner }: IPending,
    now: IFileOwner
  ): void {
    this.send([file], movedTo(owner, now));
    this.dismiss(key);
  }

  /** Tell of other rows; a hold does not outlive what it held. */
  private _onRows(): void {
    if (this._rows.state.held && this._rows.isIdle) {
      this.held = false;
    } else {
      this._changed.emit();
    }
  }

  private get _all(): readonly ISender[] {
    return [...this._senders.values(), ...this._starting.values()];
  }

  /** Ask for an upload for a file whose turn has come, and send its bytes. */
  private _begin(key: string): void {
    const pending = this._pending.get(key);
    if (!pending) {
      return;
    }
    const { file } = pending;
    let started: string | null = null;
    this._rows.putQueued({ state: 'starting', key, name: file.name });
    const sender = this._transport.send({
      file,
      ...pending.owner,
      onUpload: upload => {
        this.turns.rename(key, upload);
        this._pending.delete(key);
        this._starting.delete(key);
        this.files.set(upload, file);
        this._senders.set(upload, sender);
        started = upload;
        this._rows.begin(key, upload);
        if (this._rows.state.held) {
          this.pause(upload);
        }
        this._progressed.emit();
      },
      onReceived: received =>
        started !== null && this._noteReceived(started, received),
      onWaiting: waiting => {
        if (started !== null) {
          this._noteWaiting(started, waiting);
        } else if (this._pending.has(key)) {
          const state = waiting ? 'waiting' : 'starting';
          this._rows.putQueued({ state, key, name: file.name });
        }
      }
    });
    this._starting.set(key, sender);
    sender.start();
    sender.done
      .then(() => this._finish(started, sender))
      .catch((error: unknown) => {
        if (started !== null) {
          this._break(started, sender, error);
        } else if (this._pending.has(key)) {
          this.turns.leave(key);
          this._refuseFile(key, pending, problemOf(error));
        }
      })
      .finally(() => this._starting.delete(key));
  }

  /** Show why a file was refused; one that asked at a connection of before goes to that of now. */
  private _refuseFile(key: string, pending: IPending, problem: Problem): void {
    const now = this.waiting.newer(pending.owner, problem);
    if (now) {
      this._goOnAs(key, pending, now);
    } else {
      this.refuse(pending.file.name, problem, key);
    }
  }

  /** Send on what an upload has not got yet. */
  private _goOn(upload: string, file: File): void {
    const sender = this._transport.send({
      file,
      upload,
      onUpload: () => undefined,
      onReceived: received => this._noteReceived(upload, received),
      onWaiting: waiting => this._noteWaiting(upload, waiting)
    });
    this._senders.set(upload, sender);
    this._rows.putSending(upload, { state: 'sending' });
    sender.start();
    sender.done
      .then(() => this._finish(upload, sender))
      .catch((error: unknown) => this._break(upload, sender, error));
  }

  private _noteWaiting(upload: string, waiting: boolean): void {
    this._rows.putSending(upload, { state: waiting ? 'waiting' : 'sending' });
  }

  private _noteReceived(upload: string, received: number): void {
    if (this._rows.state.sending.get(upload)?.state === 'sending') {
      this._rows.putSending(upload, { state: 'sending', received });
    }
  }

  private _finish(upload: string | null, sender: ISender): void {
    // A sender that was replaced by a later one says nothing about the upload any more.
    if (upload !== null && this._senders.get(upload) === sender) {
      this.turns.leave(upload);
      this._senders.delete(upload);
      this._rows.dropSending(upload);
      this._progressed.emit();
    }
  }

  private _break(upload: string, sender: ISender, error: unknown): void {
    if (this._senders.get(upload) !== sender) {
      return;
    }
    this.turns.leave(upload);
    this._senders.delete(upload);
    const file = this.files.get(upload);
    if (file && error instanceof APIError && LOST.has(error.code)) {
      this.forget(upload);
      const key = UUID.uuid4();
      this._pending.set(key, { file, owner: {} });
      this.refuse(file.name, problemOf(error), key);
    } else if (isGone(error)) {
      this.forget(upload);
    } else {
      const { message } = problemOf(error);
      this._rows.putSending(upload, { state: 'broken', message });
    }
    this._progressed.emit();
  }

  /** Stop sending for an upload, and let the next one have its turn. */
  private _stop(upload: string): void {
    this._senders.get(upload)?.abort();
    this._senders.delete(upload);
    this.turns.leave(upload);
  }

  private readonly _rows: SendingRows;
  private readonly _pending = new Map<string, IPending>();
  private readonly _starting = new Map<string, ISender>();
  private readonly _senders = new Map<string, ISender>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _progressed = new Signal<this, void>(this);
}
