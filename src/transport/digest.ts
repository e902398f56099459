/** After each so many bytes the digest is begun anew; openapi.yaml's `Digest` says how. */
const BLOCK = 8 * 1024 * 1024;

/** What is hashed at a time where the page itself has to (bytes); some milliseconds each. */
const PIECE = 512 * 1024;

/**
 * The digest of a file, read block by block: memory does not grow with the file.
 *
 * The browser hashes in threads of its own. Where it does not, as over plain http, the page does,
 * in pieces between which it does what else there is.
 */
export class FileDigest {
  /** The one of a file: who goes on with it does not read again what was read. */
  static of(file: Blob): FileDigest {
    const known = KNOWN.get(file) ?? new FileDigest(file);
    KNOWN.set(file, known);
    return known;
  }

  constructor(private readonly _file: Blob) {}

  /** The digest of the first bytes, in hex; rejected where they cannot be read. */
  upTo(end: number, signal?: AbortSignal): Promise<string> {
    const found = this._last.then(() => this._read(end, signal));
    this._last = found.catch(() => undefined);
    return found;
  }

  /** Keep up with what has been sent, so that little is left to read after the last byte. */
  follow(sent: number): void {
    const whole = sent - (sent % BLOCK);
    if (whole > this._followed) {
      this._followed = whole;
      this.upTo(whole).catch(() => undefined); // said when the end is asked for
    }
  }

  private async _read(end: number, signal?: AbortSignal): Promise<string> {
    if (end < this._start) {
      this._start = 0;
      this._before = NOTHING;
    }
    let digest = this._before;
    while (this._start < end || digest === NOTHING) {
      signal?.throwIfAborted();
      const stop = Math.min(end, this._start + BLOCK);
      const bytes = this._file.slice(this._start, stop);
      digest = await hash(new Blob([this._before, bytes]));
      if (stop < this._start + BLOCK) {
        break;
      }
      this._start = stop;
      this._before = digest;
    }
    return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join(
      ''
    );
  }

  /** Where the block begins that was not read to its end, and the digest of all before it. */
  private _start = 0;
  private _before = NOTHING;
  private _followed = 0;
  private _last: Promise<unknown> = Promise.resolve();
}

const NOTHING: Uint8Array = new Uint8Array();

const KNOWN = new WeakMap<Blob, FileDigest>();

async function hash(blob: Blob): Promise<Uint8Array> {
  const bytes = await blob.arrayBuffer();
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle) {
    return new Uint8Array(await subtle.digest('SHA-256', bytes));
  }
  const { sha256 } = await import('./sha256');
  const digest = sha256.create();
  for (let start = 0; start < bytes.byteLength; start += PIECE) {
    digest.update(new Uint8Array(bytes).subarray(start, start + PIECE));
    await new Promise(resolve => setTimeout(resolve));
  }
  return new Uint8Array(digest.digest());
}
