import type { Artifact, ArtifactsClient } from '../api';
import { GatheredRead } from './gatheredRead';
import { keepUnchanged, mergeSince } from './lists';

/** The list may be long; it is read no more often than this (ms). */
const GAP = 1000;

/** So many artifacts are read one by one; for more the list is read. */
const ONE_BY_ONE = 4;

/** Where the artifacts that were read are kept. */
export interface IArtifactStore {
  readonly artifacts: readonly Artifact[];
  put: (artifacts: readonly Artifact[]) => void;
}

/** Reads the artifacts: all of them now and then, new ones by themselves where they are few. */
export class ArtifactReader {
  constructor(
    private readonly _client: ArtifactsClient,
    private readonly _store: IArtifactStore
  ) {}

  /** Read the list; resolves when one is read that was asked for after this call. */
  readAll(): Promise<void> {
    return this._all.ask();
  }

  /** Read what was just staged. */
  async readNew(ids: readonly string[]): Promise<void> {
    const unknown = ids.filter(id => !this._knows(id));
    if (!this._read || unknown.length > ONE_BY_ONE) {
      return this.readAll();
    }
    let read: readonly Artifact[];
    try {
      read = await Promise.all(unknown.map(id => this._client.getArtifact(id)));
    } catch {
      return this.readAll(); // one of them was forgotten meanwhile
    }
    const fresh = read.filter(({ id }) => !this._knows(id));
    if (fresh.length > 0) {
      this._store.put(Object.freeze([...fresh, ...this._store.artifacts]));
    }
  }

  private _knows(wanted: string): boolean {
    return this._store.artifacts.some(({ id }) => id === wanted);
  }

  private readonly _all = new GatheredRead(async () => {
    const asked = this._store.artifacts;
    const answer = await this._client.listArtifacts();
    const { artifacts } = this._store;
    this._read = true;
    this._store.put(
      keepUnchanged(artifacts, mergeSince(asked, answer, artifacts))
    );
  }, GAP);

  private _read = false;
}
