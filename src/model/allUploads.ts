import type { FileSender } from './fileSender';
import { type ISnapshot, isRunning } from './state';
import type { Uploads } from './uploads';

/** What a person does with all that is listed as being staged, at once. */
export class AllUploads {
  constructor(
    private readonly _snapshot: () => ISnapshot,
    private readonly _uploads: Uploads,
    private readonly _sender: FileSender
  ) {}

  /** Send nothing for now. */
  pause(): void {
    this._sender.held = true;
    const { sending } = this._sender.state;
    const ids = [...sending.keys()];
    const waits = ids.filter(id => sending.get(id)?.state === 'queued');
    const others = ids.filter(id => {
      const state = sending.get(id)?.state;
      return state !== 'queued' && state !== 'broken';
    });
    // What waits goes first, so that none of it has the turn of another.
    [...waits, ...others].forEach(id => this._sender.pause(id));
  }

  /** Send on, also what was paused alone; it goes before what has not begun. */
  resume(): void {
    for (const [id, { state }] of this._sender.state.sending) {
      if (state === 'paused') {
        this._sender.resume(id);
      }
    }
    this._sender.held = false;
  }

  /** Let go of all that has no upload yet; what waits goes first, so that none of it begins. */
  dismiss(): void {
    const { queuedFiles } = this._snapshot();
    const waits = queuedFiles.filter(({ state }) => state === 'queued');
    const others = queuedFiles.filter(
      ({ state }) => state !== 'queued' && state !== 'refused'
    );
    for (const { key } of [...waits, ...others]) {
      this._sender.dismiss(key);
    }
  }

  /** Cancel all that has not come to an end. */
  async cancel(): Promise<void> {
    this.dismiss();
    const { sending, uploads } = this._snapshot();
    const listed = new Set(uploads.map(({ id }) => id));
    const ids = [
      ...uploads.filter(isRunning).map(({ id }) => id),
      // One that has just become an upload is listed a moment later.
      ...[...sending.keys()].filter(id => !listed.has(id))
    ];
    ids.forEach(id => this._sender.forget(id));
    try {
      await allOf(ids.map(id => this._uploads.cancel(id)));
    } finally {
      this.resume();
    }
  }

  /** Try again whatever failed and can be tried again. */
  async retry(): Promise<void> {
    const { queuedFiles, sending, uploads } = this._snapshot();
    for (const file of queuedFiles) {
      if (file.state === 'refused' && file.again) {
        this._sender.again(file.key);
      }
    }
    const failed = uploads.filter(
      ({ id, state, can_retry }) =>
        (state === 'failed' && can_retry) || sending.get(id)?.state === 'broken'
    );
    await allOf(failed.map(({ id }) => this._uploads.retry(id)));
  }
}

/** Wait for all, also after one has failed; throws the first error. */
async function allOf(all: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(all)).find(
    result => result.status === 'rejected'
  );
  if (failed) {
    throw failed.reason;
  }
}
