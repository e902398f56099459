import { createHash, webcrypto } from 'node:crypto';

import { FileDigest } from '../digest';
import { lookAgain } from '../unchanged';

const BLOCK = 8 * 1024 * 1024;

/** The digest as openapi.yaml describes it. */
function chained(bytes: Uint8Array): string {
  let digest: Uint8Array = new Uint8Array();
  for (let start = 0; start < Math.max(1, bytes.length); start += BLOCK) {
    digest = createHash('sha256')
      .update(digest)
      .update(bytes.subarray(start, start + BLOCK))
      .digest();
  }
  return Buffer.from(digest).toString('hex');
}

/** A file whose reads are counted; jsdom's own cannot be read. */
function makeFile(bytes: Uint8Array): { file: File; read: () => number } {
  let read = 0;
  const file = Object.assign(new File([], 'a.bin'), {
    slice: (start: number, end: number) => {
      const part = bytes.slice(start, end);
      read += part.length;
      return new Part([part]);
    }
  });
  Object.defineProperty(file, 'size', { value: bytes.length });
  return { file: file as unknown as File, read: () => read };
}

/** A Blob that is made of others and can be read. */
class Part {
  constructor(parts: readonly (Uint8Array | Part)[]) {
    this.bytes = Buffer.concat(
      parts.map(part => (part instanceof Part ? part.bytes : part))
    );
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(new Uint8Array(this.bytes).buffer);
  }

  private readonly bytes: Uint8Array;
}

/** The browser's own; jsdom's buffers are of another realm. */
function digest(name: string, bytes: ArrayBuffer): Promise<ArrayBuffer> {
  return webcrypto.subtle.digest(name, Buffer.from(new Uint8Array(bytes)));
}

const BYTES = Uint8Array.from({ length: 2 * BLOCK + 5 }, (_, i) => i * 7 + 1);

describe.each([
  ['by the browser', { subtle: { digest } }],
  ['by the page, where the browser does not', {}]
])('the digest of a file, %s', (_, crypto) => {
  const global = globalThis as { Blob: unknown; crypto: unknown };
  const before = { ...global, Blob: global.Blob };
  beforeEach(() => {
    global.Blob = Part;
    Object.defineProperty(global, 'crypto', {
      value: crypto,
      configurable: true
    });
  });
  afterEach(() => (global.Blob = before.Blob));

  it.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BYTES.length])(
    'of %i bytes is what the other side computes',
    async length => {
      const { file } = makeFile(BYTES);
      const digest = await FileDigest.of(file).upTo(length);
      expect(digest).toBe(chained(BYTES.subarray(0, length)));
    }
  );

  it('goes on where it was, and begins again where it has to', async () => {
    const { file, read } = makeFile(BYTES);
    FileDigest.of(file).follow(BLOCK + 3); // what is sent
    FileDigest.of(file).follow(BLOCK + 4);
    await FileDigest.of(file).upTo(BLOCK);
    expect(read()).toBe(BLOCK);
    await FileDigest.of(file).upTo(BYTES.length);
    expect(read()).toBe(BYTES.length);
    const first = await FileDigest.of(file).upTo(5);
    expect(first).toBe(chained(BYTES.subarray(0, 5)));
    const all = await FileDigest.of(file).upTo(BYTES.length);
    expect(all).toBe(chained(BYTES));
  });

  it('is told with the word that the file is unchanged', async () => {
    const { file } = makeFile(BYTES);
    expect(await lookAgain(file)).toEqual({
      unchanged: true,
      digest: chained(BYTES)
    });
  });

  it('is not told of a file that cannot be read', async () => {
    const { file } = makeFile(BYTES);
    const failing = new Part([]);
    failing.arrayBuffer = () => Promise.reject(new Error('NotReadableError'));
    file.slice = () => failing as unknown as Blob;
    global.Blob = class {
      arrayBuffer = failing.arrayBuffer;
    };
    expect(await lookAgain(file)).toEqual({ unchanged: false });
  });
});
