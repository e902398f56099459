import type { UseStore } from 'idb-keyval';

import type * as database from './database';
import { handleOf } from './handles';

/** How long something is kept that nobody has asked for (ms); the server forgets an upload by then. */
const LIFETIME = 7 * 24 * 60 * 60 * 1000;

/** What is kept of a file whose bytes are on their way. */
export interface IKeptFile {
  readonly lastModified: number;
  /** Opens it again where the person allows it; null where the browser gives none. */
  readonly handle: FileSystemFileHandle | null;
  /** When it was noted (ms). */
  readonly noted: number;
}

/**
 * Keeps by upload what is needed to go on with a file after a reload: in the browser's own database,
 * until the upload is over. Neither bytes nor names of folders are in it.
 *
 * A page in some frames may keep nothing; a file has to be dropped again there.
 */
export class KeptFiles {
  note(upload: string, file: File): void {
    const kept: IKeptFile = {
      lastModified: file.lastModified,
      handle: null,
      noted: Date.now()
    };
    this._known.add(upload);
    void this._do(async ({ set }, store) => {
      await set(upload, kept, store);
      const handle = await handleOf(file);
      if (handle && this._known.has(upload)) {
        await set(upload, { ...kept, handle }, store);
      }
    });
  }

  /** What is kept for an upload, also by a page before this one. */
  async get(upload: string): Promise<IKeptFile | null> {
    return (
      (await this._do(({ get }, store) => get<IKeptFile>(upload, store))) ??
      null
    );
  }

  forget(upload: string): void {
    void this._do(async ({ del }, store) => {
      if (this._known.delete(upload)) {
        await del(upload, store);
      }
    });
  }

  private async _open(): Promise<[typeof database, UseStore]> {
    const found = await import('./database').catch(error => {
      this._opened = undefined; // a kernel that was busy may give it the next time
      throw error;
    });
    const { createStore, del, entries } = found;
    const store = createStore('jupyter-openeo-artifacts', 'files');
    for (const [upload, { noted }] of await entries<string, IKeptFile>(store)) {
      if (Date.now() - noted > LIFETIME) {
        await del(upload, store);
      } else {
        this._known.add(upload);
      }
    }
    return [found, store];
  }

  /** Do something once all before is done; undefined where nothing can be kept. */
  private _do<T>(
    work: (db: typeof database, store: UseStore) => Promise<T>
  ): Promise<T | undefined> {
    const done = this._last
      .then(() => (this._opened ??= this._open()))
      .then(opened => work(...opened))
      .catch(() => undefined);
    this._last = done;
    return done;
  }

  private readonly _known = new Set<string>();
  private _opened: ReturnType<KeptFiles['_open']> | undefined;
  private _last: Promise<unknown> = Promise.resolve();
}
