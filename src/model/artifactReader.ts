import type { Artifact, ArtifactPage, ArtifactsClient } from '../transport';
import { GatheredRead } from './gatheredRead';
import { keepUnchanged, mergeSince, withDelta } from './lists';

/** The list is read no more often than this (ms): what is announced meanwhile is read together. */
const GAP = 150;

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

/** Reads the artifacts: the newest page once, from then on what has changed since. */
export class ArtifactReader {
  constructor(
    private readonly _client: ArtifactsClient,
    private readonly _store: IArtifactStore
  ) {}

  /**
   * Read what is new; resolves when something is read that was asked for after this call.
   *
   * @param whole - Read the newest page, whatever is known.
   */
  readAll(whole = false): Promise<void> {
    if (whole) {
      this._mark = null;
    }
    return this._all.ask();
  }

  /** Read what was just staged. */
  async readNew(ids: readonly string[]): Promise<void> {
    if (!ids.every(id => this._knows(id))) {
      return this.readAll();
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
    const page = await this._client.listArtifacts(connection, { before });
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
    const { artifacts: asked, connection } = this._store;
    const mark = this._mark?.of === connection ? this._mark.mark : null;
    const answer = await this._client.listArtifacts(
      connection,
      mark === null ? {} : { since: mark }
    );
    if (answer.since === null) {
      this._putPage(answer, asked);
    } else {
      this._putDelta(answer);
    }
    this._mark =
      answer.mark === null ? null : { of: connection, mark: answer.mark };
  }, GAP);

  /** Take over the newest page. */
  private _putPage(
    { artifacts: page, next }: ArtifactPage,
    asked: readonly Artifact[]
  ): void {
    const { artifacts, olderArtifacts } = this._store;
    // Where the page does not reach down to what is known, there may be others in between.
    const meets = next !== null && artifacts.some(({ id }) => id === next);
    const older = meets ? artifacts.filter(({ id }) => id < next) : [];
    this._store.put({
      artifacts: keepUnchanged(
        artifacts,
        mergeSince(asked, [...page, ...older], artifacts)
      ),
      olderArtifacts: older.length > 0 ? olderArtifacts : next
    });
  }

  /** Take over what has changed; what belongs below the last page comes when that is asked for. */
  private _putDelta({ artifacts: changed, removed }: ArtifactPage): void {
    const { artifacts, olderArtifacts } = this._store;
    const shown = changed.filter(
      ({ id }) => olderArtifacts === null || id >= olderArtifacts
    );
    this._store.put({
      artifacts: withDelta(artifacts, { changed: shown, removed })
    });
  }

  private _mark: {
    readonly of: string | null;
    readonly mark: string;
  } | null = null;
}
