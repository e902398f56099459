import { madeOf } from '../transport/unchanged';

/** A file of a zip, under its name there. */
export interface IZipEntry {
  readonly name: string;
  readonly file: File;
  readonly size: number;
}

/** So many bytes are read at a time: what is seen of the page waits for as long. */
const BLOCK = 1024 * 1024;

/** From here on a number goes into the fields of Zip64 (APPNOTE 4.5.3). */
const ZIP64 = 0xffffffff;
const ZIP64_COUNT = 0xffff;

/**
 * A zip of files, stored as they are: one File that the files are parts of, so that it has a size
 * and can be read from anywhere, as other files, and nothing of them is kept in memory.
 *
 * The files are read once before, for their CRC-32. It could stand behind each instead; readers of
 * streams then do not know where a stored file ends, and refuse it (Java's).
 *
 * @param tell - Told how many bytes were read.
 */
export async function zipOf(
  name: string,
  entries: readonly IZipEntry[],
  signal: AbortSignal,
  tell: (read: number) => void
): Promise<File> {
  const parts: BlobPart[] = [];
  const directory: Bytes[] = [];
  let [at, read] = [0, 0];
  for (const { name: path, file } of entries) {
    let crc = 0;
    for (let start = 0; start < file.size; start += BLOCK) {
      if (signal.aborted) {
        throw new DOMException('Cancelled', 'AbortError');
      }
      const block = await file.slice(start, start + BLOCK).arrayBuffer();
      crc = crc32(new Uint8Array(block), crc);
      read += block.byteLength;
      tell(read);
    }
    const header = headerOf(path, file, crc);
    parts.push(header.local, file);
    directory.push(header.central(at));
    at += header.local.length + file.size;
  }
  const end = endOf(entries.length, lengthOf(directory), at);
  const zip = new File([...parts, ...directory, end], name, {
    type: 'application/zip',
    lastModified: entries.reduce(
      (latest, { file }) => Math.max(latest, file.lastModified),
      0
    )
  });
  madeOf(
    zip,
    entries.map(({ file }) => file)
  );
  return zip;
}

type Bytes = Uint8Array;

/** What stands before a file, and what stands of it in the directory at the end. */
function headerOf(
  path: string,
  { size, lastModified }: File,
  crc: number
): { local: Bytes; central: (at: number) => Bytes } {
  const name = new TextEncoder().encode(path);
  const [time, date] = momentOf(new Date(lastModified));
  const common = (extra: number, version: number): Field[] => [
    [2, version],
    [2, 0x0800], // names in UTF-8
    [2, 0], // stored
    [2, time],
    [2, date],
    [4, crc],
    [4, Math.min(size, ZIP64)],
    [4, Math.min(size, ZIP64)],
    [2, name.length],
    [2, extra]
  ];
  const isLarge = size >= ZIP64;
  const sizes: Field[] = isLarge
    ? [
        [8, size],
        [8, size]
      ]
    : [];
  const local = bytesOf([
    [4, 0x04034b50],
    ...common(isLarge ? 20 : 0, isLarge ? 45 : 20),
    name,
    ...extraOf(sizes)
  ]);
  const central = (at: number): Bytes => {
    const extra = extraOf(at >= ZIP64 ? [...sizes, [8, at]] : sizes);
    return bytesOf([
      [4, 0x02014b50],
      [2, 0x0300 | 45], // made by Unix
      ...common(
        extra.reduce((sum, each) => sum + widthOf(each), 0),
        extra.length > 0 ? 45 : 20
      ),
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0o100644 * 0x10000], // a regular file that others may read
      [4, Math.min(at, ZIP64)],
      name,
      ...extra
    ]);
  };
  return { local, central };
}

/** The extra field of Zip64; none where nothing goes into it. */
function extraOf(fields: readonly Field[]): readonly Field[] {
  return fields.length === 0 ? [] : [[2, 1], [2, 8 * fields.length], ...fields];
}

/** What stands at the end: where the directory is. */
function endOf(count: number, length: number, at: number): Bytes {
  const isLarge = count >= ZIP64_COUNT || length >= ZIP64 || at >= ZIP64;
  const far: Field[] = isLarge
    ? [
        [4, 0x06064b50],
        [8, 44],
        [2, 0x0300 | 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, length],
        [8, at],
        [4, 0x07064b50],
        [4, 0],
        [8, at + length],
        [4, 1]
      ]
    : [];
  return bytesOf([
    ...far,
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, Math.min(count, ZIP64_COUNT)],
    [2, Math.min(count, ZIP64_COUNT)],
    [4, Math.min(length, ZIP64)],
    [4, Math.min(at, ZIP64)],
    [2, 0]
  ]);
}

/** A number and how many bytes it takes, the lowest first; or bytes as they are. */
type Field = readonly [length: 2 | 4 | 8, value: number] | Bytes;

function bytesOf(fields: readonly Field[]): Bytes {
  const length = fields.reduce((sum, each) => sum + widthOf(each), 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const field of fields) {
    if (ArrayBuffer.isView(field)) {
      bytes.set(field, at);
    } else if (field[0] === 2) {
      view.setUint16(at, field[1], true);
    } else {
      view.setUint32(at, field[1], true);
      if (field[0] === 8) {
        view.setUint32(at + 4, field[1] / 2 ** 32, true);
      }
    }
    at += widthOf(field);
  }
  return bytes;
}

function widthOf(field: Field): number {
  return ArrayBuffer.isView(field) ? field.length : field[0];
}

function lengthOf(parts: readonly Bytes[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Time and date as MS-DOS has them: local, in steps of two seconds, from 1980 on. */
function momentOf(moment: Date): readonly [time: number, date: number] {
  const year = Math.min(Math.max(moment.getFullYear() - 1980, 0), 127);
  return [
    (moment.getHours() << 11) |
      (moment.getMinutes() << 5) |
      (moment.getSeconds() >> 1),
    (year << 9) | ((moment.getMonth() + 1) << 5) | moment.getDate()
  ];
}

/** CRC-32 of a byte, and of that byte before one, two and three zeros: four bytes go at a time. */
const TABLES = [0, 1, 2, 3].reduce<Uint32Array[]>((tables, zeros) => {
  const before = tables[zeros - 1];
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    if (before) {
      const crc = before[byte]!;
      return (crc >>> 8) ^ tables[0]![crc & 255]!;
    }
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return crc;
  });
  return [...tables, table];
}, []);

/** The CRC-32 of what had `before`, and these bytes behind it. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3] = TABLES as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array
  ];
  const { length } = bytes;
  const whole = length - (length % 4);
  let crc = ~before;
  let at = 0;
  for (; at < whole; at += 4) {
    crc ^=
      bytes[at]! |
      (bytes[at + 1]! << 8) |
      (bytes[at + 2]! << 16) |
      (bytes[at + 3]! << 24);
    crc =
      t3[crc & 255]! ^
      t2[(crc >>> 8) & 255]! ^
      t1[(crc >>> 16) & 255]! ^
      t0[crc >>> 24]!;
  }
  for (; at < length; at += 1) {
    crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!;
  }
  return ~crc >>> 0;
}
