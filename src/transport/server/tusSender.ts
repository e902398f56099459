import type { ServerConnection } from '@jupyterlab/services';
import { Upload, type DetailedError } from 'tus-js-client';

import { authenticate } from './authenticate';
import { FileDigest } from '../digest';
import { APIError } from '../error';
import { outageOf } from '../outage';
import { Patience } from '../patience';
import { apiURL, requestAPI } from './request';
import { FileSource } from './source';
import { answeredBy } from './tusAnswer';
import type { ISender, ISenderOptions } from '../transport';
import { isUnchanged, lookAgain } from '../unchanged';

/** Waits between attempts (ms); an attempt that got further starts the row again. */
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000];

/** Where a proxy refuses one long request, chunks are so long (bytes), then what nginx takes as it comes … */
const CHUNKS = [64 * 1024 * 1024, 1024 * 1024];

/** … and halved from there down to this; a proxy that takes less is not to be helped. */
const SMALLEST_CHUNK = 64 * 1024;

const UPLOAD_ID = /^[0-9a-z]{26}$/;

/** What a {@link TusSender} needs beyond what every sender does. */
export interface ITusOptions extends ISenderOptions {
  readonly settings: ServerConnection.ISettings;
  /** The longest body that what stands between takes, as far as a sender of the page has learned. */
  readonly limit: { bytes: number };
  /** Injected by tests: how long to wait between attempts. */
  readonly retryDelays?: number[];
}

/**
 * Send one file over tus 1.0: one long PATCH, or chunks where a proxy answers 413.
 *
 * Only our own server's answer can end it; where nobody answers, or a hub or a proxy does, it waits
 * and goes on. After the last byte the file is looked at once more, and the server is told whether it
 * is the one that was chosen, and its digest: one that was written to meanwhile has arrived as a mixture.
 *
 * The promise of {@link done} settles once: when the server has the bytes and that word, when nothing
 * more can be done here (an {@link APIError}), or after {@link abort} (never rejected then).
 */
export class TusSender implements ISender {
  constructor(private readonly _options: ITusOptions) {
    const { settings, file, upload } = _options;
    this._endpoint = apiURL(settings, 'tus');
    this.done = new Promise((resolve, reject) => {
      this._resolve = resolve;
      this._reject = reject;
    });
    const delays = _options.retryDelays ?? RETRY_DELAYS;
    this._longest = Math.max(...delays);
    this._patience = new Patience(delays);
    this._upload = upload ?? null;
    this._tus = new Upload(file, {
      endpoint: upload === undefined ? this._endpoint : null,
      uploadUrl: upload === undefined ? null : this._uploadURL(upload),
      metadata: metadataOf(_options),
      chunkSize: _options.limit.bytes,
      fileReader: { openFile: () => Promise.resolve(new FileSource(file)) },
      retryDelays: delays,
      // The library would keep file names in localStorage; an upload's id is enough to go on.
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: false,
      fingerprint: () => Promise.resolve(''),
      onBeforeRequest: request => {
        if (this._stopped) {
          throw new Error('stopped');
        }
        this._creating = request.getMethod() === 'POST';
        authenticate(request, settings);
      },
      onUploadUrlAvailable: () => this._onURL(),
      onProgress: sent => this._onProgress(sent),
      onShouldRetry: error => this._shouldRetry(error),
      onSuccess: () => void this._confirm(),
      onError: error => this._onError(error)
    });
  }

  /** Settles when this upload has nothing more to do. */
  readonly done: Promise<void>;

  start(): void {
    this._tus.start();
  }

  /**
   * Stop sending; the upload itself is the server's and is cancelled there.
   *
   * An upload that is being made is waited for, as only the answer tells its id, and taken off the server.
   */
  abort(): void {
    this._setWaiting(false);
    // The library's own abort is undone by a start that is still opening the file.
    this._stopped = true;
    clearTimeout(this._timer);
    this._patience.wake();
    if (!this._creating) {
      void this._tus.abort();
    }
    this._resolve();
  }

  /** Try again now where nobody has answered: the server may be back. */
  wake(): void {
    this._patience.reset();
    this._patience.wake();
  }

  private _uploadURL(upload: string): string {
    return `${this._endpoint}/${upload}`;
  }

  private _onURL(): void {
    const url = new URL(this._tus.url ?? '', this._endpoint);
    const upload = url.pathname.split('/').pop() ?? '';
    this._creating = false;
    if (!UPLOAD_ID.test(upload)) {
      this._stopped = true;
      void this._tus.abort();
      this._reject(
        new APIError(0, 'The server named no upload for this upload.')
      );
      return;
    }
    if (this._stopped) {
      void this._tus.abort();
      void this._forget(upload);
      return;
    }
    // Whatever host or path Location named, bytes and token go to our own server only.
    this._tus.url = this._uploadURL(upload);
    // Without an endpoint the library goes on with this upload or fails; it never makes a second one.
    this._tus.options.endpoint = null;
    this._upload = upload;
    this._options.onUpload(upload);
  }

