import type { ArtifactsClient, Connection, Upload } from '../transport';
import type { FileSender } from './fileSender';
import { keepUnchanged, withDelta } from './lists';
import { problemOf } from './problem';
import type { IFileOwner } from './refusal';
import { type ISnapshot, connectionOf, isRunning } from './state';

/** Where the uploads that were read are kept. */
export interface IUploadStore {
  readonly snapshot: ISnapshot;
  put: (uploads: readonly Upload[]) => void;
  /** Uploads have become artifacts since the list was read last. */
  onStaged: (artifacts: readonly string[]) => Promise<void>;
}

/**
 * The uploads: how their list is read, and what a person does with them.
 *
 * What somebody, or an announcement, has changed while the list was read is not undone by it.
 */
export class Uploads {
  constructor(
    private readonly _client: ArtifactsClient,
    private readonly _sender: FileSender,
    private readonly _store: IUploadStore
  ) {}

  /** Whether the list was read once; before that, only news of it may have come. */
  get hasRead(): boolean {
    return this._hasRead;
  }

  /** Read what has changed; the list itself where that is not known, or wanted. */
  async read(whole = false): Promise<void> {
    const before = this._store.snapshot.uploads;
    const asked = ++this._asked;
    const answer = await this._client.listUploads(whole ? null : this._mark);
    if (asked < this._answered) {
      return; // a later question was answered already, or a change came by itself
    }
    this._answered = asked;
    this._hasRead = true;
    this._mark = answer.mark;
    const { uploads: now } = this._store.snapshot;
    const uploads =
      answer.since === null
        ? keepUnchanged(now, answer.uploads)
        : withDelta(now, { changed: answer.uploads, removed: answer.removed });
    this._store.put(uploads);
    answer.uploads.forEach(upload => this._noteEnd(upload));
    const listed = new Set(uploads.map(({ id }) => id));
    before
      .filter(({ id }) => !listed.has(id))
      .forEach(({ id }) => this._sender.forget(id));
    const seen = new Set(
      before.filter(({ state }) => state === 'staged').map(({ id }) => id)
    );
    const fresh = answer.uploads.flatMap(({ id, artifact }) =>
      artifact === null || seen.has(id) ? [] : [artifact]
    );
    if (fresh.length > 0) {
      await this._store.onStaged(fresh);
    }
  }

  /** Take over one that came with news of it. */
  put(upload: Upload): void {
    // A list that was asked for before this change would undo it.
    this._answered = ++this._asked;
    const { uploads } = this._store.snapshot;
    const known = uploads.some(({ id }) => id === upload.id);
    if (!known) {
      this._mark = null; // one that goes before the next look is in no list of changes
    }
    this._store.put(
      known
        ? keepUnchanged(
            uploads,
            uploads.map(other => (other.id === upload.id ? upload : other))
          )
        : [upload, ...uploads]
    );
    this._noteEnd(upload);
  }

  /** Stage files of this browser. */
  stageFiles(files: readonly File[]): void {
    const connection = connectionOf(this._store.snapshot.session);
    if (connection) {
      this.send(files, ownerOf(connection));
    }
  }

  /** Send files; one that a row waits for since a reload goes on there. */
  send(files: readonly File[], owner: IFileOwner): void {
    const lost = [...this._lost()];
    const fresh = files.filter(file => {
      const place = lost.findIndex(
        ({ name, size }) => name === file.name && size === file.size
      );
      const [waiting] = place < 0 ? [] : lost.splice(place, 1);
      if (waiting) {
        void this._sendOn(waiting, file, owner);
      }
      return !waiting;
    });
    this._sender.send(fresh, owner);
  }

  /** The uploads that get no bytes, as this page has not their file. */
  private _lost(): readonly Upload[] {
    const { sending, uploads } = this._store.snapshot;
    return uploads.filter(
      ({ id, state }) => state === 'receiving' && !sending.has(id)
    );
  }

  /** Send a file for an upload that may wait for it, else to one of its own. */
  private async _sendOn(
    waiting: Upload,
    file: File,
    owner: IFileOwner
  ): Promise<void> {
    try {
      if (await this.goOn(waiting, file, true)) {
        return;
      }
    } catch {
      // What does not answer is met again, and said, by an upload of its own.
    }
    this._sender.send([file], owner);
  }

  /** Stage a file of the Jupyter server by its contents path. */
  async stagePath(
    path: string,
    more: Parameters<ArtifactsClient['createUpload']>[2] = {}
  ): Promise<void> {
    const connection = connectionOf(this._store.snapshot.session);
    if (!connection) {
      return;
    }
    try {
      this.put(await this._client.createUpload(connection.id, path, more));
    } catch (error) {
      const name = more.name ?? path.split('/').pop() ?? path;
      this._sender.refuse(name, problemOf(error));
    }
  }

  async cancel(id: string): Promise<void> {
    this._sender.forget(id);
    this.put(await this._client.cancelUpload(id));
  }

  /** Try a failed one again; bytes that are still to come are sent where their file is at hand. */
  async retry(id: string): Promise<void> {
    if (this._store.snapshot.sending.get(id)?.state === 'broken') {
      this._sender.resume(id);
      return;
    }
    const upload = await this._client.retryUpload(id);
    this.put(upload);
    if (upload.state === 'receiving') {
      this._sender.resume(id);
    }
  }

  /** Go on with an upload whose file this page has lost; false where the file is another one. */
  goOn(upload: Upload, file: File, unlessElsewhere = false): Promise<boolean> {
    const { resumer } = this._sender;
    return resumer.goOn(upload, file, this._client, unlessElsewhere);
  }

  /** Send a file to an upload of its own, whichever waits. */
  sendAsNew(file: File): void {
    const connection = connectionOf(this._store.snapshot.session);
    this._sender.send([file], connection ? ownerOf(connection) : {});
  }

  /** Take one off the list. */
  async forget(id: string): Promise<void> {
    this._sender.forget(id);
    await this._client.forgetUpload(id);
    this._store.put(
      this._store.snapshot.uploads.filter(upload => upload.id !== id)
    );
  }

  private _noteEnd(upload: Upload): void {
    if (!isRunning(upload) && !upload.can_retry) {
      this._sender.forget(upload.id);
    }
  }

  /** What tells the list as it was read last; null where it has to be read as a whole. */
  private _mark: string | null = null;
  private _asked = 0;
  private _answered = 0;
  private _hasRead = false;
}

/** Whose a file is that is added now. */
export function ownerOf({ id, account, backend }: Connection): IFileOwner {
  const connection = { connection: id, backend };
  return account === null ? connection : { ...connection, account };
}
