/** A part of a file, as tus-js-client wants it. */
interface ISlice {
  value: Blob;
  done: boolean;
}

/**
 * The bytes of a file, for tus-js-client.
 *
 * Where all of it is sent at once, it is the File itself, not a slice of it: Chromium then reads it
 * in the process that sends it, while a slice goes through one more.
 */
export class FileSource {
  constructor(private readonly _file: File) {
    this.size = _file.size;
  }

  readonly size: number;

  slice(start: number, end: number): Promise<ISlice> {
    const whole = start === 0 && end >= this.size;
    return Promise.resolve({
      value: whole ? this._file : this._file.slice(start, end),
      done: end >= this.size
    });
  }

  close(): void {
    // A File is not opened here.
  }
}
