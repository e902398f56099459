const MIB = 1024 * 1024;

/** Jupyter's websocket drops messages over 10 MiB without a word. */
export const LARGEST_CHUNK = 8 * MIB;
const SMALLEST_CHUNK = 256 * 1024;
const FIRST_CHUNK = MIB;
/** Chunks on their way at a time. */
const WINDOW = 4;
/** Answers faster or slower than this let the chunks grow or shrink (ms). */
const FAST = 1000;
const SLOW = 8000;

/**
 * Why the kernel says how far it has all bytes.
 *
 * kept    a chunk came in its turn, or was there already
 * early   a chunk was not kept, because one before it was lost
 * asked   it was asked, after everything that was sent
 */
export type Hearing = 'kept' | 'early' | 'asked';

/** What a sending needs of the world. */
export interface IChunksOptions {
  /** Take one chunk to the kernel. */
  readonly post: (offset: number, bytes: ArrayBuffer) => void;
  /** Hear that the file cannot be read (any more). */
  readonly unreadable: () => void;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * The bytes of one file on their way to the kernel, in chunks that are acknowledged.
 *
 * The kernel answers each chunk with how far all bytes are there, and keeps nothing that comes too
 * early. So after a loss the sending goes back to what the kernel has; a chunk that arrives twice
 * does no harm. Chunks begin small and grow while answers come fast: on a slow line 8 MiB would take
 * so long that silence could not be told from patience.
 */
export class Chunks {
  constructor(
    private readonly _file: Blob,
    private readonly _options: IChunksOptions
  ) {
    this._now = _options.now ?? (() => performance.now());
  }

  /** How far the kernel has all bytes. */
  get received(): number {
    return this._received;
  }

  /** Whether the kernel has them all. */
  get complete(): boolean {
    return this._received === this._file.size;
  }

  /** Send on from where the kernel is. */
  start(offset: number = this._received): void {
    this._stopped = false;
    this.heard(offset, 'asked');
  }

  /** Send no more until `start`. */
  stop(): void {
    this._stopped = true;
  }

  /** Send no more before the kernel has said how far the bytes are: it is asked now. */
  hold(): void {
    this._held = true;
  }

  /** Hear how far the kernel has all bytes. */
  heard(offset: number, why: Hearing): void {
    if (offset > this._received) {
      this._received = offset;
      this._learn(offset);
    }
    switch (why) {
      case 'kept':
        break;
      case 'early':
        // The others that were on their way with it come too early as well: back once for all.
        if (this._wentBackTo !== offset) {
          this._wentBackTo = offset;
          this._goBack();
        }
        break;
      case 'asked':
        this._held = false;
        this._wentBackTo = -1;
        this._goBack(); // what is not there when it was asked last is lost
        break;
    }
    this._next = Math.max(this._next, this._received);
    void this._pump();
  }

  private _goBack(): void {
    this._next = this._received;
    this._sentAt.clear();
  }

  private async _pump(): Promise<void> {
    if (this._pumping) {
      return;
    }
    this._pumping = true;
    try {
      while (this._mayGo()) {
        const start = this._next;
        const end = Math.min(start + this._chunk, this._file.size);
        const bytes = await this._file.slice(start, end).arrayBuffer();
        if (this._stopped || this._held || this._next !== start) {
          continue; // it was told to stop or to go back while the disk was read
        }
        this._next = end;
        this._sentAt.set(end, this._now());
        this._options.post(start, bytes);
      }
    } catch {
      this._stopped = true;
      this._options.unreadable();
    } finally {
      this._pumping = false;
    }
  }

  private _mayGo(): boolean {
    return (
      !this._stopped &&
      !this._held &&
      this._next < this._file.size &&
      this._next - this._received < WINDOW * this._chunk
    );
  }

  private _learn(offset: number): void {
    const sent = this._sentAt.get(offset);
    if (sent !== undefined) {
      const took = this._now() - sent;
      if (took < FAST) {
        this._chunk = Math.min(this._chunk * 2, LARGEST_CHUNK);
      } else if (took > SLOW) {
        this._chunk = Math.max(this._chunk / 2, SMALLEST_CHUNK);
      }
    }
    for (const end of this._sentAt.keys()) {
      if (end <= offset) {
        this._sentAt.delete(end);
      }
    }
  }

  private readonly _now: () => number;
  private readonly _sentAt = new Map<number, number>();
  private _chunk = FIRST_CHUNK;
  private _next = 0;
  private _received = 0;
  private _wentBackTo = -1;
  private _stopped = true;
  private _held = false;
  private _pumping = false;
}
