import { KeptFiles } from './keptFiles';

const LOCK = 'jupyter-openeo-artifacts:file:';

/**
 * The files of uploads that this page has at hand.
 *
 * What is needed to go on with them after a reload is kept until they are taken out. Other tabs see by
 * a lock that one has a file, so that none asks for it.
 */
export class FilesAtHand {
  readonly kept = new KeptFiles();

  get(upload: string): File | undefined {
    return this._files.get(upload);
  }

  has(upload: string): boolean {
    return this._files.has(upload);
  }

  set(upload: string, file: File): void {
    this._files.set(upload, file);
    this.kept.note(upload, file);
    const leaving = new AbortController();
    this._leaving.set(upload, leaving);
    navigator.locks
      ?.request(
        `${LOCK}${upload}`,
        { signal: leaving.signal },
        () =>
          new Promise<void>(resolve =>
            leaving.signal.addEventListener('abort', () => resolve())
          )
      )
      .catch(() => undefined);
  }

  /** Take one out; whether it was there. */
  delete(upload: string): boolean {
    this.kept.forget(upload);
    this._leaving.get(upload)?.abort();
    this._leaving.delete(upload);
    return this._files.delete(upload);
  }

  /** Let go of all; they are kept for the next page. */
  clear(): void {
    this._leaving.forEach(leaving => leaving.abort());
    this._leaving.clear();
    this._files.clear();
  }

  /** Whether a tab of this browser has the file of an upload; null where browsers do not tell. */
  async isAnywhere(upload: string): Promise<boolean | null> {
    try {
      const { held = [] } = await navigator.locks.query();
      return held.some(({ name }) => name === `${LOCK}${upload}`);
    } catch {
      return null; // over plain http, and in some frames
    }
  }

  private readonly _files = new Map<string, File>();
  private readonly _leaving = new Map<string, AbortController>();
}
