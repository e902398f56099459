import { FileDigest } from '../digest';
import { APIError } from '../error';
import { Patience } from '../patience';
import type { ISender, ISenderOptions } from '../transport';
import { lookAgain } from '../unchanged';
import { Chunks } from './chunks';
import { KernelError, type RPCClient, SILENCE } from './rpc';

/** How long to wait where the kernel has no room for bytes (ms). */
const STALL = 10_000;

/** Waits between attempts to tell that a file is whole (ms). */
const RETRY_DELAYS = [1000, 5000, 10_000];

/** How often it is looked whether the kernel owes an answer (ms). */
const LOOK = 1000;

/**
 * Send one file in chunks of messages, each answered by how far all bytes are there.
 *
 * A kernel that owes an answer for long is asked where it is (`getTusOffset`), and the file goes on from
 * there; a busy one answers when its cell is done. One that does not know the upload is another kernel.
 */
export class KernelSender implements ISender {
  constructor(
    private readonly _rpc: RPCClient,
    private readonly _options: ISenderOptions
  ) {
    this._upload = _options.upload ?? null;
    this._chunks = new Chunks(_options.file, {
      post: (offset, bytes) => void this._post(offset, bytes),
      unreadable: () => this._fail(unreadable())
    });
    this.done = new Promise((resolve, reject) => {
      this._resolve = resolve;
      this._reject = reject;
    });
  }

  readonly done: Promise<void>;

  start(): void {
    this._clock = setInterval(() => this._look(), LOOK);
    this._heard();
    void (this._upload === null ? this._open() : this._ask());
  }

  abort(): void {
    this._end();
    this._resolve();
  }

  wake(): void {
    this._patience.reset();
    this._patience.wake();
    if (this._waiting) {
      this._asked = -Infinity;
      this._look();
    }
  }

  /** Ask for an upload, and send once it is there. */
  private async _open(): Promise<void> {
    const { file, connection, account, onUpload } = this._options;
    let upload: string;
    try {
      // Not taken back by an abort: only the answer tells which upload is to be taken off.
      const answer = await this._rpc.request(
        'createTusUpload',
        {
          name: file.name,
          size: file.size,
          confirm: true,
          ...(file.type ? { type: file.type } : {}),
          ...(connection === undefined ? {} : { connection }),
          ...(account === undefined ? {} : { account })
        },
        { patient: true }
      );
      ({ upload } = answer as { upload: string });
    } catch (error) {
      this._fail(error);
      return;
    }
    if (this._ended) {
      // The kernel itself gives up what gets no bytes.
      this._rpc
        .request('terminateTusUpload', { upload })
        .catch(() => undefined);
      return;
    }
    this._heard();
    this._upload = upload;
    onUpload(upload);
    this._chunks.start(0);
    this._confirmWhole();
  }

  /** Ask how far the bytes are, and send on from there. */
  private async _ask(): Promise<void> {
    this._asked = performance.now();
    this._chunks.hold();
    let offset: number;
    try {
      const answer = await this._rpc.request(
        'getTusOffset',
        { upload: this._upload },
        { patient: true, signal: this._stop.signal }
      );
      ({ offset } = answer as { offset: number });
    } catch (error) {
      this._refused(error);
      return;
    }
    this._heard();
    this._chunks.start(offset);
    this._noteReceived();
    this._confirmWhole();
  }

  private _noteReceived(): void {
    const { received } = this._chunks;
    FileDigest.of(this._options.file).follow(received);
    this._options.onReceived?.(received);
  }

  private async _post(offset: number, bytes: ArrayBuffer): Promise<void> {
    try {
      const answer = await this._rpc.request(
        'sendBytes',
        { upload: this._upload, offset },
        { bytes, patient: true, signal: this._stop.signal }
      );
      const { offset: here, kept } = answer as {
        offset: number;
        kept: boolean;
      };
      this._heard();
      this._chunks.heard(here, kept ? 'kept' : 'early');
      this._noteReceived();
      this._confirmWhole();
    } catch (error) {
      this._refused(error);
    }
  }