  /** Take an upload that nobody wants any more off the server. */
  private async _forget(upload: string): Promise<void> {
    try {
      await requestAPI(this._options.settings, ['uploads', upload], {
        method: 'DELETE'
      });
    } catch {
      // The server itself gives up what gets no bytes.
    }
  }

  /** Bytes go through again once they grow; the first report after a break only names the offset. */
  private _onProgress(sent: number): void {
    FileDigest.of(this._options.file).follow(sent);
    if (this._resumedAt === null) {
      this._resumedAt = sent;
    } else if (sent > this._resumedAt) {
      this._patience.reset();
      this._setWaiting(false);
    }
  }

  private _shouldRetry(error: DetailedError): boolean {
    const answered = answeredBy(error);
    this._creating = false;
    if (this._stopped || outageOf(answered) !== null) {
      return false; // waited for with a patience of its own
    }
    const { status } = answered;
    const again = status === 409 || status === 423 || status >= 500;
    const created = error.originalRequest.getMethod() !== 'POST';
    if (!again || (!created && (status === 409 || status === 507))) {
      return false;
    }
    this._resumedAt = null;
    this._setWaiting(true);
    return true;
  }

  private _onError(error: Error | DetailedError): void {
    this._creating = false;
    if (this._stopped) {
      return;
    }
    const response =
      'originalResponse' in error ? error.originalResponse : null;
    if (
      'originalRequest' in error &&
      outageOf(answeredBy(error as DetailedError)) !== null
    ) {
      void this._waitForServer();
      return;
    }
    if (
      response?.getStatus() === 413 &&
      (error as DetailedError).originalRequest.getMethod() === 'PATCH' &&
      this._shorten()
    ) {
      this._tus.start();
      return;
    }
    if (
      response?.getStatus() === 507 &&
      (error as DetailedError).originalRequest.getMethod() !== 'POST'
    ) {
      // Our server's disk is full; its upload says so, and parts leave for storage meanwhile.
      this._timer = setTimeout(() => this._tus.start(), this._longest);
      return;
    }
    this._setWaiting(false);
    this._reject(
      response
        ? APIError.fromBody(response.getStatus(), response.getBody())
        : new APIError(0, error.message)
    );
  }

  /** Go on when somebody may answer; a line that a changed file has broken is not waited for. */
  private async _waitForServer(): Promise<void> {
    if (!(await isUnchanged(this._options.file))) {
      this._setWaiting(false);
      return this._upload === null
        ? this._reject(
            new APIError(0, 'The file has changed. Choose it again.')
          )
        : this._confirm();
    }
    this._resumedAt = null;
    this._setWaiting(true);
    await this._patience.wait();
    if (!this._stopped) {
      this._tus.start();
    }
  }

  /** Look at the file once more, and tell the server what was seen. */
  private async _confirm(): Promise<void> {
    const body = await lookAgain(this._options.file);
    while (!this._stopped) {
      try {
        await requestAPI(
          this._options.settings,
          ['tus', this._upload ?? '', 'confirmation'],
          { method: 'POST', body }
        );
        break;
      } catch (error) {
        const { status, outage } =
          error instanceof APIError ? error : new APIError(0, String(error));
        if (status === 404 && outage === null) {
          break; // it has ended meanwhile, and says why itself
        }
        if (outage === null && status < 500 && status !== 409) {
          this._reject(error as APIError);
          return;
        }
        this._setWaiting(true);
        await this._patience.wait();
        if (outage === null && status === 409 && !this._stopped) {
          this._tus.start(); // the server lacks bytes that it had
          return;
        }
      }
    }
    this._setWaiting(false);
    this._resolve();
  }

  /** Whether a smaller chunk is left to try. */
  private _shorten(): boolean {
    const { file, limit } = this._options;
    const now = this._tus.options.chunkSize ?? Infinity;
    const sent = Math.min(now, file.size);
    const next = CHUNKS.find(each => each < sent) ?? Math.ceil(sent / 2);
    if (sent <= SMALLEST_CHUNK) {
      return false;
    }
    limit.bytes = Math.min(limit.bytes, Math.max(next, SMALLEST_CHUNK));
    this._tus.options.chunkSize = limit.bytes;
    return true;
  }

  private _setWaiting(waiting: boolean): void {
    if (!this._stopped && waiting !== this._waiting) {
      this._waiting = waiting;
      this._options.onWaiting(waiting);
    }
  }

  private readonly _endpoint: string;
  private readonly _tus: Upload;
  private readonly _longest: number;
  private readonly _patience: Patience;
  private _upload: string | null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _waiting = false;
  private _stopped = false;
  /** Whether the server may be making an upload whose id is not known yet. */
  private _creating = false;
  private _resumedAt: number | null = null;
  private _resolve!: () => void;
  private _reject!: (error: APIError) => void;
}

/** What the server is told of a new upload. */
function metadataOf({
  file,
  connection,
  account
}: ISenderOptions): Record<string, string> {
  return {
    filename: file.name,
    confirm: 'true',
    ...(connection === undefined ? {} : { connection }),
    ...(account === undefined ? {} : { account }),
    ...(file.type ? { filetype: file.type } : {})
  };
}
