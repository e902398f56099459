import type { Upload } from '../transport';
import { type ISnapshot, isRunning } from '../model';
import { receivedBytes } from './rows';

/** The uploads of one go: those that were under way since nothing was. */
export interface IBatch {
  /** All that were listed so far, by id. */
  readonly known: ReadonlySet<string>;
  readonly uploads: ReadonlyMap<string, Upload>;
}

export const NO_BATCH: IBatch = { known: new Set(), uploads: new Map() };

/** What is shown of all uploads together. */
export interface ITotal {
  readonly files: number;
  readonly staged: number;
  /** Of all files. */
  readonly bytes: number;
  readonly stored: number;
  readonly received: number;
  /** Bytes per second to storage; null where it is not known. */
  readonly speed: number | null;
  /** Those that can be tried again. */
  readonly failed: number;
}

type Lists = Pick<ISnapshot, 'uploads' | 'queuedFiles' | 'sending'>;

/** The batch with what the lists tell now; one that came and went between two looks is of it, too. */
export function nextBatch(
  { known, uploads: before }: IBatch,
  { uploads, queuedFiles, sending }: Lists
): IBatch {
  const going =
    uploads.some(isRunning) ||
    sending.size > 0 ||
    queuedFiles.some(({ state }) => state !== 'refused');
  const seen = new Set(uploads.map(({ id }) => id));
  if (!going) {
    return { known: seen, uploads: NO_BATCH.uploads };
  }
  const gone = [...before].filter(
    ([id, { state }]) => !seen.has(id) && state === 'staged'
  );
  const here = uploads.filter(
    upload =>
      isRunning(upload) ||
      (upload.state === 'staged' &&
        (before.has(upload.id) || (before.size > 0 && !known.has(upload.id))))
  );
  return {
    known: seen,
    uploads: new Map([...gone, ...here.map(each => [each.id, each] as const)])
  };
}

/** The sums over a batch and what waits beside it. */
export function totalOf(
  batch: IBatch,
  { uploads, queuedFiles, sending }: Lists
): ITotal {
  const waiting = queuedFiles.filter(({ state }) => state !== 'refused');
  const listed = new Set(uploads.map(({ id }) => id));
  // One that has just become an upload is listed a moment later.
  const coming = [...sending.keys()].filter(id => !listed.has(id)).length;
  const all = [...batch.uploads.values()];
  const staged = all.filter(({ state }) => state === 'staged');
  const sum = (part: (upload: Upload) => number): number =>
    all.reduce((total, upload) => total + part(upload), 0);
  const sizeOf = ({ size }: { size?: number | null }): number => size ?? 0;
  const isStaged = ({ state }: Upload): boolean => state === 'staged';
  const speed = sum(upload => upload.speed ?? 0);
  return {
    files: all.length + waiting.length + coming,
    staged: staged.length,
    bytes:
      sum(sizeOf) + waiting.reduce((total, file) => total + sizeOf(file), 0),
    stored: sum(upload =>
      isStaged(upload) ? sizeOf(upload) : upload.bytes_stored
    ),
    received: sum(upload =>
      isStaged(upload) ? sizeOf(upload) : receivedBytes(upload)
    ),
    speed: speed > 0 ? speed : null,
    failed:
      uploads.filter(
        ({ id, state, can_retry }) =>
          (state === 'failed' && can_retry) ||
          sending.get(id)?.state === 'broken'
      ).length +
      queuedFiles.filter(file => file.state === 'refused' && file.again).length
  };
}
