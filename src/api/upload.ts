import type { ServerConnection } from '@jupyterlab/services';
import { Upload, type DetailedError, type HttpRequest } from 'tus-js-client';

import { APIError } from './error';
import { apiURL } from './request';
import { FileSource } from './source';

/** Waits between attempts (ms); an attempt that got further starts the row again. */
const RETRY_DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000];

/** Where a proxy refuses one long request, chunks start at most here (bytes) … */
const FIRST_CHUNK = 64 * 1024 * 1024;

/** … and are halved down to this; a proxy that takes less is not to be helped. */
const SMALLEST_CHUNK = 64 * 1024;

const JOB_ID = /^[0-9a-z]{26}$/;

/** How a file's bytes travel from this browser to a job. */
export interface IUploadOptions {
  settings: ServerConnection.ISettings;
  file: File;
  /** The job to go on with; absent for a new one, whose connection is then needed. */
  job?: string;
  connection?: string;
  /** The job exists and is waiting for bytes. */
  onJob: (job: string) => void;
  /** An answer stayed out; true until the next bytes go through. */
  onWaiting: (waiting: boolean) => void;
  /** Injected by tests: how long to wait between attempts. */
  retryDelays?: number[];
}

/**
 * Send one file over tus 1.0: one long PATCH, or halved chunks where a proxy answers 413.
 *
 * The promise of {@link done} settles once: when the last byte is with the server, when nothing more
 * can be done here (an {@link APIError}), or after {@link abort} (never rejected then).
 */
export class FileUpload {
  constructor(private readonly _options: IUploadOptions) {
    const { settings, file, job, connection } = _options;
    this._endpoint = apiURL(settings, 'uploads');
    this.done = new Promise((resolve, reject) => {
      this._resolve = resolve;
      this._reject = reject;
    });
    const delays = _options.retryDelays ?? RETRY_DELAYS;
    this._longest = Math.max(...delays);
    const metadata: Record<string, string> = { filename: file.name };
    if (connection !== undefined) {
      metadata.connection = connection;
    }
    if (file.type) {
      metadata.filetype = file.type;
    }
    this._upload = new Upload(file, {
      endpoint: job === undefined ? this._endpoint : null,
      uploadUrl: job === undefined ? null : this._jobURL(job),
      metadata,
      chunkSize: Infinity,
      fileReader: { openFile: () => Promise.resolve(new FileSource(file)) },
      retryDelays: delays,
      // The library would keep file names in localStorage; a job's id is enough to go on.
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: false,
      fingerprint: () => Promise.resolve(''),
      onBeforeRequest: request => {
        if (this._stopped) {
          throw new Error('stopped');
        }
        authenticate(request, settings);
      },
      onUploadUrlAvailable: () => this._onURL(),
      onProgress: sent => this._onProgress(sent),
      onShouldRetry: error => this._shouldRetry(error),
      onSuccess: () => this._resolve(),
      onError: error => this._onError(error)
    });
  }

  /** Settles when this upload has nothing more to do. */
  readonly done: Promise<void>;

  start(): void {
    this._upload.start();
  }

  /** Stop sending; the job itself is the server's and is cancelled there. */
  abort(): void {
    // The library's own abort is undone by a start that is still opening the file.
    this._stopped = true;
    clearTimeout(this._timer);
    this._setWaiting(false);
    void this._upload.abort();
    this._resolve();
  }

  private _jobURL(job: string): string {
    return `${this._endpoint}/${job}`;
  }

  private _onURL(): void {
    const url = new URL(this._upload.url ?? '', this._endpoint);
    const job = url.pathname.split('/').pop() ?? '';
    if (!JOB_ID.test(job)) {
      this._stopped = true;
      void this._upload.abort();
      this._reject(new APIError(0, 'The server named no job for this upload.'));
      return;
    }
    // Whatever host or path Location named, bytes and token go to our own server only.
    this._upload.url = this._jobURL(job);
    // Without an endpoint the library goes on with this job or fails; it never makes a second one.
    this._upload.options.endpoint = null;
    this._options.onJob(job);
  }

  /** Bytes go through again once they grow; the first report after a break only names the offset. */
  private _onProgress(sent: number): void {
    if (this._resumedAt === null) {
      this._resumedAt = sent;
    } else if (sent > this._resumedAt) {
      this._setWaiting(false);
    }
  }

  private _shouldRetry(error: DetailedError): boolean {
    if (this._stopped) {
      return false;
    }
    const status = error.originalResponse?.getStatus() ?? 0;
    const again =
      status === 0 || status === 409 || status === 423 || status >= 500;
    const created = error.originalRequest.getMethod() !== 'POST';
    if (!again || (!created && (status === 409 || status === 507))) {
      return false;
    }
    this._resumedAt = null;
    this._setWaiting(true);
    return true;
  }

  private _onError(error: Error | DetailedError): void {
    const response =
      'originalResponse' in error ? error.originalResponse : null;
    if (
      response?.getStatus() === 413 &&
      (error as DetailedError).originalRequest.getMethod() === 'PATCH' &&
      this._halve()
    ) {
      this._upload.start();
      return;
    }
    if (
      response?.getStatus() === 507 &&
      (error as DetailedError).originalRequest.getMethod() !== 'POST' &&
      !this._stopped
    ) {
      // Our server's disk is full; its job says so, and parts leave for storage meanwhile.
      this._timer = setTimeout(() => this._upload.start(), this._longest);
      return;
    }
    this._setWaiting(false);
    this._reject(
      response
        ? APIError.fromBody(response.getStatus(), response.getBody())
        : new APIError(0, error.message)
    );
  }

  /** Whether a smaller chunk is left to try. */
  private _halve(): boolean {
    const now = this._upload.options.chunkSize ?? Infinity;
    const sent = Math.min(now, this._options.file.size);
    const next = Math.min(Math.ceil(sent / 2), FIRST_CHUNK);
    if (sent <= SMALLEST_CHUNK) {
      return false;
    }
    this._upload.options.chunkSize = Math.max(next, SMALLEST_CHUNK);
    return true;
  }

  private _setWaiting(waiting: boolean): void {
    if (waiting !== this._waiting) {
      this._waiting = waiting;
      this._options.onWaiting(waiting);
    }
  }

  private readonly _endpoint: string;
  private readonly _upload: Upload;
  private readonly _longest: number;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _waiting = false;
  private _stopped = false;
  private _resumedAt: number | null = null;
  private _resolve!: () => void;
  private _reject!: (error: APIError) => void;
}

/** The same credentials that ServerConnection puts on a request: token, XSRF token, cookies. */
function authenticate(
  request: HttpRequest,
  settings: ServerConnection.ISettings
): void {
  const xhr = request.getUnderlyingObject() as XMLHttpRequest;
  xhr.withCredentials = settings.init.credentials === 'include';
  if (settings.token) {
    request.setHeader('Authorization', `token ${settings.token}`);
  }
  // Where cookies of several paths meet, the server reads the last one; so does ServerConnection.
  const xsrf = document.cookie
    .split(';')
    .map(part => part.trim())
    .filter(part => part.startsWith('_xsrf='))
    .pop()
    ?.slice('_xsrf='.length);
  if (xsrf) {
    request.setHeader('X-XSRFToken', xsrf);
  }
}