  /** Act on a refusal of bytes: wait for room, or end. */
  private _refused(error: unknown): void {
    if (this._ended) {
      return;
    }
    const { status, outage } =
      error instanceof APIError ? error : new APIError(500, String(error));
    if (outage !== null) {
      this._fail(error);
    } else if (status === 404) {
      this._fail(restarted());
    } else if (status === 409 || status === 410) {
      this._finish(); // it has ended meanwhile, and says why itself
    } else if (status >= 500 || status === 429) {
      this._stall(error instanceof KernelError ? error.offset : null);
    } else {
      this._fail(error);
    }
  }

  /** There is no room, or not now; the upload says why. Try again after a while. */
  private _stall(offset: number | null): void {
    this._heard();
    if (this._stalled !== undefined) {
      return;
    }
    this._chunks.stop();
    this._stalled = setTimeout(() => {
      this._stalled = undefined;
      this._heard();
      if (offset === null) {
        void this._ask();
      } else {
        this._chunks.start(offset);
      }
    }, STALL);
  }

  /** Once all bytes are there, look at the file once more, and tell the kernel what was seen. */
  private _confirmWhole(): void {
    if (this._chunks.complete && !this._confirming && !this._ended) {
      this._confirming = true;
      void this._confirm();
    }
  }

  private async _confirm(): Promise<void> {
    const body = await lookAgain(this._options.file);
    while (!this._ended) {
      try {
        await this._rpc.request(
          'confirmUpload',
          { upload: this._upload, body },
          { signal: this._stop.signal }
        );
        this._finish();
      } catch (error) {
        if (this._ended) {
          return;
        }
        const { status, outage } =
          error instanceof APIError ? error : new APIError(500, String(error));
        if (outage === 'unanswered' || (outage === null && status >= 500)) {
          this._setWaiting(true);
          await this._patience.wait();
        } else if (outage === null && status === 409) {
          this._confirming = false;
          await this._ask(); // the kernel lacks bytes that it had
          return;
        } else {
          this._refused(error);
        }
      }
    }
  }

  /** Look whether the kernel owes an answer for too long; ask it then. */
  private _look(): void {
    const now = performance.now();
    if (
      this._ended ||
      this._confirming ||
      this._stalled !== undefined ||
      now - this._heardAt < SILENCE
    ) {
      return;
    }
    this._setWaiting(true);
    if (this._upload !== null && now - this._asked > SILENCE) {
      void this._ask();
    } else if (this._upload === null && now - this._asked > SILENCE) {
      // Whether there is a kernel at all is told by any message.
      this._asked = now;
      this._rpc
        .request('hello', {}, { signal: this._stop.signal })
        .catch((error: unknown) => this._rpc.cut && this._fail(error));
    }
  }

  private _heard(): void {
    this._heardAt = performance.now();
    this._setWaiting(false);
  }

  private _setWaiting(waiting: boolean): void {
    if (waiting !== this._waiting && !this._ended) {
      this._waiting = waiting;
      this._options.onWaiting(waiting);
    }
  }

  private _fail(error: unknown): void {
    if (this._ended) {
      return;
    }
    this._end();
    this._reject(error);
  }

  private _finish(): void {
    this._setWaiting(false);
    this._end();
    this._resolve();
  }

  private _end(): void {
    this._setWaiting(false);
    this._ended = true;
    clearInterval(this._clock);
    clearTimeout(this._stalled);
    this._chunks.stop();
    this._patience.wake();
    this._stop.abort();
  }

  private readonly _chunks: Chunks;
  private readonly _stop = new AbortController();
  private readonly _patience = new Patience(RETRY_DELAYS);
  private _upload: string | null;
  private _clock: ReturnType<typeof setInterval> | undefined;
  private _stalled: ReturnType<typeof setTimeout> | undefined;
  private _heardAt = 0;
  private _asked = -Infinity;
  private _waiting = false;
  private _confirming = false;
  private _ended = false;
  private _resolve!: () => void;
  private _reject!: (error: unknown) => void;
}

/** The kernel that had the upload is gone. */
function restarted(): APIError {
  return new APIError(404, 'The kernel was restarted in the middle.', {
    code: 'kernel_restarted',
    message: 'The kernel was restarted in the middle.',
    todo: 'Try again.',
    who: 'you',
    request_id: null
  });
}

/** The browser does not read the file any more. */
function unreadable(): APIError {
  return new APIError(400, 'The file cannot be read any more.', {
    code: 'file_unreadable',
    message:
      'The file cannot be read any more: it was changed, moved or deleted.',
    todo: 'Drop it again.',
    who: 'you',
    request_id: null
  });
}
