import type { Artifact, ArtifactsClient } from '../transport';
import { GatheredRead } from './gatheredRead';
import { keepUnchanged, mergeSince } from './lists';

/** The list may be long; it is read no more often than this (ms). */
const GAP = 1000;

/** So many artifacts are read one by one; for more the list is read. */
const ONE_BY_ONE = 4;

/** Where the artifacts that were read are kept. */
export interface IArtifactStore {
  /** Newest first, as far back as they were asked for. */
  readonly artifacts: readonly Artifact[];
  /** Where older ones go on; null where none are left. */
  readonly olderArtifacts: string | null;
  /** Whose artifacts are wanted; null for all. */
  readonly connection: string | null;
  put: (change: {
    artifacts: readonly Artifact[];
    olderArtifacts?: string | null;
  }) => void;
}

/** Reads the artifacts: the newest page now and then, new ones by themselves where they are few. */
export class ArtifactReader {
  constructor(
    private readonly _client: ArtifactsClient,
    private readonly _store: IArtifactStore
  ) {}

  /** Read the newest page; resolves when one is read that was asked for after this call. */
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
      this._store.put({
        artifacts: Object.freeze([...fresh, ...this._store.artifacts])
      });
    }
  }

  /** Take over one that came with news of it. */
  put(artifact: Artifact): void {
    const { artifacts } = this._store;
    this._store.put({
      artifacts: Object.freeze(
        this._knows(artifact.id)
          ? keepUnchanged(
              artifacts,
              artifacts.map(each => (each.id === artifact.id ? artifact : each))
            )
          : [artifact, ...artifacts]
      )
    });
  }

  /** Read the page below what is there. */
  async readOlder(): Promise<void> {
    const { connection, olderArtifacts: before } = this._store;
    if (before === null) {
      return;
    }
    const page = await this._client.listArtifacts(connection, before);
    if (this._store.olderArtifacts === before) {
      this._store.put({
        artifacts: Object.freeze([...this._store.artifacts, ...page.artifacts]),
        olderArtifacts: page.next
      });
    }
  }

  private _knows(wanted: string): boolean {
    return this._store.artifacts.some(({ id }) => id === wanted);
  }

  private readonly _all = new GatheredRead(async () => {
    const asked = this._store.artifacts;
    const { artifacts: page, next } = await this._client.listArtifacts(
      this._store.connection
    );
    const { artifacts, olderArtifacts } = this._store;
    // Where the page does not reach down to what is known, there may be others in between.
    const meets = next !== null && artifacts.some(({ id }) => id === next);
    const older = meets ? artifacts.filter(({ id }) => id < next) : [];
    this._read = true;
    this._store.put({
      artifacts: keepUnchanged(
        artifacts,
        mergeSince(asked, [...page, ...older], artifacts)
      ),
      olderArtifacts: older.length > 0 ? olderArtifacts : next
    });
  }, GAP);

  private _read = false;
}
