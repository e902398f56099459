import { UUID } from '@lumino/coreutils';

import type { Problem } from '../transport';
import { type IFileOwner, SIGNED_OUT, goesOn } from './refusal';
import type { SendingRows } from './sendingRows';

/** A file that has no upload yet. */
export interface IPending {
  readonly file: File;
  readonly owner: IFileOwner;
}

/** What was added while nobody was signed in, or was refused for that, and goes on after a sign-in. */
export class SignInQueue {
  /**
   * @param _pending - The files that have no upload yet, by the keys of their rows.
   * @param _goOn - Sends one of them to the connection of who is signed in now.
   */
  constructor(
    private readonly _rows: SendingRows,
    private readonly _pending: ReadonlyMap<string, IPending>,
    private readonly _goOn: (
      key: string,
      pending: IPending,
      now: IFileOwner
    ) => void
  ) {}

  /** Show something that waits for a sign-in, and what is done with it then. */
  hold(name: string, goOn: () => void): void {
    const key = UUID.uuid4();
    this._held.set(key, goOn);
    this._rows.addQueued([{ state: 'signed_out', key, name }]);
  }

  /** Let go of what waits in a row. */
  drop(key: string): void {
    this._held.delete(key);
  }

  clear(): void {
    this._held.clear();
  }

  /** Take note of who is signed in now; what waits for that, or was refused for it, goes on. */
  signedIn(owner: IFileOwner | null): void {
    this._owner = owner;
    if (owner === null) {
      return;
    }
    const held = [...this._held];
    this._held.clear();
    for (const [key, goOn] of held) {
      this._rows.dropQueued(key);
      goOn();
    }
    for (const file of this._rows.state.queuedFiles) {
      const pending = this._pending.get(file.key);
      if (
        file.state === 'refused' &&
        pending &&
        goesOn(file.problem.code, pending.owner, owner)
      ) {
        this._goOn(file.key, pending, owner);
      }
    }
  }

  /** Who is signed in where a file was refused at a connection of before; null where that is none. */
  newer(asked: IFileOwner, { code }: Problem): IFileOwner | null {
    const now = this._owner;
    return now !== null &&
      now.connection !== asked.connection &&
      SIGNED_OUT.has(code) &&
      goesOn(code, asked, now)
      ? now
      : null;
  }

  private readonly _held = new Map<string, () => void>();
  private _owner: IFileOwner | null = null;
}
