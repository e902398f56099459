import { type ISignal, Signal } from '@lumino/signaling';

import type {
  Artifact,
  ArtifactsClient,
  StoredPage,
  Verification
} from '../transport';

/** What is known of the storage of one connection. */
export interface IStoredState {
  /** Whose storage it is; null before any was asked. */
  readonly connection: string | null;
  readonly isReading: boolean;
  /** All objects that were read so far, with the sums of all days; null before the first answer. */
  readonly page: StoredPage | null;
  /** Why it could not be read; null where it was. */
  readonly error: unknown;
}

const NOTHING: IStoredState = {
  connection: null,
  isReading: false,
  page: null,
  error: null
};

/** What lies in storage below the account's own prefix, on the list or not; read when it is wanted. */
export class StoredObjects {
  constructor(
    private readonly _client: ArtifactsClient,
    /** Where the content of an object is, for the browser to save. */
    readonly addressOf: (connection: string, uri: string) => string
  ) {}

  get state(): IStoredState {
    return this._state;
  }

  /** The state is another one. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read the newest page of a connection's storage. */
  async read(connection: string): Promise<void> {
    const page =
      connection === this._state.connection ? this._state.page : null;
    await this._ask({ connection, page }, () =>
      this._client.listStored(connection)
    );
  }

  /** Read the page below what was read. */
  async readOlder(): Promise<void> {
    const { connection, page } = this._state;
    const before = page?.next;
    if (connection !== null && page && before) {
      await this._ask({ connection, page }, async () => {
        const older = await this._client.listStored(connection, before);
        return { ...older, objects: [...page.objects, ...older.objects] };
      });
    }
  }

  /** Put an object on the list. */
  async adopt(connection: string, uri: string): Promise<Artifact> {
    const artifact = await this._client.adoptStored(connection, uri);
    this._change(connection, page => ({
      ...page,
      objects: page.objects.map(each =>
        each.uri === uri ? { ...each, artifact: artifact.id } : each
      )
    }));
    return artifact;
  }

  verify(connection: string, uri: string): Promise<Verification> {
    return this._client.verifyStored(connection, uri);
  }

  /** Delete an object from storage, and take it off the list. */
  async delete(connection: string, uri: string): Promise<void> {
    await this._client.deleteStored(connection, uri);
    this._change(connection, page => {
      const gone = page.objects.find(each => each.uri === uri);
      return {
        ...page,
        objects: page.objects.filter(each => each !== gone),
        days: page.days.flatMap(each =>
          gone === undefined || each.day !== gone.day
            ? [each]
            : each.count > 1
              ? [
                  {
                    ...each,
                    count: each.count - 1,
                    size: each.size - (gone.size ?? 0)
                  }
                ]
              : []
        )
      };
    });
  }

  private async _ask(
    known: Pick<IStoredState, 'connection' | 'page'>,
    ask: () => Promise<StoredPage>
  ): Promise<void> {
    this._turn += 1;
    const turn = this._turn;
    this._set({ ...known, isReading: true, error: null });
    try {
      const page = await ask();
      if (turn === this._turn) {
        this._set({ ...known, page, isReading: false, error: null });
      }
    } catch (error) {
      if (turn === this._turn) {
        this._set({ ...known, isReading: false, error });
      }
    }
  }

  private _change(
    connection: string,
    change: (page: StoredPage) => StoredPage
  ): void {
    const { page } = this._state;
    if (page && connection === this._state.connection) {
      this._set({ ...this._state, page: change(page) });
    }
  }

  private _set(state: IStoredState): void {
    this._state = Object.freeze(state);
    this._changed.emit();
  }

  private _turn = 0;
  private _state: IStoredState = NOTHING;
  private readonly _changed = new Signal<this, void>(this);
}
