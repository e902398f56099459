import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as crcOf } from 'node:zlib';

import { useRealFiles } from '../../__tests__/realFiles';
import { crc32, zipOf } from '../zip';

/** What Python's zipfile, which knows nothing of us, reads of a zip. */
const READER = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as found:
    assert found.testzip() is None
    print(json.dumps([
        [each.filename, each.file_size, each.compress_type, each.flag_bits, list(each.date_time),
         "".join(found.read(each).decode()[:5])]
        for each in found.infolist()
    ]))
`;

const MOMENT = new Date(2026, 10, 28, 23, 15, 42).getTime();

describe('zipOf', () => {
  useRealFiles();

  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zip-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const zip = (files: Record<string, File>): Promise<File> =>
    zipOf(
      'tiles.zip',
      Object.entries(files).map(([name, file]) => ({
        name,
        file,
        size: file.size
      })),
      new AbortController().signal,
      () => undefined
    );

  async function read(made: {
    readonly name: string;
    arrayBuffer(): ArrayBuffer | Buffer | Promise<ArrayBuffer>;
  }): Promise<unknown> {
    const path = join(folder, made.name);
    writeFileSync(path, new Uint8Array(await made.arrayBuffer()));
    return JSON.parse(
      execFileSync('python3', ['-c', READER, path], {
        encoding: 'utf8',
        maxBuffer: 2 ** 30
      })
    );
  }

  it('is read by others: stored, whole, with names and times', async () => {
    const when = { lastModified: MOMENT };
    const made = await zip({
      'a.tif': new File(['hello'], 'a.tif', when),
      'x/ü 🌍.tif': new File(['wor', 'ld'.repeat(2_000_000)], 'b', when),
      empty: new File([], 'empty', when)
    });
    const time = [2026, 11, 28, 23, 15, 42];
    expect(await read(made)).toEqual([
      ['a.tif', 5, 0, 0x800, time, 'hello'],
      ['x/ü 🌍.tif', 4_000_003, 0, 0x800, time, 'world'],
      ['empty', 0, 0, 0x800, time, '']
    ]);
    expect(made).toMatchObject({
      type: 'application/zip',
      lastModified: MOMENT
    });
  });

  /** The parts of a zip, which a File of many takes long to be made of here. */
  async function partsOf(files: Record<string, File>): Promise<BlobPart[]> {
    let parts: BlobPart[] = [];
    const Real = globalThis.File;
    globalThis.File = class extends Real {
      constructor(given: BlobPart[], name: string) {
        super([], name);
        parts = given;
      }
    } as typeof File;
    try {
      await zip(files);
    } finally {
      globalThis.File = Real;
    }
    return parts;
  }

  it('has more files than a zip of old could', async () => {
    const file = new File([], 'x');
    const names = Array.from({ length: 66_000 }, (_, index) => `${index}.tif`);
    const parts = await partsOf(
      Object.fromEntries(names.map(name => [name, file]))
    );
    const bytes = parts.filter((part): part is Uint8Array =>
      ArrayBuffer.isView(part)
    );
    const made = { name: 'many.zip', arrayBuffer: () => Buffer.concat(bytes) };
    expect(await read(made)).toHaveLength(66_000);
  });

  it('is larger than a zip of old could be', async () => {
    // Given files that say that they have 5 GB, of which nothing is read
    const huge = {
      size: 5_000_000_000,
      lastModified: MOMENT,
      slice: () => ({ arrayBuffer: async () => new ArrayBuffer(0) })
    } as unknown as File;
    const parts = await partsOf({ 'a.tif': huge, 'b.tif': huge });
    // When Python reads it with a hole in the place of each
    const path = join(folder, 'huge.zip');
    const [first, , second, , ...rest] = parts.map(part =>
      ArrayBuffer.isView(part)
        ? Buffer.from(part as Uint8Array).toString('base64')
        : ''
    );
    const script = `
import base64, json, sys, zipfile
first, second, *rest = (base64.b64decode(each) for each in json.load(sys.stdin))
with open(sys.argv[1], "wb") as out:
    for head in (first, second):
        out.write(head)
        out.seek(5_000_000_000, 1)
    out.write(b"".join(rest))
with zipfile.ZipFile(sys.argv[1]) as found:
    for each in found.infolist():
        found.open(each).close()
        print(each.filename, each.file_size, each.header_offset > 4_000_000_000)
`;
    const told = execFileSync('python3', ['-c', script, path], {
      encoding: 'utf8',
      input: JSON.stringify([first, second, ...rest])
    });
    // Then
    expect(told.trim().split('\n')).toEqual([
      'a.tif 5000000000 False',
      'b.tif 5000000000 True'
    ]);
  });

  it('stops where the person cancels', async () => {
    const stop = new AbortController();
    const file = new File(['x'.repeat(3_000_000)], 'a');
    const seen: number[] = [];
    await expect(
      zipOf('a.zip', [{ name: 'a', file, size: 3 }], stop.signal, read => {
        seen.push(read);
        stop.abort();
      })
    ).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });
});

describe('crc32', () => {
  it.each([0, 1, 2, 3, 4, 5, 1000, 1003])('of %i bytes', length => {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7919) % 251);
    const half = Math.floor(length / 2);
    const crc = crc32(bytes.subarray(half), crc32(bytes.subarray(0, half)));
    expect(crc).toBe(crcOf(bytes));
    expect(crc32(bytes)).toBe(crc);
  });
});
